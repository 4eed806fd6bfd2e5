/** Quorum over drives (IDM-103): at no instant do two hosts both believe that they hold conflicting majorities. */
import type { HistoryEvent } from '../../history/index.js';
import { groupBy } from './group-by.js';
import { registersOf, type Operation } from './operations.js';
import { ENDLESS_COUNTDOWN, SHARED, type Call } from './vocabulary.js';

/** A host has good reason to believe that it holds the mutex of a drive. */
export interface Belief {
  readonly host: string;
  readonly drive: string;
  readonly resource: string;
  readonly shared: boolean;
  /** ns since the history's first event. */
  readonly from: number;
  readonly until: number;
  /** Event of the call that it rests on. */
  readonly event: number;
}

/** Two hosts and an instant. */
export interface MajorityConflict {
  readonly resource: string;
  readonly hosts: readonly [string, string];
  /** ns since the history's first event. */
  readonly from: number;
  /** Events of the calls that both rest on. */
  readonly events: readonly number[];
}

/** What can be said of the invariant. */
export interface QuorumVerdict {
  readonly verdict: 'holds' | 'broken' | 'unknown';
  readonly conflicts: readonly MajorityConflict[];
  /** Resources of which nothing is said, because their hosts asked different drives (spec idm 9.2). */
  readonly unequal: readonly string[];
}

const ACQUIRES: readonly Call['op'][] = ['init', 'trylock', 'lock', 'refresh', 'break'];

/**
 * What one host believes of one drive: from the answer that granted until its lease may be over, counted from the start
 * of the call; or until it asks for a release or a demotion; or until it is told that it holds nothing.
 */
function beliefsOf(drive: string, resource: string, own: readonly Operation[]): Belief[] {
  const beliefs: Belief[] = [];
  let open: Belief | undefined;
  const close = (at: number) => {
    if (open !== undefined && Math.min(open.until, at) > open.from)
      beliefs.push({ ...open, until: Math.min(open.until, at) });
    open = undefined;
  };
  for (const { asked, start, end, answer, host, event } of own) {
    if (asked.kind !== 'op') continue;
    const { op, lockClass, countdown } = asked.call;
    const shared = lockClass === SHARED;
    if (ACQUIRES.includes(op)) {
      // Others may come beside it from the moment at which the drive takes the demotion.
      if (shared && open?.shared === false) close(start);
      if (answer === 'GOOD') {
        close(end);
        const lease = countdown === ENDLESS_COUNTDOWN ? Infinity : start + Number(countdown) * 1_000_000;
        open = { host, drive, resource, shared, from: end, until: lease, event };
      } else if (op === 'refresh' && (answer === 'RC' || answer === 'OOR')) close(end);
    } else if (op === 'unlock') close(start);
    else if (answer !== 'RC') close(start);
  }
  close(Infinity);
  return beliefs;
}

/** Everything that the hosts of a history believe, by what they asked and were told. */
export function beliefs(events: readonly HistoryEvent[]): Belief[] {
  return registersOf(events).flatMap(({ drive, resource, operations }) => {
    const byHost = groupBy(
      operations.filter(({ asked }) => asked.kind === 'op'),
      ({ host }) => host,
    );
    return [...byHost.values()].flatMap((own) => beliefsOf(drive, resource, own));
  });
}

/** True when a host holds a majority at the instant; `shared`: of any class, else of classes that bear no other. */
function holdsMajority(held: readonly Belief[], host: string, drives: number, shared: boolean): boolean {
  const own = held.filter((belief) => belief.host === host && (shared || !belief.shared));
  return new Set(own.map(({ drive }) => drive)).size > drives / 2;
}

/** Conflicts over one resource; each pair of hosts is told once, at the first instant. */
export function majorityConflicts(all: readonly Belief[], drives: number): MajorityConflict[] {
  const found = new Map<string, MajorityConflict>();
  for (const { from, resource } of all.toSorted((a, b) => a.from - b.from)) {
    const held = all.filter((belief) => belief.from <= from && from < belief.until);
    const hosts = [...new Set(held.map(({ host }) => host))].sort();
    for (const [index, first] of hosts.entries())
      for (const second of hosts.slice(index + 1)) {
        const both = (one: string, other: string) =>
          holdsMajority(held, one, drives, false) && holdsMajority(held, other, drives, true);
        const key = `${first} ${second}`;
        if (found.has(key) || (!both(first, second) && !both(second, first))) continue;
        const rests = held.filter(({ host }) => host === first || host === second);
        const events = rests.map(({ event }) => event).toSorted((a, b) => a - b);
        found.set(key, { resource, hosts: [first, second], from, events });
      }
  }
  return [...found.values()];
}

/** Judges every resource of a history whose hosts all asked the same drives. */
export function judgeQuorum(events: readonly HistoryEvent[]): QuorumVerdict {
  const registers = registersOf(events);
  const all = beliefs(events);
  const conflicts: MajorityConflict[] = [];
  const unequal: string[] = [];
  for (const [resource, own] of groupBy(registers, (register) => register.resource)) {
    const drivesOf = new Map<string, Set<string>>();
    for (const { drive, operations } of own)
      for (const { host, asked } of operations)
        if (asked.kind === 'op') drivesOf.set(host, (drivesOf.get(host) ?? new Set()).add(drive));
    const lists = new Set([...drivesOf.values()].map((drives) => [...drives].sort().join('\n')));
    if (lists.size > 1) unequal.push(resource);
    else
      conflicts.push(
        ...majorityConflicts(
          all.filter((belief) => belief.resource === resource),
          own.length,
        ),
      );
  }
  const verdict = conflicts.length > 0 ? 'broken' : unequal.length > 0 ? 'unknown' : 'holds';
  return { verdict, conflicts, unequal };
}
