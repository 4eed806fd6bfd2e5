/** The connector socket: joins group 7, receives datagrams of the kernel, answers them. */
import { DM_ULOG_GROUP } from '../../harness/ulog/index.js';
import {
  checked,
  EAGAIN,
  EINTR,
  ENOBUFS,
  lastErrno,
  libc,
  POLLFD_SIZE,
  POLLIN,
  SystemCallError,
} from './libc.js';

const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_CONNECTOR = 11;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_RCVTIMEO = 20;
const MSG_TRUNC = 0x20;

/** sizeof(struct sockaddr_nl): family u16, pad u16, pid u32, groups u32. */
const ADDRESS_SIZE = 12;
/** More than any message of the connector has. */
const RECEIVE_SIZE = 16_384 + 64;
/**
 * How long a receive waits, in microseconds: a kernel that is busy with a mirror sends its next request within less.
 * So a request costs two calls, receive and send, and none to ask whether there is one.
 */
const RECEIVE_TIMEOUT = 20_000;
/** A full buffer looks to the kernel like no daemon at all (spec 2.6); this one holds thousands of requests. */
const RECEIVE_BUFFER = 8 * 1024 * 1024;

/** What one `receive` gave. */
export type Received =
  /** Nothing is waiting. */
  | { readonly kind: 'empty' }
  /** The receive buffer ran over; the kernel sends again what was lost (spec 13). */
  | { readonly kind: 'overrun' }
  /** A datagram of `size` bytes that is longer than any message of the connector. */
  | { readonly kind: 'truncated'; readonly size: number }
  /** One datagram. `datagram` is valid until the next receive. `pid` 0 is the kernel. */
  | { readonly kind: 'datagram'; readonly datagram: Buffer; readonly pid: number };

const EMPTY: Received = { kind: 'empty' };
const OVERRUN: Received = { kind: 'overrun' };

/** The open, bound socket. */
export class UlogSocket implements Disposable {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(RECEIVE_SIZE);
  readonly #address = Buffer.alloc(ADDRESS_SIZE);
  readonly #addressLength = Buffer.alloc(4);
  /** The socket and the event loop. */
  readonly #pollFds = Buffer.alloc(2 * POLLFD_SIZE);

  /**
   * `loopFd` ends a `wait` when it is readable.
   * @throws SystemCallError when the kernel has no connector, or does not let us bind.
   */
  constructor(loopFd: number) {
    const type = SOCK_DGRAM | SOCK_CLOEXEC;
    this.#fd = checked(
      'socket(AF_NETLINK, NETLINK_CONNECTOR)',
      libc.socket(AF_NETLINK, type, NETLINK_CONNECTOR),
    );
    this.#enlargeReceiveBuffer();
    this.#limitReceive();
    const address = Buffer.alloc(ADDRESS_SIZE);
    address.writeUInt16LE(AF_NETLINK, 0);
    // Bind takes a mask of groups, not a number: group 7 is bit 6 (spec 2.1).
    address.writeUInt32LE(1 << (DM_ULOG_GROUP - 1), 8);
    checked(`bind to connector group ${DM_ULOG_GROUP}`, libc.bind(this.#fd, address, ADDRESS_SIZE));
    for (const [index, fd] of [this.#fd, loopFd].entries()) {
      this.#pollFds.writeInt32LE(fd, index * POLLFD_SIZE);
      this.#pollFds.writeInt16LE(POLLIN, index * POLLFD_SIZE + 4);
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
  }

  /** Blocks the thread until a datagram waits or the event loop has something to do; true in the latter case. */
  wait(): boolean {
    while (libc.poll(this.#pollFds, 2, -1) < 0) {
      const errno = lastErrno();
      if (errno !== EINTR) throw new SystemCallError('poll', errno);
    }
    return this.#pollFds.readInt16LE(POLLFD_SIZE + 6) !== 0;
  }

  /** Takes one datagram, for which it waits 20 ms at most; a signal ends that wait. @throws SystemCallError when the socket is broken. */
  receive(): Received {
    this.#addressLength.writeUInt32LE(ADDRESS_SIZE, 0);
    // With MSG_TRUNC the kernel tells the real length of what did not fit.
    const size = libc.recvfrom(
      this.#fd,
      this.#buffer,
      RECEIVE_SIZE,
      MSG_TRUNC,
      this.#address,
      this.#addressLength,
    );
    if (size < 0) {
      const errno = lastErrno();
      // With a time limit a receive is never restarted behind a signal (signal(7)); `wait` sees what that was.
      if (errno === EAGAIN || errno === EINTR) return EMPTY;
      if (errno === ENOBUFS) return OVERRUN;
      throw new SystemCallError('recvfrom', errno);
    }
    if (size > RECEIVE_SIZE) return { kind: 'truncated', size };
    return { kind: 'datagram', datagram: this.#buffer.subarray(0, size), pid: this.#address.readUInt32LE(4) };
  }

  /** Sends the first `size` bytes of `bytes` to the kernel. @throws SystemCallError when they were not taken. */
  send(bytes: Buffer, size: number): void {
    // An unconnected netlink socket sends to port 0, the kernel, and to no group.
    while (libc.send(this.#fd, bytes, size, 0) < 0) {
      const errno = lastErrno();
      if (errno !== EINTR) throw new SystemCallError('send', errno);
    }
  }

  #limitReceive(): void {
    // struct timeval: seconds i64, microseconds i64.
    const time = Buffer.alloc(16);
    time.writeBigInt64LE(BigInt(RECEIVE_TIMEOUT), 8);
    checked('setsockopt(SO_RCVTIMEO)', libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, time, time.length));
  }

  #enlargeReceiveBuffer(): void {
    const size = Buffer.alloc(4);
    size.writeInt32LE(RECEIVE_BUFFER, 0);
    // FORCE goes beyond net.core.rmem_max and needs CAP_NET_ADMIN; the other is better than nothing.
    if (libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) {
      libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, size, 4);
    }
  }
}
