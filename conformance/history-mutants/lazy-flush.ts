/** Broken kernels that flush at the wrong moment, or for nothing (spec 7, 8). */
import type { CommandEvent, Exchange, History } from '../../harness/history/index.js';
import { encodeRegions } from '../../harness/ulog/index.js';
import { lateBy, foreignRequest, insertedByTime, movedBefore, without } from './edit.js';
import type { HistoryMutant } from './mutant.js';

const SECOND = 1_000_000_000n;

/** An empty FLUSH more than 2 s after the CLEAR before it: lazy, of a log with integrated_flush. */
function lazyFlush(history: History): Exchange | undefined {
  return history.exchanges('FLUSH').find((flush) => {
    const clear = history.exchanges('CLEAR_REGION').findLast(({ luid }) => luid === flush.luid);
    const [from, to] = [clear?.return?.t, flush.request?.t];
    return from !== undefined && to !== undefined && to - from > 2n * SECOND;
  });
}

const late: HistoryMutant = {
  name: 'lazy-flush-late',
  breaks: 'FLUSH-10',
  description: 'sends the lazy flush a second too late',
  apply: (history) => {
    const sent = lazyFlush(history)?.request;
    return sent && lateBy(history, sent, SECOND);
  },
};

const never: HistoryMutant = {
  name: 'lazy-flush-never',
  breaks: 'FLUSH-10',
  description: 'loses the lazy flush',
  apply: (history) => {
    const flush = lazyFlush(history);
    return flush && without(history, [flush]);
  },
};

const kept: HistoryMutant = {
  name: 'second-clear-keeps-the-lazy-flush',
  breaks: 'FLUSH-11q',
  description: 'leaves the lazy flush pending when another clear-only batch comes',
  apply: (history) => {
    const lazy = lazyFlush(history);
    const cancelled = history.instances().find(({ exchanges }) => {
      const clears = exchanges.filter(({ name }) => name === 'CLEAR_REGION');
      return clears.length === 2 && !exchanges.some(({ name }) => name === 'FLUSH');
    });
    const clear = cancelled?.exchanges.findLast(({ name }) => name === 'CLEAR_REGION');
    if (lazy === undefined || clear === undefined) return undefined;
    const added = foreignRequest(history, clear, {
      name: 'FLUSH',
      as: { luid: clear.luid, uuid: clear.uuid, tid: lazy.tid },
      delay: 3n * SECOND,
    });
    return insertedByTime(history, added);
  },
};

/** The FLUSH that a suspend forced, and the POSTSUSPEND after it. */
function forced(history: History): { readonly flush: Exchange; readonly post: Exchange } | undefined {
  const post = history.exchanges('POSTSUSPEND').at(-1);
  const before = history.instances().find(({ exchanges }) => post !== undefined && exchanges.includes(post));
  const tail = before?.exchanges.filter(({ name }) => name === 'CLEAR_REGION' || name === 'FLUSH') ?? [];
  const flush = tail.at(-1);
  const marked = before?.exchanges.some(({ name }) => name === 'MARK_REGION') ?? true;
  return post !== undefined && flush?.name === 'FLUSH' && flush.payload.length === 0 && !marked
    ? { flush, post }
    : undefined;
}

const dropped: HistoryMutant = {
  name: 'pending-lazy-flush-dropped',
  breaks: 'FLUSH-12',
  description: 'cancels the pending lazy flush of a log that is suspended',
  apply: (history) => {
    const found = forced(history);
    return found && without(history, [found.flush]);
  },
};

const afterwards: HistoryMutant = {
  name: 'pending-lazy-flush-after-postsuspend',
  breaks: 'FLUSH-12',
  description: 'sends the pending lazy flush of a log after its POSTSUSPEND',
  apply: (history) => {
    const found = forced(history);
    return found && movedBefore(history, found.post, found.flush);
  },
};

function commandOf(history: History, program: string): CommandEvent | undefined {
  return history.commands().find(({ argv }) => argv[0] === program);
}

/** The history in which a command made the kernel send a request that it had no reason for. */
function duringCommand(
  history: History,
  program: string,
  name: 'MARK_REGION' | 'FLUSH',
  payload: Uint8Array,
): History | undefined {
  const command = commandOf(history, program);
  const [like] = history.exchanges('FLUSH');
  const end = like?.events().at(-1)?.t;
  if (command === undefined || like === undefined || end === undefined) return undefined;
  const delay = command.t + (command.end - command.t) / 2n - end;
  return insertedByTime(history, foreignRequest(history, like, { name, payload, delay }));
}

const fsyncFlushes: HistoryMutant = {
  name: 'fsync-flushes-the-log',
  breaks: 'FLUSH-06',
  description: 'sends FLUSH for every fsync',
  apply: (history) => duringCommand(history, 'sync', 'FLUSH', new Uint8Array(0)),
};

const discardMarks: HistoryMutant = {
  name: 'discard-marks-regions',
  breaks: 'FLUSH-07',
  description: 'marks the regions that a discard touches',
  apply: (history) => duringCommand(history, 'blkdiscard', 'MARK_REGION', encodeRegions([1n, 2n])),
};

/** All of this file. */
export const LAZY_FLUSH_MUTANTS = [late, never, kept, dropped, afterwards, fsyncFlushes, discardMarks];
