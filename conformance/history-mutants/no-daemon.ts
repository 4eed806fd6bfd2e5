/** Broken kernels that load a table wrongly while nobody serves logs (CTR-20). */
import type { CommandEvent, Exchange, History } from '../../harness/history/index.js';
import { ESRCH } from '../../harness/history/queries.js';
import { commandAround, copyOf, delayedAfter, insertedAfter, replaced } from './edit.js';
import type { HistoryMutant } from './mutant.js';

const THREE_SECONDS = 3_000_000_000n;
const NOTHING = 'No devices found';

/** The construction that nobody heard, and the command that asked for it. */
function refusedCreate(
  history: History,
): { readonly ctr: Exchange; readonly command: CommandEvent } | undefined {
  for (const ctr of history.exchanges('CTR')) {
    const command = commandAround(history, ctr);
    if (ctr.replies.length === 0 && ctr.result === -ESRCH && command !== undefined) return { ctr, command };
  }
  return undefined;
}

const waits: HistoryMutant = {
  name: 'create-without-daemon-waits',
  breaks: 'CTR-20',
  description: 'waits 3 s for a daemon before it gives up loading a table',
  apply: (history) => {
    const returned = refusedCreate(history)?.ctr.return;
    return returned && delayedAfter(history, returned, THREE_SECONDS);
  },
};

const leavesDevice: HistoryMutant = {
  name: 'create-without-daemon-leaves-device',
  breaks: 'CTR-20',
  description: 'leaves the device of a refused table behind',
  apply: (history) => {
    const create = refusedCreate(history);
    const listing = history
      .commands()
      .find(({ stdout, t }) => create !== undefined && t > create.command.t && stdout.trim() === NOTHING);
    if (create === undefined || listing === undefined) return undefined;
    const name = create.command.argv[2] ?? 'mirror';
    return replaced(history, (event) =>
      event === listing ? [{ ...listing, stdout: `${name}: \n` }] : undefined,
    );
  },
};

const succeeds: HistoryMutant = {
  name: 'create-without-daemon-succeeds',
  breaks: 'CTR-20',
  description: 'says that a table was loaded which it could not load',
  apply: (history) => {
    const command = refusedCreate(history)?.command;
    if (command === undefined || command.status === 0) return undefined;
    return replaced(history, (event) =>
      event === command ? [{ ...command, status: 0, stderr: '' }] : undefined,
    );
  },
};

const asksAgain: HistoryMutant = {
  name: 'create-without-daemon-asks-again',
  breaks: 'CTR-20',
  description: 'sends CTR a second time before it gives up loading a table',
  apply: (history) => {
    const ctr = refusedCreate(history)?.ctr;
    return ctr && insertedAfter(history, ctr, copyOf(history, ctr));
  },
};

/** All of this file. */
export const NO_DAEMON_MUTANTS = [waits, leavesDevice, succeeds, asksAgain];
