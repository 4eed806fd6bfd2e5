/** Drives that keep their table for the wrong ones, or not as long as they should. */
import type { ScsiTask, TaskAnswer } from '../../scsi/task.js';
import type { VendorContext, VendorEvent } from '../../scsi/vendor.js';
import type { MutexOutcome } from '../answers.js';
import { MUTEX_OP } from '../cdb.js';
import { MutexCommands } from '../commands.js';
import type { MutexRequest } from '../mutex.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

class LostWithSession extends MutexCommands {
  readonly #logins = new Map<string, number>();

  override execute(task: ScsiTask, context: VendorContext): TaskAnswer {
    const { initiator, login } = task.nexus;
    const before = this.#logins.get(initiator);
    if (before !== undefined && before !== login) this.table.wipe();
    this.#logins.set(initiator, login);
    return super.execute(task, context);
  }
}

class LostAtReset extends MutexCommands {
  override happened(event: VendorEvent): void {
    super.happened(event);
    this.wipe();
  }
}

class TablePerNexus extends MutexCommands {
  readonly #tables = new Map<string, MutexCommands>();

  override execute(task: ScsiTask, context: VendorContext): TaskAnswer {
    const { initiator } = task.nexus;
    const own = this.#tables.get(initiator) ?? new MutexCommands(this.firmware);
    this.#tables.set(initiator, own);
    return own.execute(task, context);
  }
}

/** TRYLOCKs that come so soon after each other are decided on the same state of the table. */
const MOMENT_NS = 20_000_000n;

/** Of two TRYLOCKs of different hosts in the same moment both are told that they hold the mutex. */
class NotAtomic extends MutexCommands {
  #granted: { readonly request: MutexRequest; readonly at: bigint } | undefined;

  protected override operate(op: number, request: MutexRequest, now: bigint): MutexOutcome {
    const outcome = super.operate(op, request, now);
    if (op !== MUTEX_OP.trylock) {
      this.#granted = undefined;
      return outcome;
    }
    const last = this.#granted;
    if (outcome === 'good') this.#granted = { request, at: now };
    const sameMoment = last?.request.resource === request.resource && now - last.at < MOMENT_NS;
    return outcome === 'conflict' && sameMoment ? 'good' : outcome;
  }
}

class WipeKeepsHeld extends MutexTable {
  override wipe(): void {
    for (const mutex of this.mutexes.values()) if (!this.isHeld(mutex)) this.remove(mutex);
  }
}

export const KEEPING: readonly DriveMutant[] = [
  {
    name: 'lost-with-session',
    breaks: 'IDM-61',
    description: 'the table is lost when a host logs in again',
    create: (firmware) => new LostWithSession(firmware),
  },
  {
    name: 'lost-at-reset',
    breaks: 'IDM-61',
    description: 'a reset of the unit loses the table',
    create: (firmware) => new LostAtReset(firmware),
  },
  {
    name: 'table-per-nexus',
    breaks: 'IDM-61',
    description: 'each initiator has a table of its own',
    alsoBreaks: 'anything',
    create: (firmware) => new TablePerNexus(firmware),
  },
  {
    name: 'not-atomic',
    breaks: 'IDM-62',
    description: 'of two TRYLOCKs at the same time both find the mutex free',
    alsoBreaks: ['IDM-24', 'IDM-26', 'IDM-117'],
    create: (firmware) => new NotAtomic(firmware),
  },
  {
    name: 'wipe-keeps-held',
    breaks: 'IDM-13',
    description: 'the wipe, and a power cut, leave held mutexes alone',
    alsoBreaks: ['IDM-22'],
    create: withTable(WipeKeepsHeld),
  },
];
