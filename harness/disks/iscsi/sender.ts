import { frameBytes, NO_DIGESTS, type Digests } from './frame.js';
import type { Wire } from './wire.js';

/** Writes PDUs to a socket; all that is sent before the event loop turns leaves in one system call. */
export class Sender {
  /** In force from the next PDU on. */
  digests: Digests = NO_DIGESTS;
  #corked = false;

  constructor(private readonly socket: Wire) {}

  /** Bytes that the other side has not taken yet. */
  get backlog(): number {
    return this.socket.writableLength;
  }

  /** `flushed` is called when nobody looks at the bytes any more: they are the kernel's, or the connection is gone. */
  send(header: Buffer, data?: Buffer, flushed?: () => void): void {
    if (!this.socket.writable) {
      flushed?.();
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      this.socket.cork();
      process.nextTick(this.#uncork);
    }
    const pieces = frameBytes(header, data, this.digests);
    const last = pieces.length - 1;
    const tellsLater = this.socket.afterWritten !== undefined;
    for (const [index, piece] of pieces.entries()) {
      if (index === last && flushed !== undefined && !tellsLater) this.socket.write(piece, () => flushed());
      else this.socket.write(piece);
    }
    if (flushed !== undefined) this.socket.afterWritten?.(flushed);
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.socket.uncork();
  };
}
