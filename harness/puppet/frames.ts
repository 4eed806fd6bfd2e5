/** The bytes on the virtio port between the relay in the guest and the puppet on the host (docs/puppet.md). */
import { InfraError } from '../vm/errors.js';

/** A length of more than this is no frame: the two ends have lost each other. */
const LARGEST_FRAME = 1 << 17;
const LENGTH_SIZE = 4;
/** A greeting has this size; no datagram of a kernel is that short. */
const GREETING_SIZE = 8;

/** 4 bytes of length (big-endian) and the contents. */
export function encodeFrame(contents: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(LENGTH_SIZE + contents.length);
  frame.writeUInt32BE(contents.length, 0);
  frame.set(contents, LENGTH_SIZE);
  return frame;
}

/** True for the frame with which a relay says that it is there, and which it wants back. */
export function isGreeting(contents: Uint8Array): boolean {
  return contents.length === GREETING_SIZE;
}

/** Cuts a stream of bytes into the contents of its frames, which are copies. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** Contents of the frames that are complete with this piece. @throws InfraError on an impossible length. */
  push(piece: Uint8Array): Uint8Array[] {
    this.#rest = Buffer.concat([this.#rest, piece]);
    const contents: Uint8Array[] = [];
    for (;;) {
      if (this.#rest.length < LENGTH_SIZE) return contents;
      const size = this.#rest.readUInt32BE(0);
      if (size > LARGEST_FRAME) {
        throw new InfraError(
          `the puppet's relay sent a frame of ${size} bytes, at most ${LARGEST_FRAME} are one`,
        );
      }
      if (this.#rest.length < LENGTH_SIZE + size) return contents;
      contents.push(Buffer.from(this.#rest.subarray(LENGTH_SIZE, LENGTH_SIZE + size)));
      this.#rest = this.#rest.subarray(LENGTH_SIZE + size);
    }
  }
}
