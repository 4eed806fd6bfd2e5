import type { PersistentReservations } from './reservations/persistent.js';
import type { Identity } from './identity.js';
import type { Medium } from './medium/medium.js';
import type { ModePages } from './mode-pages.js';
import type { UnitAttentions } from './attentions.js';
import type { TaskAnswer, ScsiTask } from './task.js';
import type { VendorCommands } from './vendor.js';

/** The state of a logical unit, as its commands see it. */
export interface UnitState {
  readonly identity: Identity;
  readonly medium: Medium;
  readonly modes: ModePages;
  readonly attentions: UnitAttentions;
  readonly persistent: PersistentReservations;
  /** Port that holds an SPC-2 reservation (RESERVE). */
  reservedBy: string | undefined;
  /** Ports that prevent medium removal. */
  readonly preventing: Set<string>;
  /** START STOP UNIT stopped it. */
  stopped: boolean;
  /** The medium is write protected, whatever the mode pages say. */
  readonly readOnly: boolean;
  /** A physical block has two to the power of this logical ones (SBC-3, READ CAPACITY (16)). */
  readonly physicalExponent: number;
  readonly vendor: VendorCommands | undefined;
  /** Tasks of these ports that wait in a fault are aborted (PREEMPT AND ABORT). */
  abortTasks(ports: ReadonlySet<string>): void;
}

/** What a fault takes from the effect of a command. */
export interface Effect {
  /** No more blocks than this reach the medium; undefined: all. */
  readonly landing?: number;
  /** SYNCHRONIZE CACHE and FUA keep nothing, and say that they did. */
  readonly keepsNothing?: boolean;
}

/** A command on its way. */
export interface Invocation {
  readonly unit: UnitState;
  readonly task: ScsiTask;
  /** Name of the initiator port, which stands for the I_T nexus. */
  readonly port: string;
  readonly effect: Effect;
}

/**
 * How a command stands to reservations of others (the tables of commands allowed in SPC-4 and SBC-3): `always`
 * passes; `ready` (TEST UNIT READY) passes persistent ones only; `read` passes those of the Write Exclusive types; `write`
 * passes none. `reserve` are the reservation commands, with rules of their own.
 */
export type Access = 'always' | 'ready' | 'read' | 'write' | 'reserve';

/** A command that the unit knows. */
export interface Command {
  readonly name: string;
  readonly opcode: number;
  /** With codes of several services: the low 5 bits of byte 1. */
  readonly serviceAction?: number;
  /** A bit is 1 where the CDB may have one; the opcode in byte 0. Its length is that of the CDB. */
  readonly usage: Buffer;
  readonly access: Access | ((cdb: Buffer) => Access);
  /** Fails while the unit is stopped. */
  readonly medium: boolean;
  /** Ends in a {@link Refusal}, or an answer. */
  run(invocation: Invocation): TaskAnswer;
}

/** A command of the table: `usage` as hex without spaces between the bytes of a group. */
export function command(
  name: string,
  usage: string,
  access: Command['access'],
  medium: boolean,
  run: Command['run'],
  serviceAction?: number,
): Command {
  const mask = Buffer.from(usage.replaceAll(' ', ''), 'hex');
  return {
    name,
    opcode: mask.readUInt8(0),
    usage: mask,
    access,
    medium,
    run,
    ...(serviceAction === undefined ? {} : { serviceAction }),
  };
}
