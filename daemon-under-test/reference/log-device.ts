/** What a disk log needs of the device that it lies on. */

/** An open log device. Each call returns when it is done, or throws what went wrong. */
export interface LogDevice {
  /** `major:minor`, as the status line shows it. */
  readonly number: string;
  /** Bytes. */
  readonly size: number;
  /** Logical block size in bytes: every access starts at a multiple of it and has a multiple of it as its length. */
  readonly blockSize: number;
  /** Memory that the device takes for reads and writes. @throws RangeError when there is none. */
  allocate(size: number): Buffer;
  read(into: Buffer, position: number): void;
  /** When it returns, the bytes are with the device, but perhaps in a cache that a power loss empties. */
  write(from: Buffer, position: number): void;
  /** When it returns, everything written before survives a power loss. */
  sync(): void;
  close(): void;
}

/** Opens the device that a constructor text names, a path or `major:minor`. @throws LogError that says what is wrong with it. */
export type OpenLogDevice = (word: string) => LogDevice;
