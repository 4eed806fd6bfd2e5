/** Broken kernels that ask about regions wrongly, or recover them wrongly. */
import type { Exchange, History } from '../../harness/history/index.js';
import { changed, copyOf, insertedAfter, movedBefore, without } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** IN_SYNC queries of one region by one thread that follow each other. */
function twins(history: History): Exchange | undefined {
  const asked = history.exchanges('IN_SYNC');
  return asked.find((query, at) => {
    const next = asked[at + 1];
    return next !== undefined && next.tid === query.tid && Buffer.compare(next.payload, query.payload) === 0;
  });
}

const writeAsksOnce: HistoryMutant = {
  name: 'write-asks-in-sync-once',
  breaks: 'SYNC-03',
  description: 'remembers the classification of a write instead of asking again for the region hash',
  apply: (history) => {
    const query = twins(history);
    return query && without(history, [query]);
  },
};

const readAsksNothing: HistoryMutant = {
  name: 'read-asks-no-in-sync',
  breaks: 'SYNC-03',
  description: 'reads from an uncached region without asking whether it is in sync',
  apply: (history) => {
    const last = history.exchanges('IN_SYNC').at(-1);
    return last && without(history, [last]);
  },
};

/** The first recovery: its report, and the CLEAR and the next work request after it. */
function recovery(
  history: History,
): { readonly report: Exchange; readonly clear: Exchange; readonly work: Exchange } | undefined {
  const steps = history.exchanges('SET_REGION_SYNC', 'CLEAR_REGION', 'GET_RESYNC_WORK');
  const report = steps.find(({ name }) => name === 'SET_REGION_SYNC');
  const later = report === undefined ? [] : steps.slice(steps.indexOf(report) + 1);
  const clear = later.find(({ name }) => name === 'CLEAR_REGION');
  const work = later.find(({ name }) => name === 'GET_RESYNC_WORK');
  return report && clear && work && { report, clear, work };
}

const clearFirst: HistoryMutant = {
  name: 'clear-before-region-sync',
  breaks: 'SYNC-09',
  description: 'clears a recovered region before it reports it to be in sync',
  apply: (history) => {
    const found = recovery(history);
    return found && movedBefore(history, found.clear, found.report);
  },
};

const twoAtOnce: HistoryMutant = {
  name: 'two-recoveries-at-once',
  breaks: 'SYNC-18',
  description: 'takes up a second region while the first is under recovery',
  apply: (history) => {
    const found = recovery(history);
    return found && movedBefore(history, found.work, found.report);
  },
};

const noEvent: HistoryMutant = {
  name: 'in-sync-raises-no-event',
  breaks: 'SYNC-15',
  description: 'raises no event when the last region is in sync',
  apply: (history) => {
    const info = history
      .commands()
      .find(({ argv, stdout }) => argv.includes('events') && stdout.trim() === '1');
    return info && changed(history, info, { stdout: '0\n' });
  },
};

const countGoesOn: HistoryMutant = {
  name: 'count-asked-when-in-sync',
  breaks: 'SYNC-15',
  description: 'goes on asking GET_SYNC_COUNT in every pass when all regions are in sync',
  apply: (history) => {
    const full = history.exchanges('GET_SYNC_COUNT').at(-1);
    const [mark] = history.exchanges('MARK_REGION');
    if (full === undefined || mark === undefined) return undefined;
    const end = mark.events().at(-1)?.t ?? 0n;
    const again = copyOf(history, full).map((event) => ({ ...event, t: end }));
    return insertedAfter(history, mark, again);
  },
};

/** All of this file. */
export const SYNC_MUTANTS = [writeAsksOnce, readAsksNothing, clearFirst, twoAtOnce, noEvent, countGoesOn];
