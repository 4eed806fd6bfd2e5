/** Broken kernels that lose their daemon and do not find it again as they should (spec 2.6). */
import { isReconnect, type Exchange, type History } from '../../harness/history/index.js';
import { ESRCH } from '../../harness/history/queries.js';
import { RequestType } from '../../harness/ulog/index.js';
import { copyOf, earlier, lateBy, insertedAfter, replaced, returned, rewritten, without } from './edit.js';
import type { HistoryMutant } from './mutant.js';

const SECOND = 1_000_000_000n;

/** The reconnect CTRs of a log after a request that found nobody, or was answered -ESRCH, and what follows them. */
interface Rebuild {
  readonly polls: readonly Exchange[];
  readonly resume: Exchange;
  readonly repeated: Exchange;
}

function rebuild(history: History): Rebuild | undefined {
  const last = history.exchanges('CTR').find((ctr) => isReconnect(ctr) && ctr.result === 0);
  if (last === undefined) return undefined;
  const thread = history.thread(last.node, last.tid);
  const at = thread.indexOf(last);
  const [resume, repeated] = thread.slice(at + 1);
  const polls = thread.slice(0, at + 1).filter((one) => isReconnect(one) && one.luid === last.luid);
  return resume?.name === 'RESUME' && repeated !== undefined ? { polls, resume, repeated } : undefined;
}

const withoutNul: HistoryMutant = {
  name: 'reconnects-without-nul',
  breaks: 'RECOV-01',
  description: 'sends the constructor text without its NUL when it reconnects',
  apply: (history) => {
    const ctr = rebuild(history)?.polls.at(-1);
    if (ctr === undefined) return undefined;
    const events = new Set(ctr.events());
    const payload = ctr.payload.subarray(0, -1);
    return replaced(history, (event) =>
      events.has(event) ? [rewritten(event, RequestType.CTR, payload)] : undefined,
    );
  },
};

const withoutResume: HistoryMutant = {
  name: 'reconnects-without-resume',
  breaks: 'RECOV-01',
  description: 'repeats its request to a log that it built anew and did not resume',
  apply: (history) => {
    const found = rebuild(history);
    return found && without(history, [found.resume]);
  },
};

const pollsSlowly: HistoryMutant = {
  name: 'polls-every-five-seconds',
  breaks: 'RECOV-01',
  description: 'waits 5 s between two polls for its daemon',
  apply: (history) => {
    const second = rebuild(history)?.polls[1]?.request;
    return second && lateBy(history, second, 3n * SECOND);
  },
};

const givesUp: HistoryMutant = {
  name: 'gives-up-its-request',
  breaks: 'RECOV-01',
  description: 'rebuilds its log and forgets the request that it did so for',
  apply: (history) => {
    const found = rebuild(history);
    if (found === undefined) return undefined;
    const { repeated } = found;
    const same = history
      .thread(repeated.node, repeated.tid)
      .filter((one) => one.name === repeated.name && Buffer.compare(one.payload, repeated.payload) === 0);
    return without(history, same.slice(same.indexOf(repeated)));
  },
};

/** The request of a type that the daemon answered -ESRCH with so many bytes, and what its thread did then. */
function answeredEsrch(
  history: History,
  name: 'IN_SYNC' | 'STATUS_INFO',
  size: number,
): { readonly lost: Exchange; readonly after: readonly Exchange[] } | undefined {
  const lost = history
    .exchanges(name)
    .find(({ answer }) => answer?.error === -ESRCH && answer.dataSize === size);
  if (lost === undefined) return undefined;
  const thread = history.thread(lost.node, lost.tid);
  return { lost, after: thread.slice(thread.indexOf(lost) + 1) };
}

const esrchFinal: HistoryMutant = {
  name: 'esrch-answer-is-final',
  breaks: 'RECOV-15',
  description: 'takes -ESRCH of a daemon for the answer, and does not rebuild the log',
  apply: (history) => {
    const after = answeredEsrch(history, 'IN_SYNC', 8)?.after ?? [];
    return after.length < 3 ? undefined : without(history, after.slice(0, 3));
  },
};

const rebuildsAtOnce: HistoryMutant = {
  name: 'rebuilds-at-once',
  breaks: 'RECOV-15',
  description: 'does not wait before it rebuilds a log',
  apply: (history) => {
    const found = answeredEsrch(history, 'IN_SYNC', 8);
    const [back, next] = [found?.lost.return, found?.after[0]];
    const begun = next?.request;
    return back && begun && earlier(history, next.events(), begun.t - back.t);
  },
};

const resumeLoops: HistoryMutant = {
  name: 'failed-resume-loops',
  breaks: 'RECOV-09',
  description: 'rebuilds a log again whose RESUME failed after it was rebuilt',
  apply: (history) => {
    const [ctr, resume] = answeredEsrch(history, 'STATUS_INFO', 64)?.after ?? [];
    if (ctr === undefined || resume === undefined) return undefined;
    const t = resume.events().at(-1)?.t ?? 0n;
    return insertedAfter(
      history,
      resume,
      copyOf(history, ctr).map((event) => ({ ...event, t })),
    );
  },
};

const esrchKeeps: HistoryMutant = {
  name: 'esrch-keeps-the-capacity',
  breaks: 'RECOV-16q',
  description: 'remembers the capacity of a request whatever size an answer of -ESRCH had',
  apply: (history) => returned(history, answeredEsrch(history, 'IN_SYNC', 0)?.after[2], 0),
};

/** All of this file. */
export const RECOVERY_MUTANTS = [
  withoutNul,
  withoutResume,
  pollsSlowly,
  givesUp,
  esrchFinal,
  rebuildsAtOnce,
  resumeLoops,
  esrchKeeps,
];
