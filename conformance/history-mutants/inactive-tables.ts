/** Broken kernels that drop inactive tables in the wrong order. */
import type { Exchange, History } from '../../harness/history/index.js';
import { movedBefore } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** DTRs of logs that were constructed and never resumed. */
function droppedUnused(history: History): Exchange[] {
  return history.instances().flatMap(({ birth, death, exchanges }) => {
    const unused = birth !== undefined && !exchanges.some(({ name }) => name === 'RESUME');
    return unused && death !== undefined ? [death] : [];
  });
}

/** The request of that thread nearest before or after `dtr`, of another log of its uuid. */
function sameThread(history: History, dtr: Exchange): readonly Exchange[] {
  return history.thread(dtr.node, dtr.tid).filter(({ uuid, luid }) => uuid === dtr.uuid && luid !== dtr.luid);
}

const destroysFirst: HistoryMutant = {
  name: 'second-reload-destroys-first',
  breaks: 'LUID-06',
  description: 'destroys the inactive log before it constructs the one that replaces it',
  apply: (history) => {
    for (const dtr of droppedUnused(history)) {
      const ctr = sameThread(history, dtr).find(({ name }) => name === 'CTR');
      if (ctr !== undefined) return movedBefore(history, dtr, ctr);
    }
    return undefined;
  },
};

const suspendsFirst: HistoryMutant = {
  name: 'remove-suspends-before-it-destroys-the-inactive',
  breaks: 'LUID-07',
  description: 'suspends the live log before it destroys the inactive one of a device that is removed',
  apply: (history) => {
    for (const dtr of droppedUnused(history)) {
      const suspend = sameThread(history, dtr).find(({ name }) => name === 'PRESUSPEND');
      if (suspend !== undefined) return movedBefore(history, suspend, dtr);
    }
    return undefined;
  },
};

/** All of this file. */
export const INACTIVE_TABLE_MUTANTS = [destroysFirst, suspendsFirst];
