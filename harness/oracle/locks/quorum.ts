/** Quorum over drives (IDM-117): at no instant have two hosts reason to believe that they hold conflicting majorities. */
import type { HistoryEvent } from '../../history/index.js';
import type { DriveTime } from './drive-time.js';
import { groupBy } from './group-by.js';
import { registersOf, type Operation, type Register } from './operations.js';
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

/** By how many ns a drive may measure a lease wrongly. */
type LeaseSlack = (drive: string) => number;
const EXACT: LeaseSlack = () => 0;

const ACQUIRES: readonly Call['op'][] = ['init', 'trylock', 'lock', 'refresh', 'break'];
const NS_PER_MS = 1_000_000;

/** An operation that asked for something about the mutex, and for what. */
interface Wish extends Operation {
  readonly asked: Extract<Operation['asked'], { readonly kind: 'op' }>;
}

const isWish = (operation: Operation): operation is Wish => operation.asked.kind === 'op';

/** How a drive measures leases: by its clock, and wrongly by so many ns. */
interface Measure {
  readonly time: DriveTime;
  readonly slack: number;
}

/** The moment at which a lease may be over, counted from the start of the call that asked for it. */
function leaseEnd({ asked, start, clock }: Wish, { time, slack }: Measure): number {
  const { countdown } = asked.call;
  if (countdown === ENDLESS_COUNTDOWN) return Infinity;
  // It has run out at once (IDM-39).
  if (countdown === 0n) return start;
  return time.past((clock?.start ?? start) + Number(countdown) * NS_PER_MS - slack);
}

/** The moment at which `other` may have taken from the host what `grant` gave it; Infinity: never. */
function takenAt(grant: Wish, other: Operation, measure: Measure): number {
  // Over before the grant was asked for: it changed what was before.
  if (other === grant || other.end < grant.start) return Infinity;
  const { start, end, answer, asked } = other;
  if (asked.kind === 'wipe') return start;
  if (!isWish(other)) return Infinity;
  const { op, lockClass } = other.asked.call;
  const heeded = answer === 'GOOD' || answer === undefined;
  if (other.host !== grant.host)
    // The only leases that others may end before their time (IDM-56).
    return op === 'break' && heeded && grant.asked.call.countdown === ENDLESS_COUNTDOWN ? start : Infinity;
  if (op === 'unlock') return start;
  if (op === 'destroy') return answer === 'RC' ? Infinity : start;
  if (op !== 'refresh' && op !== 'break') return Infinity;
  if (op === 'refresh' && (answer === 'RC' || answer === 'OOR')) return end;
  if (!heeded) return Infinity;
  // Others may come beside it from the moment at which the drive takes the demotion.
  if (lockClass === SHARED && grant.asked.call.lockClass !== SHARED) return start;
  // The lease is now the later call's, which may be shorter, or one that others may end.
  const renewed = other.asked.call.countdown;
  return renewed === ENDLESS_COUNTDOWN ? start : Math.max(start, leaseEnd(other, measure));
}

/**
 * What one host believes of one drive: from the answer that granted until its lease may be over; or until it, or who may,
 * asks for what may end it; or until it is told that it holds nothing. Where calls of one host overlap, and where an answer
 * is lost, the host believes no more than what is certain.
 */
function beliefsOf({ drive, resource, operations, time }: Register, slack: number): Belief[] {
  const measure = { time, slack };
  return operations.filter(isWish).flatMap((grant): Belief[] => {
    const { asked, answer, host, end: from, event } = grant;
    if (answer !== 'GOOD' || !ACQUIRES.includes(asked.call.op)) return [];
    const ends = operations.map((other) => takenAt(grant, other, measure));
    const until = Math.min(leaseEnd(grant, measure), ...ends);
    const shared = asked.call.lockClass === SHARED;
    return until > from ? [{ host, drive, resource, shared, from, until, event }] : [];
  });
}

/** Everything that the hosts of a history believe, by what they asked and were told. */
export function beliefs(events: readonly HistoryEvent[], leaseSlack: LeaseSlack = EXACT): Belief[] {
  return registersOf(events).flatMap((register) => beliefsOf(register, leaseSlack(register.drive)));
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

/** How beliefs are counted. */
export interface QuorumOptions {
  /** By how many ns a drive may measure a lease wrongly; none by default. */
  readonly leaseSlack?: LeaseSlack;
  /** Drives whose grants are heeded; all by default. Others are counted all the same. */
  readonly believed?: (drive: string) => boolean;
}

/** Judges every resource of a history whose hosts all asked the same drives. */
export function judgeQuorum(events: readonly HistoryEvent[], options: QuorumOptions = {}): QuorumVerdict {
  const { leaseSlack = EXACT, believed = () => true } = options;
  const registers = registersOf(events);
  const all = registers
    .filter(({ drive }) => believed(drive))
    .flatMap((register) => beliefsOf(register, leaseSlack(register.drive)));
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
