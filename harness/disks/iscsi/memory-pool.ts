/** Memory for the data of commands that is used again: buffers that are thrown away cost more time than all else. */

/** Smaller ones are not worth it; longer ones are rare. Bytes, powers of two. */
const LEAST = 4096;
const MOST = 8 * 1024 * 1024;

/** Buffers that nobody uses now, by their length, which is a power of two. */
export class MemoryPool {
  readonly #free = new Map<number, Buffer[]>();
  #bytes = 0;

  /** @param limit bytes that it may hold while nobody uses them; what comes back beyond them is let go of */
  constructor(readonly limit: number) {}

  /** Bytes that nobody uses now. */
  get idle(): number {
    return this.#bytes;
  }

  /** A buffer of at least so many bytes, with anything in them. */
  take(bytes: number): Buffer {
    if (bytes > MOST) return Buffer.allocUnsafeSlow(bytes);
    const length = Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes)));
    const free = this.#free.get(length)?.pop();
    if (free !== undefined) {
      this.#bytes -= length;
      return free;
    }
    this.#letGo(length);
    return Buffer.allocUnsafeSlow(length);
  }

  /** Memory that lies idle in other lengths makes room for so many bytes. */
  #letGo(bytes: number): void {
    let left = bytes;
    for (const [length, free] of this.#free) {
      while (left > 0 && free.pop() !== undefined) {
        this.#bytes -= length;
        left -= length;
      }
    }
  }

  /** Gives back a buffer that {@link take} gave: nobody may look at it any more. */
  give(buffer: Buffer): void {
    const { length } = buffer;
    if (length > MOST || this.#bytes + length > this.limit) return;
    this.#bytes += length;
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [buffer]);
    else free.push(buffer);
  }
}

/** What one command has of a pool. */
export class Loan {
  readonly #taken: Buffer[] = [];

  constructor(private readonly pool: MemoryPool) {}

  /** Exactly so many bytes, with anything in them. */
  take(bytes: number): Buffer {
    const buffer = this.pool.take(bytes);
    this.#taken.push(buffer);
    return buffer.length === bytes ? buffer : buffer.subarray(0, bytes);
  }

  /** Nobody looks at any of it any more. What is never returned is collected as garbage. */
  return(): void {
    for (const buffer of this.#taken) this.pool.give(buffer);
    this.#taken.length = 0;
  }
}
