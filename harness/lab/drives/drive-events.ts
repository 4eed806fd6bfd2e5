import type {
  CommandRecord,
  NexusRecord,
  ResetRecord,
  TracedData,
  TraceRecord,
} from '../../disks/scsi/index.js';
import { NODE_OF_INITIATOR } from '../../disks/drives.js';
import type { DiskCommandEvent, DiskEvent } from '../../history/index.js';

type WithoutNumber<E> = E extends DiskEvent ? Omit<E, 'n'> : never;

/** What a drive tells, as an event of a history; `t` is when, by the clock of the history. */
export function driveEvent(record: TraceRecord, t: bigint): WithoutNumber<DiskEvent> {
  switch (record.kind) {
    case 'command':
      return { kind: 'disk-command', ...placed(record, t), ...commandFields(record) };
    case 'nexus': {
      const { what, order, at } = record;
      return { kind: 'disk-nexus', ...placed(record, t), what, order, at };
    }
    case 'reset': {
      const { lun, order, at } = record;
      return { kind: 'disk-reset', ...placed(record, t), lun, order, at };
    }
    case 'power-cut': {
      const { drive, lun, order, at } = record;
      return { kind: 'disk-power-cut', t, node: '', drive, lun, order, at };
    }
  }
}

/** When and by whom: nodes call themselves by their names in their initiators' names. */
function placed({ initiator, isid, login }: CommandRecord | NexusRecord | ResetRecord, t: bigint) {
  return { t, node: NODE_OF_INITIATOR.exec(initiator)?.[1] ?? '', initiator, isid, login };
}

function commandFields(
  record: CommandRecord,
): Omit<DiskCommandEvent, 'kind' | 'n' | 't' | 'node' | 'initiator' | 'isid' | 'login'> {
  const { drive, lun, name, arrived, executed, answered, arrivedAt, at, answeredAt } = record;
  const { direction, expectedLength, outcome, status, fault } = record;
  return {
    ...{ drive, lun, name, arrived, executed, answered, arrivedAt, at, answeredAt, outcome, status, fault },
    ...{ direction, expectedLength },
    cdb: bytes(record.cdb),
    dataOut: data(record.dataOut),
    dataIn: data(record.dataIn),
    sense: bytes(record.sense),
  };
}

function data(traced: TracedData): DiskCommandEvent['dataOut'] {
  const { length } = traced;
  return 'bytes' in traced ? { length, bytes: bytes(traced.bytes) } : { length, crc32: traced.crc32 };
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
