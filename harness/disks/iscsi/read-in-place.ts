import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Wire } from './wire.js';

/** Larger than what a data PDU brings at most, so that one often comes whole. */
const BUFFER_BYTES = 512 * 1024;

/** What a socket has read, for all sockets: nobody looks at it any more when the next one reads. */
let shared: Buffer | undefined;

interface HandleOptions extends SocketConstructorOpts {
  /** Not documented: what carries the connection. */
  readonly handle: object;
  /** Documented for sockets that connect (net.connect): reads into one buffer, and not into new memory each time. */
  readonly onread: { readonly buffer: Buffer; readonly callback: (bytes: number, buffer: Buffer) => boolean };
}

const hasHandle = (socket: Socket): socket is Socket & { _handle: object | null } =>
  '_handle' in socket && typeof socket._handle === 'object' && socket._handle !== null;

/**
 * A connection that a server has accepted, still paused, as one that reads into one buffer: new memory for each read is
 * 1 MiB of garbage for each MiB that comes, and collecting that was most of the work of large writes. Node.js offers this
 * for connections that are made, not for those that are accepted; where its inside looks other than it is known to, the
 * connection stays as it is. The server forgets it.
 */
export function readInPlace(accepted: Socket): Wire {
  if (!hasHandle(accepted) || accepted._handle === null) {
    accepted.resume();
    return accepted;
  }
  const { _handle: handle } = accepted;
  accepted._handle = null;
  accepted.destroy();
  let take: (bytes: Buffer) => void = () => undefined;
  const options: HandleOptions = {
    handle,
    onread: {
      buffer: (shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES)),
      callback: (bytes, buffer) => {
        take(buffer.subarray(0, bytes));
        return true;
      },
    },
  };
  const wire: Wire = new Socket(options);
  wire.consume = (consumer): void => {
    take = consumer;
  };
  return wire;
}
