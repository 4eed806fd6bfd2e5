/** PDUs as bytes: headers, additional headers, digests, padded data (RFC 7143 11.2). */
import { crc32c } from './crc32c.js';
import { HEADER_LENGTH } from './layout.js';

/** One PDU as it came. */
export interface Frame {
  /** The basic header segment, 48 bytes. */
  readonly header: Buffer;
  /** All additional header segments, a multiple of 4 bytes. */
  readonly additional: Buffer;
  /** The data segment without its padding, in the pieces in which it came; see {@link FrameReader.keep}. */
  readonly data: readonly Buffer[];
  readonly dataLength: number;
  /** False if the data digest does not fit the data. */
  readonly dataIntact: boolean;
}

/** Which parts are followed by a CRC32C. */
export interface Digests {
  readonly header: boolean;
  readonly data: boolean;
}

export const NO_DIGESTS: Digests = { header: false, data: false };

/** The stream of PDUs cannot be read on: the connection has to go (RFC 7143 7.7, 7.8). */
export class FrameError extends Error {
  override name = 'FrameError';
}

/** So many pieces of an unfinished PDU are kept apart; more are joined, so that tiny packets do not cost memory. */
const MOST_PIECES = 64;
const NOTHING = Buffer.alloc(0);
/** So much memory a reader has of its own at least, if any. */
const LEAST_OWN = 8192;

const padding = (length: number): number => -length & 3;

/** Cuts a stream of bytes into PDUs. Holds at most one unfinished PDU; nothing is copied that came in one piece. */
export class FrameReader {
  /** In force from the next PDU on. */
  digests: Digests = NO_DIGESTS;
  #chunks: Buffer[] = [];
  #length = 0;
  #header: Buffer | undefined;
  #additional: Buffer = NOTHING;
  #headerDone = false;
  /** Memory of this reader's own for the beginning of an unfinished PDU. */
  #own: Buffer = NOTHING;
  /** How much of it the first of the chunks ends at; 0: none of them is in it. */
  #ownEnd = 0;

  /** @param longestData in bytes; a longer data segment is a {@link FrameError} */
  constructor(readonly longestData: number) {}

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#chunks.length > MOST_PIECES) this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
  }

  /** The next whole PDU, if all of it has come. Throws {@link FrameError}. */
  next(): Frame | undefined {
    if (this.#header === undefined) {
      if (this.#length < HEADER_LENGTH) return undefined;
      this.#header = Buffer.from(this.#take(HEADER_LENGTH));
    }
    const header = this.#header;
    const dataLength = header.readUIntBE(5, 3);
    if (!this.#headerDone && !this.#readAdditional(header, dataLength)) return undefined;
    const padded = dataLength + padding(dataLength);
    const withDigest = this.digests.data && dataLength > 0;
    if (this.#length < padded + (withDigest ? 4 : 0)) return undefined;

    const data = dataLength === 0 ? [] : this.#takePieces(dataLength);
    const pad = padded === dataLength ? NOTHING : this.#take(padded - dataLength);
    let dataIntact = true;
    if (withDigest) dataIntact = this.#take(4).readUInt32LE(0) === sumOf([...data, pad]);
    const additional = this.#additional;
    this.#header = undefined;
    this.#headerDone = false;
    return { header, additional, data, dataLength, dataIntact };
  }

  /**
   * The memory of what was pushed is about to be used again: what is not a whole PDU yet is copied. The data of PDUs that
   * {@link next} gave does not hold beyond this, their headers do.
   */
  keep(): void {
    if (this.#length === 0) {
      this.#ownEnd = 0;
      return;
    }
    const [first, ...rest] = this.#chunks;
    if (first === undefined) return;
    // What was kept before lies there already, and is not copied once more as long as there is room behind it.
    const isOwn = this.#ownEnd > 0 && first.buffer === this.#own.buffer;
    const start = isOwn ? this.#ownEnd - first.length : 0;
    const room = Math.max(this.#unfinished(), this.#length);
    if (start + room > this.#own.length) {
      this.#own = Buffer.concat(this.#chunks, room + LEAST_OWN);
      this.#ownEnd = this.#length;
      this.#chunks = [this.#own.subarray(0, this.#length)];
      return;
    }
    let end = isOwn ? this.#ownEnd : 0;
    for (const chunk of isOwn ? rest : this.#chunks) end += chunk.copy(this.#own, end);
    this.#ownEnd = end;
    this.#chunks = [this.#own.subarray(start, end)];
  }

  /** Bytes that the PDU under way will have from here on, as far as that is known. */
  #unfinished(): number {
    if (this.#header === undefined) return 0;
    const dataLength = Math.min(this.#header.readUIntBE(5, 3), this.longestData);
    const additional = this.#headerDone ? 0 : this.#header.readUInt8(4) * 4 + 4;
    return additional + dataLength + padding(dataLength) + 4;
  }

  /** Reads what lies between the basic header and the data; false if it has not all come. */
  #readAdditional(header: Buffer, dataLength: number): boolean {
    if (dataLength > this.longestData && !this.digests.header) throw this.#tooLong(dataLength);
    const length = header.readUInt8(4) * 4;
    const digest = this.digests.header ? 4 : 0;
    if (this.#length < length + digest) return false;
    this.#additional = length === 0 ? NOTHING : Buffer.from(this.#take(length));
    if (digest > 0 && this.#take(digest).readUInt32LE(0) !== sumOf([header, this.#additional])) {
      throw new FrameError('header digest error');
    }
    if (dataLength > this.longestData) throw this.#tooLong(dataLength);
    this.#headerDone = true;
    return true;
  }

  #tooLong(dataLength: number): FrameError {
    return new FrameError(`a data segment of ${dataLength} bytes; at most ${this.longestData} are taken`);
  }

  /** The next `length` bytes, which are there, in one piece. */
  #take(length: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length > length) {
      this.#chunks[0] = first.subarray(length);
      this.#length -= length;
      return first.subarray(0, length);
    }
    const pieces = this.#takePieces(length);
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length);
  }

  /** The next `length` bytes, which are there, in the pieces in which they came. */
  #takePieces(length: number): Buffer[] {
    const pieces: Buffer[] = [];
    let whole = 0;
    let left = length;
    for (const chunk of this.#chunks) {
      if (left === 0) break;
      if (chunk.length > left) {
        pieces.push(chunk.subarray(0, left));
        this.#chunks[whole] = chunk.subarray(left);
        left = 0;
      } else {
        pieces.push(chunk);
        left -= chunk.length;
        whole++;
      }
    }
    if (whole > 0) this.#chunks.splice(0, whole);
    this.#length -= length;
    return pieces;
  }
}

