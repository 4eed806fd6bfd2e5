/** Broken kernels that swap an inactive table in wrongly. */
import type { Exchange, History, HistoryEvent } from '../../harness/history/index.js';
import { movedBefore, replaced } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** The steps of a swap by one resume: one thread, one uuid, two luids (spec 6.1). */
export interface Swap {
  readonly postsuspend: Exchange;
  readonly resume: Exchange;
  readonly dtr: Exchange;
}

/** The first swap of a history. */
export function findSwap(history: History): Swap | undefined {
  for (const resume of history.exchanges('RESUME')) {
    const thread = history.thread(resume.node, resume.tid);
    const at = thread.indexOf(resume);
    const old = (name: string) => (exchange: Exchange) =>
      exchange.name === name && exchange.uuid === resume.uuid && exchange.luid !== resume.luid;
    const postsuspend = thread.slice(0, at).findLast(old('POSTSUSPEND'));
    const dtr = thread.slice(at + 1).find(old('DTR'));
    if (postsuspend !== undefined && dtr?.luid === postsuspend.luid) return { postsuspend, resume, dtr };
  }
  return undefined;
}

const destroysOldFirst: HistoryMutant = {
  name: 'swap-destroys-old-before-resuming-new',
  breaks: 'LUID-05',
  description: 'destroys the old log before it resumes the new one, as kernels up to 2.6.32 did',
  apply: (history) => {
    const swap = findSwap(history);
    return swap && movedBefore(history, swap.dtr, swap.resume);
  },
};

const resumesNewFirst: HistoryMutant = {
  name: 'swap-resumes-new-before-postsuspend-old',
  breaks: 'LUID-05',
  description: 'resumes the new log while the old one is still in use',
  apply: (history) => {
    const swap = findSwap(history);
    return swap && movedBefore(history, swap.resume, swap.postsuspend);
  },
};

/** Only a history with a swap shows what a missing luid does. */
const luidAlwaysZero: HistoryMutant = {
  name: 'luid-always-zero',
  breaks: 'LUID-05',
  description: 'does not tell instances apart, like 2.6.31-rc before luids: all of them have luid 0',
  apply: (history) => {
    if (findSwap(history) === undefined) return undefined;
    return replaced(history, (event): HistoryEvent[] | undefined => {
      switch (event.kind) {
        case 'request':
        case 'transmission':
          return [{ ...event, luid: 0n }];
        case 'reply':
          return event.luid === undefined ? undefined : [{ ...event, luid: 0n }];
        default:
          return undefined;
      }
    });
  },
};

/** All of this file. */
export const SWAP_MUTANTS = [destroysOldFirst, resumesNewFirst, luidAlwaysZero];
