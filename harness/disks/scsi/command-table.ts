import { CACHE_COMMANDS } from './commands/cache.js';
import { CAPACITY_COMMANDS } from './commands/capacity.js';
import { MODE_COMMANDS } from './commands/mode.js';
import { PRIMARY_COMMANDS } from './commands/primary.js';
import { RESERVATION_COMMANDS } from './commands/reservations.js';
import { supportedCommands } from './commands/supported.js';
import { UNMAP_COMMAND, WRITE_SAME_COMMANDS } from './commands/thin.js';
import { TRANSFER_COMMANDS } from './commands/transfer.js';
import { VERIFY_COMMANDS } from './commands/verify.js';
import { GOOD } from './answer.js';
import { invalidFieldInCdb, invalidOperationCode, type Refusal } from './refusal.js';
import { command, type Command } from './unit-state.js';

/** REPORT LUNS. The target answers it, not a unit; it is listed here so that it is told among the supported ones. */
export const REPORT_LUNS = 0xa0;

/** The commands of a unit, found by their CDB. */
export class CommandTable {
  readonly commands: readonly Command[];
  readonly #byOpcode: (readonly Command[] | undefined)[] = [];

  /** `thin`: with UNMAP. */
  constructor(thin: boolean) {
    this.commands = [
      ...PRIMARY_COMMANDS,
      ...MODE_COMMANDS,
      ...CAPACITY_COMMANDS,
      ...TRANSFER_COMMANDS,
      ...VERIFY_COMMANDS,
      ...CACHE_COMMANDS,
      ...WRITE_SAME_COMMANDS,
      ...(thin ? [UNMAP_COMMAND] : []),
      ...RESERVATION_COMMANDS,
      ...supportedCommands(() => this.commands),
      command('REPORT LUNS', 'A0 00 FF 000000 FFFFFFFF 00 00', 'always', false, () => GOOD),
    ];
    for (const known of this.commands) {
      this.#byOpcode[known.opcode] = [...(this.#byOpcode[known.opcode] ?? []), known];
    }
  }

  /** The command, or why there is none: no such opcode (5/20/00), or no such service action (5/24/00). */
  find(cdb: Buffer): Command | Refusal {
    const candidates = this.#byOpcode[cdb.readUInt8(0)];
    const only = candidates?.[0];
    if (candidates === undefined || only === undefined) return invalidOperationCode();
    if (only.serviceAction === undefined) return only;
    const serviceAction = cdb.readUInt8(1) & 0x1f;
    return candidates.find((known) => known.serviceAction === serviceAction) ?? invalidFieldInCdb(1, 4);
  }
}

/** Throws 5/24/00 at the first bit of the CDB that the command does not have. */
export function requireKnownBits({ usage }: Command, cdb: Buffer): void {
  for (let at = 1; at < usage.length; at++) {
    const unknown = (cdb[at] ?? 0) & ~(usage[at] ?? 0);
    if (unknown !== 0) throw invalidFieldInCdb(at, 31 - Math.clz32(unknown));
  }
}
