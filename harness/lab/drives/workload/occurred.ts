/** Whether what a random workload is for came about, and what hosts see at its end; pure questions to its history. */
import {
  type History,
  type HistoryEvent,
  idText,
  type LockExchange,
  lockExchanges,
  powerCutOf,
  powerCuts,
} from '../../../history/index.js';
import type { Check } from '../../../plan/definition.js';
import type { Flavour } from './deeds.js';

/** Less than the smallest jump of a clock, and more than any other. */
const JUMP_MS = 80_000_000n;

type Events = readonly HistoryEvent[];

/** Locks that were refused because another host had them. */
function contention(history: History): Events {
  const refused = lockExchanges(history, 'trylock').filter(({ result }) => result === 'RC');
  return refused.flatMap((exchange) => exchange.events());
}

/** Locks whose leases ran out: they were broken, or were listed so. */
function expiry(history: History): Events {
  return lockExchanges(history, 'break', 'read')
    .filter(({ call, result, entries }) =>
      call.op === 'break' ? result === 'GOOD' : entries.some(({ state }) => state === 'timeout'),
    )
    .flatMap((exchange) => exchange.events());
}

/** Grants of nodes that lost their power and had not given the lock back by then. */
function killedHolders(history: History): Events {
  const own = lockExchanges(history);
  return powerCuts(history).flatMap(({ node }) => {
    const held = new Map<string, LockExchange>();
    for (const exchange of own.filter(({ call, result }) => call.node === node && result === 'GOOD')) {
      const { op, drive, resource } = exchange.call;
      const key = `${drive} ${idText(resource)}`;
      if (op === 'trylock') held.set(key, exchange);
      if (op === 'unlock' || op === 'destroy') held.delete(key);
    }
    return [...held.values()].flatMap((exchange) => exchange.events());
  });
}

/** Calls of living nodes whose answers were lost, if the drive carried out at least one of them. */
function lostAnswers(history: History): Events {
  const effective = history
    .diskEvents()
    .some((event) => event.kind === 'disk-command' && event.outcome !== 'status' && event.executed !== null);
  const lost = lockExchanges(history).filter(
    ({ call, result }) => result === 'lost' && powerCutOf(history, call.node) === undefined,
  );
  return effective ? lost.flatMap((exchange) => exchange.events()) : [];
}

/** Calls of a node that told the drive of an earlier time than the one before. */
function clocksBackwards(history: History): Events {
  const latest = new Map<string, bigint>();
  return lockExchanges(history).flatMap((exchange) => {
    const { node, timeNow } = exchange.call;
    if (timeNow === 0n) return [];
    const before = latest.get(node) ?? 0n;
    latest.set(node, timeNow);
    return timeNow + JUMP_MS < before ? exchange.events() : [];
  });
}

const OF_FLAVOUR: Readonly<Record<Flavour, (history: History) => Events>> = {
  kills: killedHolders,
  paths: lostAnswers,
  clocks: clocksBackwards,
};

/** The events that make a workload one of that flavour; none when any part of it did not come about. */
export function workloadSituation(history: History, flavour: Flavour): Events {
  const parts = [contention(history), expiry(history), OF_FLAVOUR[flavour](history)];
  return parts.some((events) => events.length === 0) ? [] : parts.flat();
}

/** The last list of each drive that each host read. */
function lastLists(history: History): Map<string, Map<string, LockExchange>> {
  const lists = new Map<string, Map<string, LockExchange>>();
  for (const exchange of lockExchanges(history, 'read')) {
    const { drive, node } = exchange.call;
    if (powerCutOf(history, node) !== undefined) continue;
    lists.set(drive, (lists.get(drive) ?? new Map<string, LockExchange>()).set(node, exchange));
  }
  return lists;
}

const shown = ({ entries, result }: LockExchange): string =>
  result === 'GOOD'
    ? entries.map(({ resource, host, mode, state }) => `${resource} ${host} ${mode} ${state}`).join(', ')
    : result;

/**
 * Checks what all hosts see when they look at last: the same on each drive, whoever looks (IDM-61), and of the resource
 * that was asked of all drives no two exclusive majorities (IDM-117). The rest is the oracle's.
 */
export function checkLastLook(history: History, check: Check, majority: string): void {
  const lists = lastLists(history);
  const owners = new Map<string, Set<string>>();
  for (const [drive, byNode] of lists) {
    const looks = [...byNode.values()];
    const [first] = looks;
    for (const look of looks) {
      check(first !== undefined && shown(look) === shown(first), {
        id: 'IDM-61',
        expected: `what ${first?.call.node ?? 'nobody'} lists: ${first === undefined ? '' : shown(first)}`,
        seen: `${look.call.node} lists ${shown(look)}`,
        events: [...(first?.events() ?? []), ...look.events()],
      });
      for (const { resource, host, mode, state } of look.entries)
        if (resource === majority && mode === 'exclusive' && state === 'locked')
          owners.set(host, (owners.get(host) ?? new Set()).add(drive));
    }
  }
  const majorities = [...owners].filter(([, drives]) => drives.size > lists.size / 2).map(([host]) => host);
  check(majorities.length <= 1, {
    id: 'IDM-117',
    expected: 'an exclusive majority for one host at most',
    seen: majorities.join(' and '),
    events: [...lists.values()].flatMap((byNode) => [...byNode.values()].flatMap((look) => look.events())),
  });
}
