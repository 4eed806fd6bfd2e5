/** A file as memory of this process. */
import koffi from 'koffi';
import { checked, lastErrno, libc, SystemCallError } from './libc.js';

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const LOCK_EXCLUSIVE = 2;
const LOCK_NONBLOCKING = 4;
/** What flock tells when another process has the lock. */
const EWOULDBLOCK = 11;

/** Memory that is the file: a store into it is in the file at once, and stays there when the process dies. */
export interface MappedFile {
  readonly memory: ArrayBuffer;
  /** Takes the memory away: whoever touches it afterwards ends the process. */
  unmap(): void;
}

/** Maps the first `size` bytes of an open file. @throws SystemCallError. */
export function mapFile(fd: number, size: number): MappedFile {
  const address = libc.mmap(0, size, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  // MAP_FAILED is the address -1.
  if (koffi.address(address) === 0xffff_ffff_ffff_ffffn) throw new SystemCallError('mmap', lastErrno());
  return {
    memory: koffi.view(address, size),
    unmap: () => checked('munmap', libc.munmap(address, size)),
  };
}

/**
 * Gives a file its size with all its blocks, so that a store into its memory never finds the file system full,
 * which would end the process. @throws SystemCallError, ENOSPC among them.
 */
export function allocateFile(fd: number, size: number): void {
  const errno = libc.posix_fallocate(fd, 0, size);
  if (errno !== 0) throw new SystemCallError('posix_fallocate', errno);
}

/** Takes the lock of an open file for the life of this process; false when another has it. @throws SystemCallError. */
export function lockFile(fd: number): boolean {
  if (libc.flock(fd, LOCK_EXCLUSIVE | LOCK_NONBLOCKING) === 0) return true;
  const errno = lastErrno();
  if (errno === EWOULDBLOCK) return false;
  throw new SystemCallError('flock', errno);
}
