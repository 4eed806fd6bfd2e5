/**
 * The descriptions that tracefs gives of its own binary data: `events/<group>/<event>/format`,
 * `events/header_page` and `events/header_event`. Offsets differ between kernels and are never assumed.
 */
import { TraceFormatError } from './errors.js';

/** One `field:` line. */
export interface TraceField {
  /** Declaration without the name, e.g. `unsigned short`, `__data_loc char[]`, `u64`. */
  readonly type: string;
  /** Bytes from the start of the record (events) or of the page (header_page). */
  readonly offset: number;
  /** Bytes; 0 for an array that runs to the end of the record. */
  readonly size: number;
  readonly signed: boolean;
}

/** One event type of this boot; `id` is its common_type and changes from boot to boot. */
export interface TraceEventFormat {
  readonly name: string;
  readonly id: number;
  readonly fields: ReadonlyMap<string, TraceField>;
}

/** Where things lie in a ring-buffer page. */
export interface PageLayout {
  readonly timestamp: TraceField;
  readonly commit: TraceField;
  readonly data: TraceField;
  /** Bytes that one read() of trace_pipe_raw returns. */
  readonly pageSize: number;
}

const FIELD =
  /^\s*field:(?<declaration>[^;]+);\s*offset:(?<offset>\d+);\s*size:(?<size>\d+);\s*signed:(?<signed>[01]);/;

function parseFields(text: string): Map<string, TraceField> {
  const fields = new Map<string, TraceField>();
  for (const line of text.split('\n')) {
    const groups = FIELD.exec(line)?.groups;
    if (groups === undefined) continue;
    // `u64 message[64]` on 5.10, `u64 message[]` on 6.12: the size column says the same on both.
    const declaration = /^(?<type>.+?)\s*\b(?<name>\w+)(?:\[\w*\])?$/.exec(
      groups['declaration']?.trim() ?? '',
    )?.groups;
    const type = declaration?.['type'];
    const name = declaration?.['name'];
    if (type === undefined || name === undefined) {
      throw new TraceFormatError(`cannot read the field declaration "${line.trim()}"`);
    }
    fields.set(name, {
      type,
      offset: Number(groups['offset']),
      size: Number(groups['size']),
      signed: groups['signed'] === '1',
    });
  }
  return fields;
}

/** Reads the text of an event's `format` file. @throws TraceFormatError */
export function parseEventFormat(text: string): TraceEventFormat {
  const name = /^name: (\S+)$/m.exec(text)?.[1];
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (name === undefined || id === undefined) {
    throw new TraceFormatError(`not an event format: "${text.slice(0, 80)}"`);
  }
  const fields = parseFields(text);
  if (fields.size === 0) throw new TraceFormatError(`the format of event ${name} names no field`);
  return { name, id: Number(id), fields };
}

/** The field, or an error that names event and field; `size` (if given) is what the reader can handle. */
export function requireField(format: TraceEventFormat, name: string, size?: number): TraceField {
  const field = format.fields.get(name);
  if (field === undefined) {
    const known = [...format.fields.keys()].join(', ');
    throw new TraceFormatError(`event ${format.name} has no field ${name}; it has ${known}`);
  }
  if (size !== undefined && field.size !== size) {
    throw new TraceFormatError(
      `field ${name} of event ${format.name} has ${field.size} bytes, expected ${size}`,
    );
  }
  return field;
}

/** Reads the text of `events/header_page`. @throws TraceFormatError */
export function parsePageLayout(text: string): PageLayout {
  const fields = parseFields(text);
  const timestamp = fields.get('timestamp');
  const commit = fields.get('commit');
  const data = fields.get('data');
  if (timestamp?.size !== 8 || commit?.size !== 8 || data === undefined) {
    throw new TraceFormatError(
      `header_page is not that of a 64-bit kernel (u64 timestamp, 8-byte commit, data): "${text.trim()}"`,
    );
  }
  return { timestamp, commit, data, pageSize: data.offset + data.size };
}

const EVENT_HEADER = [
  /type_len\s*:\s*5 bits/,
  /time_delta\s*:\s*27 bits/,
  /padding\s*: type == 29/,
  /time_extend\s*: type == 30/,
  /time_stamp\s*: type == 31/,
  /data max type_len\s*== 28/,
];

/** Throws TraceFormatError unless `events/header_event` describes the record header that page.ts reads. */
export function checkEventHeader(text: string): void {
  for (const fact of EVENT_HEADER) {
    if (!fact.test(text)) {
      throw new TraceFormatError(
        `header_event lacks ${fact.source}: an unknown ring-buffer format: "${text.trim()}"`,
      );
    }
  }
}
