/** What the disks tell of all that befalls them: plain data, in the order in which it ended. */
import { crc32 } from 'node:zlib';
import { carriesBlocks, cdbLength } from './cdb.js';
import type { PowerCutReport, Survival } from './medium/write-journal.js';
import type { FaultRule } from './faults.js';
import type { Direction, Nexus, ScsiTask, TaskAnswer } from './task.js';
import type { LogicalUnit } from './unit.js';

/** Data of a command: whole, in hex, if it is a vendor's or short; of blocks length and CRC-32 only. */
export type TracedData = { readonly length: number } & (
  { readonly bytes: string } | { readonly crc32: number }
);

/** Whose command it was. */
interface Origin {
  readonly initiator: string;
  readonly isid: string;
  readonly login: number;
}

/** Whose command, or login, it is. */
export const originOf = ({ initiator, isid, login }: Nexus): Origin => ({ initiator, isid, login });

/**
 * One command. `arrived`, `executed` and `answered` are numbers from one sequence of the target, in which nothing else
 * happened in between: the order of `executed` is the order of the effects. `at` is the drive's time of the execution,
 * the same that a vendor's command set is given.
 */
export interface CommandRecord extends Origin {
  readonly kind: 'command';
  /** Serial number of the unit; null for a LUN without one. */
  readonly drive: string | null;
  /** Null for an address that is none. */
  readonly lun: number | null;
  /** Name of the command, null if the unit does not know it. */
  readonly name: string | null;
  /** Hex, of the length that the opcode has. */
  readonly cdb: string;
  /** Which way the initiator said that data goes, and how much of it: see {@link ScsiTask}. */
  readonly direction: Direction;
  readonly expectedLength: number;
  readonly dataOut: TracedData;
  readonly dataIn: TracedData;
  readonly arrived: number;
  /** Null: it took no effect. */
  readonly executed: number | null;
  readonly answered: number;
  readonly arrivedAt: bigint;
  readonly at: bigint | null;
  readonly answeredAt: bigint;
  readonly outcome: TaskAnswer['kind'];
  /** Null unless the outcome is `status`. */
  readonly status: number | null;
  /** Hex, empty without sense. */
  readonly sense: string;
  /** Name of the fault's rule. */
  readonly fault: string | null;
  /** Older writes that became durable unasked, because the volatile cache was full. */
  readonly destaged: number;
}

/** A login, which may have been refused, or its end. */
export interface NexusRecord extends Origin {
  readonly kind: 'nexus';
  readonly what: 'began' | 'refused' | 'ended';
  readonly order: number;
  readonly at: bigint;
}

/** A reset by task management; `lun` is null for the whole target. */
export interface ResetRecord extends Origin {
  readonly kind: 'reset';
  readonly lun: number | null;
  readonly order: number;
  readonly at: bigint;
}

/** The power of a unit failed and came back. */
export interface PowerCutRecord extends PowerCutReport {
  readonly kind: 'power-cut';
  readonly drive: string;
  readonly lun: number;
  readonly survival: Survival;
  readonly order: number;
  readonly at: bigint;
}

export type TraceRecord = CommandRecord | NexusRecord | ResetRecord | PowerCutRecord;

/** Is told everything; must not throw. */
export type Observer = (record: TraceRecord) => void;

/** Data up to this length is told whole, unless it is blocks. */
const SHORT = 1024;

function traced(data: Buffer, whole: boolean): TracedData {
  return whole
    ? { length: data.length, bytes: data.toString('hex') }
    : { length: data.length, crc32: crc32(data) };
}

/** A command on its way through the target. */
export interface Passage {
  readonly task: ScsiTask;
  /** Name of the initiator port. */
  readonly port: string;
  /** Undefined for a LUN without one. */
  readonly unit: LogicalUnit | undefined;
  readonly arrived: number;
  readonly arrivedAt: bigint;
  /** The fault that it met. */
  rule?: FaultRule;
  /** When it took effect. */
  executed?: { readonly order: number; readonly at: bigint; readonly destaged: number };
}

const NO_DATA = Buffer.alloc(0);

/** The record of a command that was answered at this moment. */
export function commandRecord(
  { task, unit, arrived, arrivedAt, rule, executed }: Passage,
  answer: TaskAnswer,
  { order, at }: { readonly order: number; readonly at: bigint },
): CommandRecord {
  const { cdb, dataOut, direction, expectedLength, lun, nexus } = task;
  const answered = answer.kind === 'status' ? answer : undefined;
  const ofVendor = unit?.isVendorCommand(task, executed?.at ?? arrivedAt) ?? false;
  const told = (data: Buffer): TracedData =>
    traced(data, ofVendor || (data.length <= SHORT && !carriesBlocks(cdb)));
  return {
    kind: 'command',
    ...originOf(nexus),
    drive: unit?.identity.serial ?? null,
    lun: lun ?? null,
    name: unit?.nameOf(cdb) ?? null,
    cdb: cdb.toString('hex', 0, cdbLength(cdb.readUInt8(0))),
    direction,
    expectedLength,
    dataOut: told(dataOut),
    dataIn: told(answered?.dataIn ?? NO_DATA),
    arrived,
    executed: executed?.order ?? null,
    answered: order,
    arrivedAt,
    at: executed?.at ?? null,
    answeredAt: at,
    outcome: answer.kind,
    status: answered?.status ?? null,
    sense: answered?.sense?.toString('hex') ?? '',
    fault: rule?.name ?? null,
    destaged: executed?.destaged ?? 0,
  };
}
