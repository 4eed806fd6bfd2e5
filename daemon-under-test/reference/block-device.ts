/**
 * A block device as a log device: direct I/O, so that what is read is what lies on the device, whoever else wrote
 * to it, and so that a failed write stays failed instead of lingering in the page cache as if it were written.
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { alignedBuffer, blockDeviceSize, logicalBlockSize } from './libc.js';
import type { LogDevice } from './log-device.js';
import { Errno, LogError } from './log-error.js';

/** Alignment in memory that every device takes for direct I/O. */
const MEMORY_ALIGNMENT = 4096;

function refuse(word: string, problem: string): never {
  throw new LogError(Errno.ENXIO, `log device ${word}: ${problem}`);
}

/** The node of `major:minor` under /dev, where devtmpfs puts it under the kernel's name. */
function nodeOfNumber(word: string, sysfs: string): string {
  let uevent: string;
  try {
    uevent = readFileSync(join(sysfs, word, 'uevent'), 'utf8');
  } catch {
    return refuse(word, 'the kernel has no block device with this number');
  }
  const name = /^DEVNAME=(.+)$/m.exec(uevent)?.[1];
  return name === undefined ? refuse(word, 'the kernel tells no name for it') : `/dev/${name}`;
}

/** `major:minor` of a dev_t as stat gives it (makedev of glibc). */
export function deviceNumber(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

/** Opens a block device for a log; nothing of its contents is read (CTR-21). @throws LogError ENXIO. */
export function openBlockDevice(word: string, sysfs = '/sys/dev/block'): LogDevice {
  const byNumber = !word.startsWith('/');
  const path = byNumber ? nodeOfNumber(word, sysfs) : word;
  let fd: number;
  try {
    // O_NONBLOCK: a path that names a FIFO or a terminal must not make the daemon wait; block devices ignore it.
    fd = openSync(path, constants.O_RDWR | constants.O_DIRECT | constants.O_NONBLOCK);
  } catch (error) {
    return refuse(word, error instanceof Error ? error.message : String(error));
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isBlockDevice()) refuse(word, `${path} is not a block device`);
    const number = deviceNumber(stat.rdev);
    if (byNumber && number !== word) refuse(word, `${path} is device ${number}`);
    return new BlockDevice(fd, number, blockDeviceSize(fd), logicalBlockSize(fd));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

class BlockDevice implements LogDevice {
  constructor(
    private readonly fd: number,
    readonly number: string,
    readonly size: number,
    readonly blockSize: number,
  ) {}

  allocate(size: number): Buffer {
    return alignedBuffer(size, MEMORY_ALIGNMENT);
  }

  read(into: Buffer, position: number): void {
    for (let done = 0; done < into.length;) {
      const size = readSync(this.fd, into, done, into.length - done, position + done);
      if (size === 0) throw new Error(`log device ${this.number} ends at byte ${position + done}`);
      done += size;
    }
  }

  write(from: Buffer, position: number): void {
    for (let done = 0; done < from.length;) {
      done += writeSync(this.fd, from, done, from.length - done, position + done);
    }
  }

  sync(): void {
    fdatasyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }
}
