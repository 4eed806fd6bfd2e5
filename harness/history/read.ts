/** Reads history files. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import {
  HISTORY_SCHEMA_VERSION,
  lineSchema,
  type EndEvent,
  type HistoryEvent,
  type HistoryHeader,
  type HistoryLine,
} from './events.js';
import { History } from './history.js';

/** A history file that cannot be read: which line and field, and what belongs there. */
export class HistoryFormatError extends Error {
  override readonly name = 'HistoryFormatError';
  constructor(
    readonly source: string,
    /** From 1. */
    readonly line: number,
    /** Path of the field such as 'connector.seq', '' for the line as a whole. */
    readonly field: string,
    problem: string,
  ) {
    super(`${source}:${line}: ${field === '' ? '' : `field ${field}: `}${problem}`);
  }
}

/**
 * Reads a history from JSON lines. A last line that was cut off, and a missing end line, make the history
 * truncated; they are no error, because a node that died leaves just that.
 * @param source name of the text in error messages
 * @throws HistoryFormatError on anything else that is not as docs/history.schema.json says
 */
export function parseHistory(text: string, source = 'history'): History {
  const lines = text.split('\n');
  const complete = lines.at(-1) === '';
  if (complete) lines.pop();
  let header: HistoryHeader | undefined;
  let end: EndEvent | undefined;
  const events: HistoryEvent[] = [];
  for (const [index, raw] of lines.entries()) {
    const at = index + 1;
    const fail = (problem: string, field = ''): never => {
      throw new HistoryFormatError(source, at, field, problem);
    };
    let json: unknown;
    try {
      json = JSON.parse(raw);
    } catch (error) {
      if (at === lines.length && !complete && at > 1) break;
      fail(`is not JSON (${error instanceof Error ? error.message : String(error)})`);
    }
    if (at === 1) {
      header = readHeader(json, fail);
      continue;
    }
    if (end !== undefined) fail('stands after the end line, which must be the last');
    const line = readLine(json, fail);
    switch (line.kind) {
      case 'header':
        fail('is a second header, there must be one only, as the first line');
        break;
      case 'end':
        end = line;
        break;
      default:
        if (line.n !== events.length) {
          fail(`is ${line.n}, expected ${events.length}: events are numbered 0, 1, 2...`, 'n');
        }
        events.push(line);
    }
  }
  if (header === undefined) {
    throw new HistoryFormatError(source, 1, '', 'is missing: a history begins with a header line');
  }
  return new History(header, events, end);
}

/** Reads a history file; see parseHistory. @throws HistoryFormatError, or the file system's error. */
export async function readHistory(path: string): Promise<History> {
  return parseHistory(await readFile(path, 'utf8'), path);
}

type Fail = (problem: string, field?: string) => never;

function readHeader(json: unknown, fail: Fail): HistoryHeader {
  const loose = z.looseObject({ kind: z.literal('header'), schemaVersion: z.unknown() }).safeParse(json);
  if (!loose.success) return fail('must be the header: an object with kind "header" and schemaVersion');
  if (loose.data.schemaVersion !== HISTORY_SCHEMA_VERSION) {
    fail(
      `is ${show(loose.data.schemaVersion)}, this reader knows ${HISTORY_SCHEMA_VERSION} only: use the version of ulogcheck that wrote the file`,
      'schemaVersion',
    );
  }
  const line = readLine(json, fail);
  return line.kind === 'header' ? line : fail('must be the header');
}

function readLine(json: unknown, fail: Fail): HistoryLine {
  const result = lineSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) return fail('does not match the schema');
  const problem = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return fail(`${problem}, it is ${show(valueAt(json, issue.path))}`, issue.path.join('.'));
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
