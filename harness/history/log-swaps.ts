/** Questions about logs that take one another's place when a mirror of LVM changes, and about what they copy. */
import type { CommandEvent, HistoryEvent } from './events.js';
import type { History } from './history.js';
import type { Instance } from './instance.js';
import { exchangesDuring } from './kernel-queries.js';
import { recoveredBy } from './life-queries.js';
import { exchangesAfter, lifeCycle, marks } from './queries.js';

/** Marks that were sent while a command ran: the mirrors were written to. */
export function marksDuring(history: History, command: CommandEvent | undefined): HistoryEvent[] {
  const during = exchangesDuring(history, command);
  return marks(history)
    .filter((mark) => during.includes(mark))
    .flatMap((exchange) => exchange.events());
}

/** Marks that were sent after one event and before another. */
export function marksBetween(history: History, from: HistoryEvent, to: HistoryEvent): HistoryEvent[] {
  const [after, before] = [history.place(from), history.place(to)];
  return marks(history)
    .flatMap((exchange) => exchange.events())
    .filter((event) => history.place(event) > after && history.place(event) < before);
}

/** How one log gave way to another one. */
export interface Handover {
  /** Such as `CTR new, PRESUSPEND old, POSTSUSPEND old, RESUME new, DTR old`. */
  readonly order: string;
  readonly events: readonly HistoryEvent[];
}

/**
 * Life-cycle requests of two logs, from the construction of the new one until it was resumed and the old one is
 * destroyed; what they were sent later is not in it.
 */
export function handover(history: History, old: Instance, fresh: Instance): Handover {
  const ofBoth = lifeCycle(history).filter(
    (exchange) =>
      fresh.exchanges.includes(exchange) ||
      (old.exchanges.includes(exchange) && exchangesAfter(history, fresh.birth).includes(exchange)),
  );
  const resumed = ofBoth.findIndex(
    (exchange) => exchange.name === 'RESUME' && fresh.exchanges.includes(exchange),
  );
  const destroyed = old.death === undefined ? -1 : ofBoth.indexOf(old.death);
  const within = ofBoth.slice(0, Math.max(resumed, destroyed) + 1);
  return {
    order: within
      .map((exchange) => `${exchange.name ?? '?'} ${old.exchanges.includes(exchange) ? 'old' : 'new'}`)
      .join(', '),
    events: within.flatMap((exchange) => exchange.events()),
  };
}

/** How a log gives way to another one where the kernel swaps tables (since 2.6.33; spec 6.1). */
export const SWAP = 'CTR new, PRESUSPEND old, POSTSUSPEND old, RESUME new, DTR old';

/** The events of a handover in that order, or in another one that is said; none when the order was another. */
export function handedOver(
  history: History,
  old: Instance | undefined,
  fresh: Instance | undefined,
  expected = SWAP,
): readonly HistoryEvent[] {
  if (old === undefined || fresh === undefined) return [];
  const { order, events } = handover(history, old, fresh);
  return order === expected ? events : [];
}

/** The events of PRESUSPEND, POSTSUSPEND and DTR of a log that was last asked for these, in this order; none otherwise. */
export function endOf(log: Instance | undefined): readonly HistoryEvent[] {
  const names = ['PRESUSPEND', 'POSTSUSPEND', 'DTR'];
  const life = ['RESUME', ...names];
  const last = log?.exchanges.filter(({ name = '' }) => life.includes(name)).slice(-names.length) ?? [];
  return last.map(({ name }) => name).join() === names.join()
    ? last.flatMap((exchange) => exchange.events())
    : [];
}

/** The events of all of these, or none when one of them shows nothing. */
export function allShown(...shown: readonly (readonly HistoryEvent[])[]): readonly HistoryEvent[] {
  return shown.some((events) => events.length === 0) ? [] : shown.flat();
}

/** What is wrong with the list of regions that a log had copied, when it should be each of the first `count` once. */
export function copyingDefect(log: Instance | undefined, count: number): string | undefined {
  const copied = log === undefined ? [] : recoveredBy(log).map(({ region }) => Number(region));
  const times = new Map<number, number>();
  for (const region of copied) times.set(region, (times.get(region) ?? 0) + 1);
  const never = Array.from({ length: count }, (_unused, region) => region).filter(
    (region) => !times.has(region),
  );
  const often = [...times].flatMap(([region, n]) => (n > 1 || region >= count ? [region] : []));
  const defects = [
    ...(never.length > 0 ? [`not copied: ${never.join(', ')}`] : []),
    ...(often.length > 0 ? [`copied again, or not part of it: ${often.join(', ')}`] : []),
  ];
  return defects.length === 0 ? undefined : defects.join('; ');
}
