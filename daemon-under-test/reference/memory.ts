/**
 * Keeps the daemon able to answer while memory is short (spec 10 item 13): what it needs to run must not have to
 * be read from the very device that waits for its answer, and its allocations must not wait for that device.
 *
 * mlockall would be the usual means, but V8 gives memory back with madvise(MADV_DONTNEED), which the kernel
 * refuses on locked memory, and V8 then aborts. So only the mappings of files are locked (program text and
 * libraries), and allocations are told to start no I/O. Anonymous memory can still be swapped out: do not swap
 * onto a mirror whose log runs in this daemon.
 */
import { readFileSync } from 'node:fs';
import { lastErrno, libc, SystemCallError } from './libc.js';

/** Since Linux 5.6: this thread is in the path of block I/O. */
const PR_SET_IO_FLUSHER = 57;
/** Lock pages when they are touched, instead of reading everything at once. */
const MLOCK_ONFAULT = 1;

/** A range of addresses. */
export interface Mapping {
  readonly start: bigint;
  readonly size: bigint;
}

/** The read-only mappings of files in the text of /proc/self/maps. */
export function fileMappings(maps: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const [, from = '0', to = '0'] of maps.matchAll(
    /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ [1-9]\d* +\//gm,
  )) {
    const start = BigInt(`0x${from}`);
    mappings.push({ start, size: BigInt(`0x${to}`) - start });
  }
  return mappings;
}

/** Does what can be done for the calling thread and the process; the problems met, none when all worked. */
export function keepInMemory(): string[] {
  const problems: string[] = [];
  if (libc.prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0) {
    problems.push(new SystemCallError('prctl(PR_SET_IO_FLUSHER)', lastErrno()).message);
  }
  for (const { start, size } of fileMappings(readFileSync('/proc/self/maps', 'latin1'))) {
    if (libc.mlock2(start, size, MLOCK_ONFAULT) < 0) {
      problems.push(new SystemCallError('mlock2', lastErrno()).message);
      break;
    }
  }
  return problems;
}
