/**
 * The few calls of libc that Node has no door to: netlink sockets, poll, prctl, memory locks.
 *
 * Every call blocks its thread and enters the kernel directly. Buffers are passed by address; they must stay
 * alive during the call only.
 */
import koffi from 'koffi';

/** A failed call of libc; `errno` is Linux's number. */
export class SystemCallError extends Error {
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} failed: ${errnoName(errno)}`);
    this.name = 'SystemCallError';
    this.errno = errno;
  }
}

const codes = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]));

function errnoName(errno: number): string {
  return codes.get(errno) ?? `errno ${errno}`;
}

/** errno values that callers tell apart (Linux). */
export const EINTR = 4;
export const EAGAIN = 11;
export const ENOBUFS = 105;

const library = koffi.load('libc.so.6');

/** errno of the last failed call of this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

/** Each returns what the call of that name returns; a negative result leaves its errno to {@link lastErrno}. */
export const libc = {
  socket: library.func('int socket(int domain, int type, int protocol)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number,
  bind: library.func('int bind(int fd, void *address, uint32_t length)') as (
    fd: number,
    address: Buffer,
    length: number,
  ) => number,
  setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)') as (
    fd: number,
    level: number,
    name: number,
    value: Buffer,
    length: number,
  ) => number,
  recvfrom: library.func(
    'int64_t recvfrom(int fd, void *buffer, size_t size, int flags, void *address, void *length)',
  ) as (fd: number, buffer: Buffer, size: number, flags: number, address: Buffer, length: Buffer) => number,
  send: library.func('int64_t send(int fd, void *buffer, size_t size, int flags)') as (
    fd: number,
    buffer: Buffer,
    size: number,
    flags: number,
  ) => number,
  poll: library.func('int poll(void *fds, unsigned long count, int timeout)') as (
    fds: Buffer,
    count: number,
    timeout: number,
  ) => number,
  prctl: library.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  ) as (option: number, a: number, b: number, c: number, d: number) => number,
  mlock2: library.func('int mlock2(uintptr_t start, size_t size, unsigned int flags)') as (
    start: bigint,
    size: bigint,
    flags: number,
  ) => number,
  close: library.func('int close(int fd)') as (fd: number) => number,
  flock: library.func('int flock(int fd, int operation)') as (fd: number, operation: number) => number,
  /** Returns the errno itself. */
  posix_fallocate: library.func('int posix_fallocate(int fd, int64_t offset, int64_t size)') as (
    fd: number,
    offset: number,
    size: number,
  ) => number,
  mmap: library.func(
    'void *mmap(uintptr_t address, size_t size, int protection, int flags, int fd, int64_t offset)',
  ) as (
    address: number,
    size: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => unknown,
  munmap: library.func('int munmap(void *address, size_t size)') as (
    address: unknown,
    size: number,
  ) => number,
  ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)') as (
    fd: number,
    request: number,
    argument: Buffer,
  ) => number,
};

/** The result of a call, or a SystemCallError when it is negative. */
export function checked(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, lastErrno());
  return result;
}

/** struct pollfd: fd i32, events i16, revents i16. */
export const POLLFD_SIZE = 8;
/** poll(2): there is something to read. */
export const POLLIN = 1;
/** poll(2): a write would not block. */
const POLLOUT = 4;

const writableFd = Buffer.alloc(POLLFD_SIZE);

/** Whether a short write to `fd` would not block. */
export function isWritable(fd: number): boolean {
  writableFd.writeInt32LE(fd, 0);
  writableFd.writeInt16LE(POLLOUT, 4);
  return libc.poll(writableFd, 1, 0) > 0;
}

const BLKSSZGET = 0x1268;
const BLKGETSIZE64 = 0x8008_1272;

/** Bytes of an open block device. */
export function blockDeviceSize(fd: number): number {
  const size = Buffer.alloc(8);
  checked('ioctl(BLKGETSIZE64)', libc.ioctl(fd, BLKGETSIZE64, size));
  return Number(size.readBigUInt64LE(0));
}

/** Logical block size of an open block device in bytes. */
export function logicalBlockSize(fd: number): number {
  const size = Buffer.alloc(4);
  checked('ioctl(BLKSSZGET)', libc.ioctl(fd, BLKSSZGET, size));
  return size.readInt32LE(0);
}

/** Zeroed memory that starts at a multiple of `alignment`, as direct I/O wants it. */
export function alignedBuffer(size: number, alignment: number): Buffer {
  const memory = new ArrayBuffer(size + alignment);
  const start = Number(koffi.address(Buffer.from(memory)) % BigInt(alignment));
  return Buffer.from(memory, start === 0 ? 0 : alignment - start, size);
}