function sumOf(pieces: readonly Buffer[]): number {
  let sum = 0;
  for (const piece of pieces) sum = crc32c(piece, sum);
  return sum;
}

function digestOf(pieces: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(sumOf(pieces), 0);
  return bytes;
}

const PADDINGS = [0, 1, 2, 3].map((length) => Buffer.alloc(length));
/** Up to so many bytes of data are copied behind their header, which is cheaper than one more buffer to write. */
const SMALL = 1024;

/**
 * The bytes of a PDU, in pieces to be written one after another. Sets the lengths in `header` (bytes 4 to 7).
 * `additional` must be a multiple of 4 bytes; `data` at most 16,777,215.
 */
export function frameBytes(
  header: Buffer,
  data: Buffer = NOTHING,
  digests: Digests = NO_DIGESTS,
  additional: Buffer = NOTHING,
): Buffer[] {
  header.writeUInt32BE(additional.length * 0x40_0000 + data.length, 4);
  if (!digests.header && !digests.data && additional.length === 0) {
    if (data.length === 0) return [header];
    const pad = padding(data.length);
    if (data.length > SMALL) return pad === 0 ? [header, data] : [header, data, PADDINGS[pad] ?? NOTHING];
    const all = Buffer.allocUnsafe(HEADER_LENGTH + data.length + pad);
    header.copy(all, 0);
    data.copy(all, HEADER_LENGTH);
    if (pad > 0) all.fill(0, HEADER_LENGTH + data.length);
    return [all];
  }
  const pieces = [header];
  if (additional.length > 0) pieces.push(additional);
  if (digests.header) pieces.push(digestOf([header, additional]));
  if (data.length === 0) return pieces;
  const padded = [data, PADDINGS[padding(data.length)] ?? NOTHING];
  pieces.push(...padded);
  if (digests.data) pieces.push(digestOf(padded));
  return pieces.filter((piece) => piece.length > 0);
}

/** A PDU's data segment in one piece; copies only what came in several. */
export function joined({ data, dataLength }: Frame): Buffer {
  return data.length === 1 && data[0] !== undefined ? data[0] : Buffer.concat(data, dataLength);
}
