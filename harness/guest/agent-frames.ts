/** The frames of the guest's agent (vm-images/guest/root/agent): u32 length of the rest, u32 id, u8 kind, data; LE. */

/** From the host: run, run with marks, write a line, input, end of input, renew. To the host: hello, stdout, stderr, exited. */
export type FrameKind = 'r' | 'm' | 'w' | 'i' | 'c' | 'n' | 'h' | 'o' | 'e' | 'x';

/** One message of host or agent. */
export interface Frame {
  /** The command that it is about; 0 for hello. */
  readonly id: number;
  readonly kind: string;
  readonly data: Buffer;
}

const LENGTH_BYTES = 4;
/** Of id and kind. */
const HEAD_BYTES = 5;

/** The bytes of a frame. */
export function encodeFrame(id: number, kind: FrameKind, data: Uint8Array | string = ''): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const head = Buffer.alloc(LENGTH_BYTES + HEAD_BYTES);
  head.writeUInt32LE(HEAD_BYTES + bytes.length, 0);
  head.writeUInt32LE(id, LENGTH_BYTES);
  head.write(kind, LENGTH_BYTES + 4, 'latin1');
  return Buffer.concat([head, bytes]);
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; gives the frames that they complete. */
  push(chunk: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      if (this.#pending.length < LENGTH_BYTES) return frames;
      const end = LENGTH_BYTES + this.#pending.readUInt32LE(0);
      if (this.#pending.length < end) return frames;
      const id = this.#pending.readUInt32LE(LENGTH_BYTES);
      const kind = this.#pending.toString('latin1', LENGTH_BYTES + 4, LENGTH_BYTES + 5);
      frames.push({ id, kind, data: this.#pending.subarray(LENGTH_BYTES + HEAD_BYTES, end) });
      this.#pending = this.#pending.subarray(end);
    }
  }
}
