/** What hosts asked of drives for locks and what they got, joined and read from its bytes (spec idm 3, 5). */
import { idText } from './disk-lines.js';
import type { HistoryEvent, LockAnswerEvent, LockCallEvent } from './events.js';
import type { History } from './history.js';

/** An entry of a list that a drive gave. */
export interface LockEntry {
  readonly state: string;
  /** `exclusive`, `protected write` or `shared`; a number if it is none of them. */
  readonly mode: string;
  /** Lease in ms, as told. */
  readonly countdown: bigint;
  /** Host's time in ms, as told. */
  readonly timeNow: bigint;
  readonly host: string;
  readonly resource: string;
  /** Wire bytes 20h-27h, hex. */
  readonly lvb: string;
}

/** A call and its answer. */
export interface LockExchange {
  readonly call: LockCallEvent;
  /** Undefined: none was recorded. */
  readonly answer: LockAnswerEvent | undefined;
  /** `GOOD`, `RC`, `CT`, `OOR`, `full 40`: the words of spec idm 6.2; `lost` when nobody knows. */
  readonly result: string;
  /** Of a list that was read: the blocks before the first end marker. */
  readonly entries: readonly LockEntry[];
  /** `node1 trylock exclusive r → GOOD`, `node2 list → r node1 exclusive locked`, `node1 count → 2`. */
  readonly line: string;
  events(): readonly HistoryEvent[];
}

const BLOCK_BYTES = 512;
const MODES: Readonly<Record<string, string>> = { 0: 'exclusive', 1: 'protected write', 2: 'shared' };
/** Codes of spec idm 3.2. */
const STATES: Readonly<Record<string, string>> = {
  '0': 'uninitialised',
  '101': 'locked',
  '102': 'unlocked',
  '103': 'multiple locked',
  '104': 'timeout',
};
const END_MARKER = 0xdeadn;
const NO_LVB = '00'.repeat(8);

/** All calls about locks, or those of these kinds, in the order in which the test made them. */
export function lockExchanges(
  history: History,
  ...ops: readonly LockCallEvent['op'][]
): readonly LockExchange[] {
  const answers = new Map<number, LockAnswerEvent>();
  for (const event of history.events) if (event.kind === 'lock-answer') answers.set(event.call, event);
  return history.events
    .filter((event): event is LockCallEvent => event.kind === 'lock-call')
    .filter(({ op }) => ops.length === 0 || ops.includes(op))
    .toSorted((a, b) => a.call - b.call)
    .map((call) => exchangeOf(call, answers.get(call.call)));
}

function exchangeOf(call: LockCallEvent, answer: LockAnswerEvent | undefined): LockExchange {
  const result = answerWord(answer?.status ?? null, answer?.sense);
  const entries = call.op === 'read' ? entriesOf(answer?.dataIn ?? new Uint8Array()) : [];
  return {
    ...{ call, answer, result, entries },
    line: `${askedLine(call)} → ${answerLine(call, result, entries, answer)}`,
    events: () => [call, ...(answer === undefined ? [] : [answer])],
  };
}

function askedLine({ host, op, lockClass, resource }: LockCallEvent): string {
  const mode = MODES[String(lockClass)] ?? String(lockClass);
  switch (op) {
    case 'read':
      return `${idText(host)} list`;
    case 'count':
    case 'wipe':
      return `${idText(host)} ${op}`;
    case 'init':
    case 'trylock':
    case 'lock':
    case 'unlock':
    case 'refresh':
    case 'break':
    case 'destroy':
    case 'undefined':
      return `${idText(host)} ${op} ${mode} ${idText(resource)}`;
  }
}

function answerLine(
  { op }: LockCallEvent,
  result: string,
  entries: readonly LockEntry[],
  answer: LockAnswerEvent | undefined,
): string {
  if (result !== 'GOOD') return result;
  if (op === 'count') return String(entryCount(answer?.dataIn));
  return op === 'read' ? entries.map(entryLine).join(', ') || 'nothing' : result;
}

function entryLine({ resource, host, mode, state, lvb }: LockEntry): string {
  return `${resource} ${host} ${mode} ${state}${lvb === NO_LVB ? '' : ` lvb ${lvb}`}`;
}

/** Bytes 0-1 of the inquiry block: all entries of the drive (spec idm 3.3). */
function entryCount(dataIn: Uint8Array = new Uint8Array()): number {
  return dataIn.length < 2 ? NaN : Buffer.from(dataIn).readUInt16BE(0);
}

/** The entries of a list before its first end marker (spec idm 3, 6.6). */
export function entriesOf(dataIn: Uint8Array): LockEntry[] {
  const blocks = Array.from({ length: Math.floor(dataIn.length / BLOCK_BYTES) }, (_unused, index) =>
    Buffer.from(dataIn.subarray(BLOCK_BYTES * index, BLOCK_BYTES * (index + 1))),
  );
  const end = blocks.findIndex((block) => block.readBigUInt64BE(0) === END_MARKER);
  return (end === -1 ? blocks : blocks.slice(0, end)).map((block) => {
    const state = block.readBigUInt64BE(0x00).toString(16);
    const mode = block.readBigUInt64BE(0x18).toString();
    return {
      state: STATES[state] ?? `state ${state}`,
      mode: MODES[mode] ?? `class ${mode}`,
      countdown: block.readBigUInt64BE(0x10),
      timeNow: block.readBigUInt64BE(0x08),
      host: idText(block.subarray(0xc0, 0xe0)),
      resource: idText(block.subarray(0x40, 0x80)),
      lvb: block.toString('hex', 0x20, 0x28),
    };
  });
}

/** What status and sense mean, `lost` without a status; of sense the code tells, whichever form it has. */
export function answerWord(status: number | null, sense: Uint8Array = new Uint8Array()): string {
  switch (status) {
    case null:
      return 'lost';
    case 0x00:
      return 'GOOD';
    case 0x08:
      return 'BUSY';
    case 0x18:
      return 'RC';
    case 0x22:
      return 'CT';
    case 0x02:
      return checkResult(sense);
    default:
      return `status ${status.toString(16)}`;
  }
}

function checkResult(sense: Uint8Array): string {
  const descriptors = ((sense[0] ?? 0) & 0x7f) >= 0x72;
  const code = descriptors ? (sense[2] ?? 0) : (sense[12] ?? 0);
  if (code === 0x21) return 'OOR';
  const asc = code.toString(16).padStart(2, '0');
  return ['40', '41', '42'].includes(asc) ? `full ${asc}` : `check ${asc}`;
}
