/** One page of a trace ring buffer, as read() of trace_pipe_raw gives it, cut into records. */
import { TraceFormatError } from './errors.js';
import type { PageLayout } from './trace-format.js';

/** One event: when, and its bytes from common_type on (a view into the page). */
export interface TraceRecord {
  /** Nanoseconds of the instance's clock. */
  readonly t: bigint;
  readonly data: Buffer;
}

/** What a page holds. */
export interface TracePage {
  readonly records: readonly TraceRecord[];
  /** Events lost just before this page because the buffer was full; 1 if the kernel does not say how many. */
  readonly lost: number;
}

const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;
const DELTA_BITS = 27n;

/** Bits of `commit` above the length: events were lost before this page; their number follows the data. */
const MISSED_EVENTS = 0x8000_0000;
const MISSED_STORED = 0x4000_0000;
const LENGTH_MASK = 0x07ff_ffff;

/** An absolute time stamp has 59 bits; the upper five come from the time before it. */
const STAMP_BITS = 59n;
const STAMP_HIGH = ~((1n << STAMP_BITS) - 1n);

/**
 * Cuts a page into records. Layout: u64 time stamp of the page, `commit` (bytes of data, lost-event flags), data.
 * Each record starts with a u32 of 5 bits type and 27 bits time since the record before: types 1 to 28 are data of
 * type*4 bytes, 0 is data whose length (itself included) is the next u32, 29 padding, 30 and 31 longer times.
 * Bytes behind `commit` are stale. @throws TraceFormatError
 */
export function readPage(page: Buffer, layout: PageLayout): TracePage {
  if (page.length !== layout.pageSize) {
    throw new TraceFormatError(`a ring-buffer page has ${page.length} bytes, expected ${layout.pageSize}`);
  }
  let t = page.readBigUInt64LE(layout.timestamp.offset);
  const commit = page.readUInt32LE(layout.commit.offset);
  const length = commit & LENGTH_MASK;
  if (length > layout.data.size) {
    throw new TraceFormatError(
      `a ring-buffer page claims ${length} bytes of data in ${layout.data.size}: the stream has lost its place`,
    );
  }
  const data = page.subarray(layout.data.offset, layout.data.offset + length);
  const records: TraceRecord[] = [];
  let at = 0;
  while (at < length) {
    const header = readU32(data, at);
    const type = header & 0x1f;
    const delta = header >>> 5;
    at += 4;
    if (type === TYPE_PADDING) {
      if (delta === 0) break; // the rest of the page is empty
      // A discarded event. Its time counts for those after it; 1 stands for "none" (the kernel may not write 0).
      if (delta !== 1) t += BigInt(delta);
      at += readU32(data, at);
    } else if (type === TYPE_TIME_EXTEND) {
      t += (BigInt(readU32(data, at)) << DELTA_BITS) + BigInt(delta);
      at += 4;
    } else if (type === TYPE_TIME_STAMP) {
      t = absolute((BigInt(readU32(data, at)) << DELTA_BITS) + BigInt(delta), t);
      at += 4;
    } else {
      t += BigInt(delta);
      let size = type * 4;
      if (type === 0) {
        size = readU32(data, at) - 4;
        at += 4;
      }
      const end = at + size;
      if (size < 0 || end > length) {
        throw new TraceFormatError(
          `a record of ${size} bytes at byte ${at} leaves the page's ${length} bytes`,
        );
      }
      records.push({ t, data: data.subarray(at, end) });
      at = (end + 3) & ~3;
    }
  }
  return { records, lost: lostBefore(page, layout, commit, length) };
}

function absolute(stamp: bigint, before: bigint): bigint {
  const t = stamp | (before & STAMP_HIGH);
  return t < before ? t + (1n << STAMP_BITS) : t;
}

function lostBefore(page: Buffer, layout: PageLayout, commit: number, length: number): number {
  if ((commit & MISSED_EVENTS) === 0) return 0;
  const at = layout.data.offset + length;
  if ((commit & MISSED_STORED) === 0 || at + 8 > page.length) return 1;
  return Math.max(1, Number(page.readBigUInt64LE(at)));
}

function readU32(data: Buffer, at: number): number {
  if (at + 4 > data.length) {
    throw new TraceFormatError(`a record header at byte ${at} leaves the page's ${data.length} bytes`);
  }
  return data.readUInt32LE(at);
}
