/** What a broken drive is. */
import { MutexCommands } from '../commands.js';
import type { Firmware } from '../firmware.js';
import type { MutexTable } from '../table.js';

/** A drive broken in one known way; in all else it is as good as the model. */
export interface DriveMutant {
  readonly name: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** Further ones, of scenarios in which the fault shows as well. */
  readonly alsoBreaks?: readonly string[] | 'anything';
  /** What it does wrong. */
  readonly description: string;
  /** The command set of one logical unit. */
  readonly create: (firmware: Firmware) => MutexCommands;
}

/** A drive whose table is broken. */
export function withTable(Table: new (firmware: Firmware) => MutexTable): DriveMutant['create'] {
  return (firmware) => new MutexCommands(firmware, new Table(firmware));
}
