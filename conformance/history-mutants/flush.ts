/** Broken kernels that mark and flush wrongly. */
import type { Exchange, History } from '../../harness/history/index.js';
import {
  MAX_PAYLOAD,
  MAX_REGIONS_PER_MESSAGE,
  RequestType,
  decodeRegions,
  encodeRegions,
} from '../../harness/ulog/index.js';
import { copyOf, insertedAfter, replaced, rewritten } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** The MARK_REGION messages of one flush, and the FLUSH that ends it. */
interface Marks {
  readonly groups: readonly Exchange[];
  readonly flush: Exchange;
}

/** Batches of marks: MARK_REGION after MARK_REGION of one thread up to FLUSH (spec 8). */
function batches(history: History): Marks[] {
  const found: Marks[] = [];
  for (const flush of history.exchanges('FLUSH')) {
    const thread = history.thread(flush.node, flush.tid);
    const groups: Exchange[] = [];
    for (let at = thread.indexOf(flush) - 1; thread[at]?.name === 'MARK_REGION'; at -= 1) {
      const group = thread[at];
      if (group !== undefined) groups.unshift(group);
    }
    if (groups.length > 0) found.push({ groups, flush });
  }
  return found;
}

const fortyMarksInOneMessage: HistoryMutant = {
  name: 'forty-marks-in-one-message',
  breaks: 'FLUSH-03',
  description: 'fills a MARK_REGION message with all regions that fit into it, more than 32',
  apply: (history) => {
    const large = batches(history).find(({ groups }) => {
      const bytes = groups.reduce((sum, { payload }) => sum + payload.length, 0);
      return bytes > MAX_REGIONS_PER_MESSAGE * 8 && bytes <= MAX_PAYLOAD;
    });
    const first = large?.groups[0];
    if (large === undefined || first === undefined) return undefined;
    const payload = Buffer.concat(large.groups.map((group) => group.payload));
    const whole = new Set(first.events());
    const gone = new Set(large.groups.slice(1).flatMap((group) => group.events()));
    return replaced(history, (event) => {
      if (gone.has(event)) return [];
      return whole.has(event) ? [rewritten(event, RequestType.MARK_REGION, payload)] : undefined;
    });
  },
};

const secondFlush: HistoryMutant = {
  name: 'second-flush-after-one-batch',
  breaks: 'FLUSH-03',
  description: 'sends FLUSH twice after the marks of one batch',
  apply: (history) => {
    // A large batch when there is one: that is what tests are about.
    const all = batches(history);
    const batch = all.find(({ groups }) => groups.length > 1) ?? all[0];
    return batch && insertedAfter(history, batch.flush, copyOf(history, batch.flush));
  },
};

const integratedFlushSplit: HistoryMutant = {
  name: 'integrated-flush-split',
  breaks: 'FLUSH-08',
  description: 'ignores integrated_flush: marks travel in MARK_REGION, and an empty FLUSH follows',
  apply: (history) => {
    const carrying = history.exchanges('FLUSH').filter(({ payload }) => payload.length > 0);
    if (carrying.length === 0) return undefined;
    const nothing = new Uint8Array(0);
    const byEvent = new Map(
      carrying.flatMap((flush) => flush.events().map((event) => [event, flush] as const)),
    );
    return replaced(history, (event) => {
      const flush = byEvent.get(event);
      if (flush === undefined) return undefined;
      const mark = rewritten(event, RequestType.MARK_REGION, flush.payload);
      if (event !== flush.events().at(-1)) return [mark];
      const empty = copyOf(history, flush).map((copied) => rewritten(copied, RequestType.FLUSH, nothing));
      return [mark, ...empty];
    });
  },
};

const regionMarkedTwice: HistoryMutant = {
  name: 'region-marked-twice',
  breaks: 'FLUSH-20',
  description: 'marks a region again that is marked already',
  apply: (history) => {
    const [batch] = batches(history);
    const last = batch?.groups.at(-1);
    return last && insertedAfter(history, last, copyOf(history, last));
  },
};

const oldestFirst: HistoryMutant = {
  name: 'marks-oldest-first',
  breaks: 'FLUSH-05',
  description: 'sends the regions of a group in the order in which they were marked',
  apply: (history) => {
    const group = history.exchanges('MARK_REGION').find(({ payload }) => payload.length > 8);
    if (group === undefined) return undefined;
    const payload = encodeRegions(decodeRegions(group.payload).toReversed());
    const events = new Set(group.events());
    return replaced(history, (event) =>
      events.has(event) ? [rewritten(event, RequestType.MARK_REGION, payload)] : undefined,
    );
  },
};

/** All of this file. */
export const FLUSH_MUTANTS = [
  fortyMarksInOneMessage,
  secondFlush,
  integratedFlushSplit,
  regionMarkedTwice,
  oldestFirst,
];
