/** Broken kernels that mark regions wrongly, or do the wrong thing when marking fails (spec 7, 8, 9.4). */
import {
  LEG_BLOCKS,
  type Exchange,
  type History,
  type LegBlocksLook,
  type ObservationEvent,
} from '../../harness/history/index.js';
import { decodeRegions, encodeRegions } from '../../harness/ulog/index.js';
import { changed, commandEnded, copyOf, foreignRequest, insertedAfter, without } from './edit.js';
import type { HistoryMutant } from './mutant.js';

/** The history in which a look at the legs saw something else. */
function sawOtherwise(
  history: History,
  look: ObservationEvent | undefined,
  written: readonly boolean[],
): History | undefined {
  const { region = 0 } = (look?.value ?? {}) as Partial<LegBlocksLook>;
  return look && changed(history, look, { value: { region, written: [...written] } });
}

/** A look while a FLUSH waited for its answer, which saw no data on any leg. */
function lookDuringFlush(history: History): ObservationEvent | undefined {
  return looksWithoutData(history).find((look) =>
    history.exchanges('FLUSH').some(({ transmissions, answer }) => {
      const [sent] = transmissions;
      const at = history.place(look);
      return sent && answer && history.place(sent) < at && at < history.place(answer);
    }),
  );
}

function looksWithoutData(history: History): readonly ObservationEvent[] {
  return history
    .observations(LEG_BLOCKS)
    .filter(({ value }) => ((value as Partial<LegBlocksLook>).written ?? []).every((written) => !written));
}

const dataFirst: HistoryMutant = {
  name: 'data-before-flush',
  breaks: 'FLUSH-01',
  description: 'writes the data while it waits for the answer to FLUSH',
  apply: (history) => sawOtherwise(history, lookDuringFlush(history), [true, true]),
};

const dataOnOneLeg: HistoryMutant = {
  name: 'data-on-one-leg-before-flush',
  breaks: 'FLUSH-01',
  description: 'writes the data to the primary leg while it waits for the answer to FLUSH',
  apply: (history) => sawOtherwise(history, lookDuringFlush(history), [true, false]),
};

const unsyncedMarked: HistoryMutant = {
  name: 'unsynced-region-marked',
  breaks: 'FLUSH-21',
  description: 'marks a region that is not in sync',
  apply: (history) => {
    const denied = history
      .exchanges('IN_SYNC')
      .findLast(({ answer }) => answer?.payload.every((byte) => byte === 0));
    if (denied === undefined) return undefined;
    const mark = foreignRequest(history, denied, { name: 'MARK_REGION', payload: denied.payload });
    return insertedAfter(history, denied, mark);
  },
};

/** A failed group of marks, and what its thread sent after it. */
function failedGroup(
  history: History,
  name: 'MARK_REGION' | 'FLUSH',
): { readonly group: Exchange; readonly later: readonly Exchange[] } | undefined {
  const group = history
    .exchanges(name)
    .find(({ payload, result }) => payload.length > 8 && (result ?? 0) < 0);
  if (group === undefined) return undefined;
  const thread = history.thread(group.node, group.tid);
  return { group, later: thread.slice(thread.indexOf(group) + 1) };
}

const notRetried: HistoryMutant = {
  name: 'failed-group-not-retried',
  breaks: 'FLUSH-14',
  description: 'gives a group of marks up when it fails, as it would with integrated_flush',
  apply: (history) => {
    const failed = failedGroup(history, 'MARK_REGION');
    const singles = failed?.later.filter(({ name }) => name === 'MARK_REGION').slice(0, 2) ?? [];
    return singles.length < 2 ? undefined : without(history, singles);
  },
};

const retriesOn: HistoryMutant = {
  name: 'retries-after-a-failure',
  breaks: 'FLUSH-14',
  description: 'goes on with the next region when one of a failed group fails again',
  apply: (history) => {
    const failed = failedGroup(history, 'MARK_REGION');
    const single = failed?.later.find(({ name, result }) => name === 'MARK_REGION' && (result ?? 0) < 0);
    return single && insertedAfter(history, single, copyOf(history, single));
  },
};

const payloadRetried: HistoryMutant = {
  name: 'failed-payload-flush-retried',
  breaks: 'FLUSH-15',
  description: 'repeats the regions of a failed FLUSH one by one',
  apply: (history) => {
    const group = failedGroup(history, 'FLUSH')?.group;
    const [region] = group === undefined ? [] : decodeRegions(group.payload);
    if (group === undefined || region === undefined) return undefined;
    const payload = encodeRegions([region]);
    return insertedAfter(history, group, foreignRequest(history, group, { name: 'FLUSH', payload }));
  },
};

const writeStops: HistoryMutant = {
  name: 'write-stops-at-a-failed-mark',
  breaks: 'ERR-10q',
  description: 'holds a write whose mark failed, without handle_errors',
  apply: (history) => {
    if (failedGroup(history, 'MARK_REGION') === undefined) return undefined;
    const [look] = history.observations(LEG_BLOCKS).filter((one) => !looksWithoutData(history).includes(one));
    return sawOtherwise(history, look, [false, false]);
  },
};

const letsThrough: HistoryMutant = {
  name: 'failed-flush-lets-writes-through',
  breaks: 'ERR-06',
  description: 'writes the data of a write whose marking failed, in spite of handle_errors',
  apply: (history) => sawOtherwise(history, looksWithoutData(history)[0], [true, true]),
};

const laterThrough: HistoryMutant = {
  name: 'later-write-let-through',
  breaks: 'ERR-06',
  description: 'forgets a failure of the log when the next flush succeeds',
  apply: (history) => sawOtherwise(history, looksWithoutData(history)[1], [true, true]),
};

const shownAsLeg: HistoryMutant = {
  name: 'log-failure-shown-as-leg-failure',
  breaks: 'ERR-06',
  description: 'shows a failure of the log as one of the primary leg',
  apply: (history) => {
    const status = history
      .commands()
      .find(({ argv, stdout }) => argv[1] === 'status' && stdout.includes(' 1 AA '));
    return commandEnded(history, status, { stdout: status?.stdout.replace(' 1 AA ', ' 1 DA ') ?? '' });
  },
};

const noEvent: HistoryMutant = {
  name: 'log-failure-raises-no-event',
  breaks: 'ERR-06',
  description: 'raises no event when its log fails',
  apply: (history) => {
    const [before, after] = history.commands().filter(({ argv }) => argv.includes('events'));
    return commandEnded(history, after, { stdout: before?.stdout ?? '' });
  },
};

const heldLost: HistoryMutant = {
  name: 'held-writes-are-lost',
  breaks: 'ERR-06',
  description: 'forgets the writes that it held when a new table is swapped in',
  apply: (history) => sawOtherwise(history, history.observations(LEG_BLOCKS)[3], [false, false]),
};

/** All of this file. */
export const MARK_MUTANTS = [
  dataFirst,
  dataOnOneLeg,
  unsyncedMarked,
  notRetried,
  retriesOn,
  payloadRetried,
  writeStops,
  letsThrough,
  laterThrough,
  shownAsLeg,
  noEvent,
  heldLost,
];
