/** What several drives granted to hosts that want a majority of them (IDM-117). */
import {
  type History,
  type HistoryEvent,
  idText,
  type LockExchange,
  lockExchanges,
} from '../../history/index.js';
import type { Check } from '../../plan/definition.js';

/** What the drives gave to hosts that asked for the same resource, each at most once per drive and way of asking. */
export interface Votes {
  readonly resource: string;
  /** Numbers of drives that granted it, by host. */
  readonly granted: ReadonlyMap<string, number>;
  /** `node1 2, node3 1`. */
  readonly line: string;
  readonly events: readonly HistoryEvent[];
}

const ASKS: readonly LockExchange['call']['op'][] = ['trylock', 'break'];

/** Grants by resource, in the order in which the resources were first asked for. */
export function votes(history: History): readonly Votes[] {
  const asked = lockExchanges(history, ...ASKS);
  return [...new Set(asked.map(({ call }) => idText(call.resource)))].map((resource) => {
    const own = asked.filter(({ call }) => idText(call.resource) === resource);
    const granted = new Map<string, number>();
    for (const { call, result } of own)
      if (result === 'GOOD') granted.set(idText(call.host), (granted.get(idText(call.host)) ?? 0) + 1);
    const line = [...granted].map(([host, number]) => `${host} ${number}`).sort();
    return { resource, granted, line: line.join(', '), events: own.flatMap((exchange) => exchange.events()) };
  });
}

/** Checks that of each resource no more than one host got more than half of so many drives, and no drive was given twice. */
export function checkVotes(history: History, check: Check, id: string, drives: number): void {
  for (const { resource, granted, line, events } of votes(history)) {
    const all = [...granted.values()];
    const sum = all.reduce((total, number) => total + number, 0);
    check(sum <= drives && all.filter((number) => number > drives / 2).length <= 1, {
      id,
      expected: `a majority of ${drives} drives for at most one host`,
      seen: `${resource}: ${line}`,
      events,
    });
  }
}
