/** Broken kernels that take error answers, and answers of the wrong size, for what they are not (spec 2.4, 4). */
import { type Exchange, type History, LEGS_EQUAL } from '../../harness/history/index.js';
import { encodeRegions } from '../../harness/ulog/index.js';
import {
  changed,
  commandEnded,
  delayedAfter,
  lateBy,
  foreignRequest,
  insertedAfter,
  returned,
  without,
  withoutLogLines,
} from './edit.js';
import type { HistoryMutant } from './mutant.js';

const EINVAL = -22;
const MS = 1_000_000n;

const oversizedTaken: HistoryMutant = {
  name: 'oversized-reply-taken',
  breaks: 'ERR-09',
  description: 'takes a reply that is larger than there is room for',
  apply: (history) =>
    returned(
      history,
      history.exchanges('FLUSH').find(({ answer }) => (answer?.dataSize ?? 0) > 0),
      0,
    ),
};

const oversizedSilent: HistoryMutant = {
  name: 'oversized-reply-not-logged',
  breaks: 'ERR-09',
  description: 'refuses a reply that is too large without a word',
  apply: (history) => withoutLogLines(history, /Insufficient space/),
};

const shortRefused: HistoryMutant = {
  name: 'short-reply-refused',
  breaks: 'ERR-08q',
  description: 'refuses a reply that is shorter than its type says',
  apply: (history) =>
    returned(
      history,
      history.exchanges('GET_SYNC_COUNT').find(({ answer }) => answer?.dataSize === 4),
      EINVAL,
    ),
};

const oldCount: HistoryMutant = {
  name: 'count-error-keeps-the-old-count',
  breaks: 'ERR-13',
  description: 'prints the count that it had when GET_SYNC_COUNT fails',
  apply: (history) => {
    const status = history.commands().find(({ stdout }) => stdout.includes(' 0/64 '));
    return commandEnded(history, status, { stdout: status?.stdout.replace(' 0/64 ', ' 64/64 ') ?? '' });
  },
};

const assumedInSync: HistoryMutant = {
  name: 'in-sync-error-counts-as-in-sync',
  breaks: 'ERR-13',
  description: 'marks and writes a region to all legs when IN_SYNC fails',
  apply: (history) => {
    const failed = history.exchanges('IN_SYNC').findLast(({ answer }) => (answer?.error ?? 0) < 0);
    if (failed === undefined) return undefined;
    const payload = encodeRegions([5n]);
    return insertedAfter(history, failed, foreignRequest(history, failed, { name: 'MARK_REGION', payload }));
  },
};

const assumedFree: HistoryMutant = {
  name: 'recovering-error-counts-as-free',
  breaks: 'ERR-13',
  description: 'lets a write through when IS_REMOTE_RECOVERING fails',
  apply: (history) => {
    const queries = history.exchanges('IS_REMOTE_RECOVERING');
    const failed = queries.findIndex(({ answer }) => (answer?.error ?? 0) < 0);
    const again = failed < 0 ? undefined : queries[failed + 1];
    return again && without(history, [again]);
  },
};

const reportErrorFailsWrite: HistoryMutant = {
  name: 'region-sync-error-fails-a-write',
  breaks: 'ERR-12',
  description: 'fails writes after an error of SET_REGION_SYNC',
  apply: (history) => {
    const failed = history.exchanges('SET_REGION_SYNC').some(({ answer }) => (answer?.error ?? 0) < 0);
    const write = history.commands().find(({ argv }) => argv.join(' ').includes('dd if='));
    return failed
      ? commandEnded(history, write, { status: 1, stderr: 'dd: Input/output error\n' })
      : undefined;
  },
};

const reportErrorUndoes: HistoryMutant = {
  name: 'region-sync-error-undoes-the-copy',
  breaks: 'ERR-12',
  description: 'leaves a region uncopied whose report was answered with an error',
  apply: (history) => {
    const failed = history.exchanges('SET_REGION_SYNC').some(({ answer }) => (answer?.error ?? 0) < 0);
    const legs = history.observations(LEGS_EQUAL).at(-1);
    if (!failed || legs === undefined) return undefined;
    return changed(history, legs, { value: { ...(legs.value as object), equal: false } });
  },
};

/** The first IS_REMOTE_RECOVERING that is answered 1, and those after it. */
function recoveringQueries(history: History): readonly Exchange[] {
  const queries = history.exchanges('IS_REMOTE_RECOVERING');
  const first = queries.findIndex(({ answer }) => answer?.payload[0] === 1);
  return first < 0 ? [] : queries.slice(first);
}

const recoveringIgnored: HistoryMutant = {
  name: 'recovering-answer-ignored',
  breaks: 'SYNC-19',
  description: 'lets a write through to a region that another node recovers',
  apply: (history) => {
    const [, ...again] = recoveringQueries(history);
    return again.length === 0 ? undefined : without(history, again);
  },
};

const recoveringAtOnce: HistoryMutant = {
  name: 'recovering-asked-at-once',
  breaks: 'SYNC-19',
  description: 'asks about a region that another node recovers again and again, without a pause',
  apply: (history) => {
    const [first, second] = recoveringQueries(history);
    const [end, next] = [first?.return, second?.request];
    return end && next && delayedAfter(history, next, end.t + MS - next.t);
  },
};

const recoveringLate: HistoryMutant = {
  name: 'recovering-asked-after-seconds',
  breaks: 'SYNC-19',
  description: 'lets a write wait for seconds before it asks about its region again',
  apply: (history) => {
    const next = recoveringQueries(history)[1]?.request;
    return next && lateBy(history, next, 3000n * MS);
  },
};

/** All of this file. */
export const ANSWER_MUTANTS = [
  oversizedTaken,
  oversizedSilent,
  shortRefused,
  oldCount,
  assumedInSync,
  assumedFree,
  reportErrorFailsWrite,
  reportErrorUndoes,
  recoveringIgnored,
  recoveringAtOnce,
  recoveringLate,
];
