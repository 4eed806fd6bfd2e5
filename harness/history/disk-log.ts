/** What a test read from a log device, as observations carry it, and what it means (spec 12). */
import { z } from 'zod';
import type { ObservationEvent } from './events.js';
import { hexBytes, nanoseconds } from './codecs.js';
import type { History } from './history.js';

/** Name of the observation of a log device's image. */
export const DISK_LOG = 'disk-log';

/** "mirror" read as a little-endian number; on the device the bytes 72 52 69 4D. */
const MAGIC = 0x4d69_5272;
/** Byte offset of the clean bitmap. */
const BITMAP_OFFSET = 1024;
/** Header, and bits for 8,192 regions. */
export const DISK_LOG_BYTES = 2048;

const diskLogSchema = z.strictObject({
  /** Device node in the guest, and its major:minor. */
  device: z.string(),
  number: z.string(),
  /** Guest time before and behind the reading. */
  began: nanoseconds,
  ended: nanoseconds,
  bytes: hexBytes,
});

/** The first {@link DISK_LOG_BYTES} bytes of a log device at some time between `began` and `ended`. */
export type DiskLogValue = z.output<typeof diskLogSchema>;

/** A decoded image. */
export interface DiskLog extends DiskLogValue {
  readonly event: ObservationEvent;
  /** True for the bytes 72 52 69 4D. */
  readonly magic: boolean;
  readonly version: number;
  /** Number of regions that the bitmap was written for. */
  readonly regions: bigint;
  /** True when the region's bit is 1; regions behind the bytes that were read count as dirty. */
  isClean(region: number): boolean;
}

/** The value of the observation. */
export function encodeDiskLog(value: DiskLogValue): ObservationEvent['value'] {
  return z.encode(diskLogSchema, value);
}

/** Every image of a log device that the test read, in order. */
export function diskLogs(history: History): DiskLog[] {
  return history.observations(DISK_LOG).map((event) => {
    const value = z.decode(diskLogSchema, event.value as z.input<typeof diskLogSchema>);
    const bytes = Buffer.from(value.bytes);
    return {
      ...value,
      event,
      magic: bytes.readUInt32LE(0) === MAGIC,
      version: bytes.readUInt32LE(4),
      regions: bytes.readBigUInt64LE(8),
      isClean: (region) => (((bytes[BITMAP_OFFSET + (region >> 3)] ?? 0) >> (region & 7)) & 1) === 1,
    };
  });
}

/** Which of the first `count` regions an image says to be dirty, ascending. */
export function dirtyRegions(log: DiskLog, count: number): number[] {
  return Array.from({ length: count }, (_unused, region) => region).filter((region) => !log.isClean(region));
}
