/** Events of disks and of locks, one line each, for timelines. */
import type {
  DiskClockEvent,
  DiskCommandEvent,
  DiskEvent,
  DiskProfileEvent,
  LockAnswerEvent,
  LockCallEvent,
} from './events.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Statuses that disks answer with (SAM-5, and 22h of SAM-2). */
const STATUS: Readonly<Record<number, string>> = {
  0x00: 'GOOD',
  0x02: 'CHECK CONDITION',
  0x08: 'BUSY',
  0x18: 'RESERVATION CONFLICT',
  0x22: 'COMMAND TERMINATED',
  0x28: 'TASK SET FULL',
  0x40: 'TASK ABORTED',
};

function statusText(status: number | null, sense: Uint8Array): string {
  if (status === null) return 'lost';
  const name = STATUS[status] ?? `status 0x${status.toString(16)}`;
  return sense.length === 0 ? name : `${name}, sense ${hex(sense)}`;
}

/** The readable bytes of an id of the wire, which is reversed there; hex if there are none. */
export function idText(wire: Uint8Array): string {
  const text = Buffer.from(wire.toReversed()).toString('latin1').replaceAll('\0', '');
  return /^[\x21-\x7e]+$/.test(text) ? text : hex(wire).replace(/^(00)+(?=..)/, '');
}

function commandLine(event: DiskCommandEvent): string {
  const { drive, lun, initiator, name, cdb, outcome, status, sense, fault } = event;
  const ended = outcome === 'status' ? statusText(status, sense) : outcome;
  const unit = drive ?? `LUN ${lun ?? '?'}`;
  const effect = event.executed === null ? ', no effect' : '';
  return `disk ${unit}: ${name ?? hex(cdb)} from ${initiator} → ${ended}${effect}${fault === null ? '' : `, fault ${fault}`}`;
}

/** `disk D1: MUTEX from iqn... → GOOD`, `lock call 3: trylock of r by A on D1`. */
export function diskLine(
  event: DiskEvent | DiskClockEvent | DiskProfileEvent | LockCallEvent | LockAnswerEvent,
): string {
  switch (event.kind) {
    case 'disk-command':
      return commandLine(event);
    case 'disk-nexus':
      return `disks: session of ${event.initiator} ${event.what}`;
    case 'disk-reset':
      return `disks: ${event.lun === null ? 'target' : `LUN ${event.lun}`} reset by ${event.initiator}`;
    case 'disk-power-cut':
      return `disk ${event.drive}: power cut`;
    case 'disk-clock':
      return `disk ${event.drive}: clock at ${event.at / 1_000_000n} ms`;
    case 'disk-profile':
      return `disk ${event.drive}: ${event.mutexes === null ? 'no mutexes' : `mutexes of version ${event.mutexes.majorVersion}`}`;
    case 'lock-call':
      return `lock call ${event.call}: ${event.op}${event.resource.length === 0 ? '' : ` of ${idText(event.resource)}`} by ${idText(event.host)} on ${event.drive}`;
    case 'lock-answer':
      return `lock call ${event.call} answered: ${statusText(event.status, event.sense)}`;
  }
}
