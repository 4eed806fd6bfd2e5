/** How a vendor's own command set is plugged into a logical unit; In-Drive-Mutex is one (spec idm 2, 4). */
import type { ScsiTask, TaskAnswer } from './task.js';

/**
 * What befell the unit. `power-cut`: all that is volatile is gone, as after a firmware download (spec idm 1);
 * `unit-reset` and `target-reset`: task management, which keeps what the command set says it keeps.
 */
export type VendorEvent = 'power-cut' | 'unit-reset' | 'target-reset';

/** Where a vendor command was met. */
export interface VendorContext {
  /**
   * The drive's clock in nanoseconds, as it stands in the trace record of this command: whatever the command set
   * measures by it can be computed again from the trace.
   */
  readonly now: bigint;
  /** Number of logical blocks, one more than the last LBA. */
  readonly blocks: number;
  /** Bytes of a logical block. */
  readonly blockSize: number;
}

/** The command set of one logical unit; each unit has an instance of its own. */
export interface VendorCommands {
  /** Operation codes (CDB byte 0) that are its own; the unit's own commands of the same code are asked later. */
  readonly opcodes: readonly number[];
  /**
   * Whether a command with one of {@link opcodes} is meant for it; without this all of them are. For aliases, as the
   * first generation of IDM used READ (16) with an LBA beyond the end (spec idm 2.5).
   */
  claims?(task: ScsiTask, context: VendorContext): boolean;
  /**
   * Runs a command at once: the order of these calls is the order of the trace. It is called with no unit attention
   * pending for the nexus, and regardless of reservations. Must not throw; if it does, the initiator is told of an
   * internal target failure (4/44/00).
   */
  execute(task: ScsiTask, context: VendorContext): TaskAnswer;
  /** Its VPD pages by page code, each whole with its 4-byte header; page 00 lists them (spec idm 4: C3). */
  readonly vpdPages: ReadonlyMap<number, Buffer>;
  /** Told after the unit itself has dealt with it. */
  happened(event: VendorEvent): void;
}
