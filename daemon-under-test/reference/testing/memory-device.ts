/** A log device for unit tests: it tells what a power loss would leave, and fails on demand. */
import type { LogDevice } from '../log-device.js';

/** The device itself, which outlives those who open it. */
export class MemoryDisk {
  readonly number: string;
  readonly blockSize: number;
  /** What a reader sees. */
  readonly bytes: Buffer;
  /** What a power loss leaves. */
  durable: Buffer;
  /** Which calls fail now. */
  readonly failing = new Set<'read' | 'write' | 'sync'>();
  /** Calls that succeeded, and what is open. */
  reads = 0;
  writes = 0;
  syncs = 0;
  open = 0;

  constructor(size: number, { number = '7:9', blockSize = 512, fill = 0 } = {}) {
    this.number = number;
    this.blockSize = blockSize;
    this.bytes = Buffer.alloc(size, fill);
    this.durable = Buffer.from(this.bytes);
  }

  /** Everything that was not flushed is gone. */
  losePower(): void {
    this.durable.copy(this.bytes);
  }

  /** Whether a region is clean for a reader of the device. */
  isClean(region: number, bytes = this.bytes): boolean {
    return ((bytes[1024 + (region >>> 3)] ?? 0) & (1 << (region & 7))) !== 0;
  }

  openDevice(): LogDevice {
    this.open += 1;
    const { number, blockSize } = this;
    const aligned = (buffer: Buffer, position: number): void => {
      if (buffer.length % blockSize !== 0 || position % blockSize !== 0)
        throw new Error('EINVAL: not aligned');
    };
    return {
      number,
      size: this.bytes.length,
      blockSize,
      allocate: (size) => Buffer.alloc(size),
      read: (into, position) => {
        aligned(into, position);
        this.#fail('read');
        this.bytes.copy(into, 0, position, position + into.length);
        this.reads += 1;
      },
      write: (from, position) => {
        aligned(from, position);
        this.#fail('write');
        from.copy(this.bytes, position);
        this.writes += 1;
      },
      sync: () => {
        this.#fail('sync');
        this.durable = Buffer.from(this.bytes);
        this.syncs += 1;
      },
      close: () => (this.open -= 1),
    };
  }

  #fail(call: 'read' | 'write' | 'sync'): void {
    if (this.failing.has(call)) throw new Error(`EIO: i/o error, ${call}`);
  }
}
