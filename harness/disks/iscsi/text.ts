/** Text of login and text PDUs: `key=value` pairs, each ended by a NUL (RFC 7143 6.1). */

export type Pair = readonly [key: string, value: string];

/** Text that no initiator may send. */
export class TextError extends Error {
  override name = 'TextError';
}

/** Bytes of text that one request may have, over all its PDUs; the RFC asks for 8,192 (RFC 7143 6.2). */
export const LONGEST_TEXT = 16_384;
const LONGEST_KEY = 63;
/** Of values that are not binary, and of those that are twice as long in hex as their 1,024 bytes (RFC 7143 6.1). */
const LONGEST_VALUE = 8_192;
const KEY = /^[A-Za-z][A-Za-z0-9.\-+@_]*$/;

/** Reads pairs in their order. Throws {@link TextError}. A last NUL may be missing, and NULs between pairs may be many. */
export function readText(bytes: Buffer): Pair[] {
  const pairs: Pair[] = [];
  for (const part of bytes.toString('utf8').split('\0')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) throw new TextError('text without a =');
    const key = part.slice(0, equals);
    const value = part.slice(equals + 1);
    if (key.length > LONGEST_KEY || !KEY.test(key)) throw new TextError('not the name of a key');
    if (value.length > LONGEST_VALUE) throw new TextError(`the value of ${key} is too long`);
    pairs.push([key, value]);
  }
  return pairs;
}

/** The inverse of {@link readText}. */
export function writeText(pairs: readonly Pair[]): Buffer {
  return Buffer.from(pairs.map(([key, value]) => `${key}=${value}\0`).join(''));
}

/** Gathers the text of one request whose PDUs say that more follows (the C bit). */
export class TextGatherer {
  #pieces: Buffer[] = [];
  #length = 0;

  /** Throws {@link TextError} beyond {@link LONGEST_TEXT}. */
  add(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > LONGEST_TEXT) throw new TextError(`more than ${LONGEST_TEXT} bytes of text`);
    if (piece.length > 0) this.#pieces.push(Buffer.from(piece));
    if (this.#pieces.length > 64) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  /** All of it; the gatherer is empty then. */
  take(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return all;
  }
}

/** Hands out a long answer in parts that fit the data segments that the other side takes. */
export class TextParts {
  #rest: Buffer = Buffer.alloc(0);

  set(text: Buffer): void {
    this.#rest = text;
  }

  /** Nothing is left to be handed out. */
  get empty(): boolean {
    return this.#rest.length === 0;
  }

  /** At most `longest` bytes. */
  next(longest: number): Buffer {
    const part = this.#rest.subarray(0, longest);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
