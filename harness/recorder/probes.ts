/** The kernel probes of the recorder, as tracefs `kprobe_events` lines, and what their records say. */
import { TraceFormatError } from './errors.js';
import { CAPTURED_SIZE } from './messages.js';
import { requireField, type TraceEventFormat } from './trace-format.js';
import type { TraceRecord } from './page.js';

/** Group of the probes, name of the trace instance, prefix of the recorder's own markers. */
export const GROUP = 'ulogcheck';

/** Events of the group, in the order in which they are enabled: returns first, so that no entry lacks its return. */
export const PROBE_NAMES = ['answered', 'sent', 'consulted', 'consult'] as const;
/** One of {@link PROBE_NAMES}. */
export type ProbeName = (typeof PROBE_NAMES)[number];

/** Returns first here too: a return that fires after that belongs to a call whose entry was seen (see counts.ts). */
export const DISABLE_ORDER: readonly ProbeName[] = ['consulted', 'consult', 'sent', 'answered'];

/**
 * `kprobe_events` lines; `module` is 'dm_log_userspace:' or '' for a kernel that has it built in.
 *
 * - consult: entry of dm_consult_userspace(uuid, luid, request_type, data, data_size, ...). Fires once per call,
 *   however often the request is sent: the resend loop lies inside.
 * - consulted: its return. r256: with the default, a one-CPU kernel has a single return slot, and one blocked request
 *   would hide all other returns.
 * - sent: cn_netlink_send(msg, ...), of all connector users: the filter keeps id 7:1.
 * - answered: cn_ulog_callback(msg, ...), every message to 7:1 that the connector lets through.
 */
export function probeDefinitions(module: string): Readonly<Record<ProbeName, string>> {
  const words = CAPTURED_SIZE / 8;
  return {
    consult:
      `p:${GROUP}/consult ${module}dm_consult_userspace ` +
      'uuid=+0($arg1):string luid=$arg2:x64 type=$arg3:u32 size=$arg5:u64',
    consulted: `r256:${GROUP}/consulted ${module}dm_consult_userspace result=$retval:s32`,
    sent: `p:${GROUP}/sent cn_netlink_send idx=+0($arg1):u32 val=+4($arg1):u32 message=+0($arg1):x64[${words}]`,
    answered: `p:${GROUP}/answered ${module}cn_ulog_callback message=+0($arg1):x64[${words}]`,
  };
}

/** Keeps the messages of the userspace log (spec 2.1) out of all connector traffic. */
export const SENT_FILTER = 'idx==7 && val==1';

interface RecordBase {
  readonly t: bigint;
  /** Thread in whose context the probe fired. */
  readonly tid: number;
}

/** One record of the ring buffer, read but not yet joined. */
export type ProbeRecord =
  | (RecordBase & {
      readonly probe: 'consult';
      readonly uuid: string;
      readonly luid: bigint;
      readonly type: number;
      readonly dataSize: number;
    })
  | (RecordBase & { readonly probe: 'consulted'; readonly result: number })
  | (RecordBase & { readonly probe: 'sent'; readonly message: Buffer })
  | (RecordBase & { readonly probe: 'answered'; readonly message: Buffer })
  | (RecordBase & { readonly probe: 'marker'; readonly text: string });

type Reader = (record: TraceRecord) => ProbeRecord;

/** Turns ring-buffer records into probe records by the formats of this boot. */
export class ProbeReader {
  readonly #readers = new Map<number, Reader>();

  /** @throws TraceFormatError when a format lacks a field or has another size than the probe asked for. */
  constructor(formats: Readonly<Record<ProbeName | 'print', TraceEventFormat>>) {
    this.#readers.set(formats.consult.id, consultReader(formats.consult));
    this.#readers.set(formats.consulted.id, consultedReader(formats.consulted));
    this.#readers.set(formats.sent.id, messageReader(formats.sent, 'sent'));
    this.#readers.set(formats.answered.id, messageReader(formats.answered, 'answered'));
    this.#readers.set(formats.print.id, markerReader(formats.print));
    for (const format of Object.values(formats)) {
      // The id is read before the format is known: these two must be where every kernel has them.
      if (requireField(format, 'common_type', 2).offset !== 0) {
        throw new TraceFormatError(`common_type of event ${format.name} is not at byte 0`);
      }
    }
  }

  /** @throws TraceFormatError for a record of an unknown type or one too short for its fields. */
  read(record: TraceRecord): ProbeRecord {
    const id = record.data.length >= 2 ? record.data.readUInt16LE(0) : undefined;
    const reader = id === undefined ? undefined : this.#readers.get(id);
    if (reader === undefined) {
      throw new TraceFormatError(
        `a record of ${record.data.length} bytes with common_type ${String(id)} is none of the recorder's events`,
      );
    }
    try {
      return reader(record);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new TraceFormatError(`a record of type ${String(id)} has only ${record.data.length} bytes`, {
        cause: error,
      });
    }
  }
}

function consultReader(format: TraceEventFormat): Reader {
  const tid = requireField(format, 'common_pid', 4).offset;
  const uuid = requireField(format, 'uuid', 4).offset;
  const luid = requireField(format, 'luid', 8).offset;
  const type = requireField(format, 'type', 4).offset;
  const size = requireField(format, 'size', 8).offset;
  return ({ t, data }) => ({
    probe: 'consult',
    t,
    tid: data.readInt32LE(tid),
    uuid: located(data, uuid),
    luid: data.readBigUInt64LE(luid),
    type: data.readUInt32LE(type),
    dataSize: Number(data.readBigUInt64LE(size)),
  });
}

function consultedReader(format: TraceEventFormat): Reader {
  const tid = requireField(format, 'common_pid', 4).offset;
  const result = requireField(format, 'result', 4).offset;
  return ({ t, data }) => ({
    probe: 'consulted',
    t,
    tid: data.readInt32LE(tid),
    result: data.readInt32LE(result),
  });
}

function messageReader(format: TraceEventFormat, probe: 'sent' | 'answered'): Reader {
  const tid = requireField(format, 'common_pid', 4).offset;
  const { offset, size } = requireField(format, 'message', CAPTURED_SIZE);
  return ({ t, data }) => {
    if (data.length < offset + size) throw new RangeError('message');
    return { probe, t, tid: data.readInt32LE(tid), message: data.subarray(offset, offset + size) };
  };
}

function markerReader(format: TraceEventFormat): Reader {
  const tid = requireField(format, 'common_pid', 4).offset;
  const text = requireField(format, 'buf').offset;
  return ({ t, data }) => ({
    probe: 'marker',
    t,
    tid: data.readInt32LE(tid),
    text: cString(data, text).trimEnd(),
  });
}

/** A __data_loc field: low half the offset from the start of the record, high half the length with NUL. */
function located(data: Buffer, at: number): string {
  const location = data.readUInt32LE(at);
  const offset = location & 0xffff;
  const length = location >>> 16;
  if (offset + length > data.length) throw new RangeError('data_loc');
  return cString(data.subarray(0, offset + length), offset);
}

/** Latin-1, one character per byte, as everywhere for uuids. */
function cString(data: Buffer, at: number): string {
  const nul = data.indexOf(0, at);
  return data.toString('latin1', at, nul === -1 ? data.length : nul);
}
