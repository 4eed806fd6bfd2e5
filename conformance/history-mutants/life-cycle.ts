/** Broken kernels that suspend, remove and construct wrongly. */
import type { Exchange, History } from '../../harness/history/index.js';
import { copyOf, insertedAfter, movedBefore, without } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** The POSTSUSPEND and the DTR that follows it in one life, without a RESUME between them. */
function lastSuspend(history: History): { readonly post: Exchange; readonly dtr: Exchange } | undefined {
  for (const { exchanges, death } of history.instances()) {
    if (death === undefined) continue;
    const cycle = exchanges.filter(({ name }) => name === 'RESUME' || name === 'POSTSUSPEND');
    const post = cycle.at(-1);
    if (post?.name === 'POSTSUSPEND') return { post, dtr: death };
  }
  return undefined;
}

const dropPostsuspend: HistoryMutant = {
  name: 'drop-postsuspend',
  breaks: 'SUSP-01',
  description: 'destroys a log without the POSTSUSPEND before it',
  apply: (history) => {
    const last = lastSuspend(history);
    return last && without(history, [last.post]);
  },
};

const dtrBeforePostsuspend: HistoryMutant = {
  name: 'dtr-before-postsuspend',
  breaks: 'SUSP-01',
  description: 'sends DTR before the POSTSUSPEND that must precede it',
  apply: (history) => {
    const last = lastSuspend(history);
    return last && movedBefore(history, last.dtr, last.post);
  },
};

const regionSizeAskedTwice: HistoryMutant = {
  name: 'region-size-asked-twice',
  breaks: 'CTR-02',
  description: 'sends GET_REGION_SIZE twice when a table is loaded',
  apply: (history) => {
    const [asked] = history.exchanges('GET_REGION_SIZE');
    return asked && insertedAfter(history, asked, copyOf(history, asked));
  },
};

/** All of this file. */
export const LIFE_CYCLE_MUTANTS = [dropPostsuspend, dtrBeforePostsuspend, regionSizeAskedTwice];
