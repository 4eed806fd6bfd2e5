/** Broken kernels that ask about regions wrongly, or recover them wrongly. */
import type { CommandEvent, Exchange, History } from '../../harness/history/index.js';
import { decodeU64 } from '../../harness/ulog/index.js';
import { changed, copyOf, foreignRequest, insertedAfter, movedBefore, without } from './edit.js';
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

const asksBelow: HistoryMutant = {
  name: 'asks-below-the-hint',
  breaks: 'SYNC-12',
  description: 'asks IS_REMOTE_RECOVERING about a region below the hint',
  apply: (history) => {
    const [hint] = history.exchanges('IS_REMOTE_RECOVERING');
    const query = history
      .exchanges('IN_SYNC')
      .find(
        ({ payload }) =>
          hint !== undefined && payload.length === 8 && decodeU64(payload) < 5n && decodeU64(payload) > 1n,
      );
    if (hint === undefined || query === undefined) return undefined;
    const added = foreignRequest(history, query, { name: 'IS_REMOTE_RECOVERING', payload: query.payload });
    return insertedAfter(history, query, added);
  },
};

const asksForWork: HistoryMutant = {
  name: 'asks-for-work-above-the-hint',
  breaks: 'SYNC-12',
  description: 'asks for resync work when the hint says that there is none',
  apply: (history) => {
    const last = history.exchanges('IN_SYNC').at(-1);
    const work = history.exchanges('GET_RESYNC_WORK').length;
    if (last === undefined || work === 0) return undefined;
    return insertedAfter(history, last, foreignRequest(history, last, { name: 'GET_RESYNC_WORK' }));
  },
};

const keepsHint: HistoryMutant = {
  name: 'resume-keeps-the-hint',
  breaks: 'SYNC-14',
  description: 'keeps its hint over a suspend and resume, and asks for no work',
  apply: (history) => {
    const all = history.exchanges('RESUME', 'GET_RESYNC_WORK');
    const second = all.findLastIndex(({ name }) => name === 'RESUME');
    const asked = all.slice(second + 1);
    return second > 0 && asked.length > 0 ? without(history, asked) : undefined;
  },
};

const largeCountInSync: HistoryMutant = {
  name: 'count-too-large-is-in-sync',
  breaks: 'SYNC-16q',
  description: 'takes a count above the number of regions for a complete one',
  apply: (history) => {
    const first = history.commands().find(({ argv }) => argv.join(' ').includes('dd if='));
    const counts = history.exchanges('GET_SYNC_COUNT').filter(({ request }) => {
      const t = request?.t ?? 0n;
      return first !== undefined && t > first.t && t < first.end;
    });
    return counts.length === 0 ? undefined : without(history, counts);
  },
};

/** The buffered read of a mirror: its command, and what it asked. */
function bufferedRead(
  history: History,
): { readonly command: CommandEvent; readonly queries: readonly Exchange[] } | undefined {
  const command = history.commands().find(({ argv }) => argv.join(' ').includes('| md5sum'));
  if (command === undefined) return undefined;
  const queries = history.exchanges('IN_SYNC').filter(({ request }) => {
    const t = request?.t ?? 0n;
    return t >= command.t && t <= command.end;
  });
  return { command, queries };
}

const readaheadServed: HistoryMutant = {
  name: 'readahead-served',
  breaks: 'SYNC-21',
  description: 'serves readahead, and asks once for many pages',
  apply: (history) => {
    const rest = bufferedRead(history)?.queries.slice(1) ?? [];
    return rest.length === 0 ? undefined : without(history, rest);
  },
};

const otherData: HistoryMutant = {
  name: 'buffered-read-returns-other-data',
  breaks: 'SYNC-21',
  description: 'returns what lies elsewhere when readahead fails',
  apply: (history) => {
    const command = bufferedRead(history)?.command;
    return command && changed(history, command, { stdout: 'd41d8cd98f00b204e9800998ecf8427e  -\n' });
  },
};

/** All of this file. */
export const SYNC_MUTANTS = [
  writeAsksOnce,
  readAsksNothing,
  clearFirst,
  twoAtOnce,
  noEvent,
  countGoesOn,
  asksBelow,
  asksForWork,
  keepsHint,
  largeCountInSync,
  readaheadServed,
  otherData,
];
