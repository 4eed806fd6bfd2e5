/**
 * What the specification allows the mutex table of one drive to be, after the commands so far. Where it leaves a drive
 * free there are several states of a mutex; what the drive answers and lists narrows them again.
 */
import { compareEntries, orderMismatch, type ListView, type Mismatch } from './listing.js';
import { absent, keyOf, NEVER_LOCKED, type Holder, type MutexState } from './mutex-state.js';
import type { LockProfile } from './profile.js';
import { step, type Outcome } from './step.js';
import { ENDLESS_COUNTDOWN, type Answer, type Call, type RuleId } from './vocabulary.js';
import { END, type Block } from './wire.js';

const NS_PER_MS = 1_000_000n;

/** True when the lease ran out by `now`, both in ns of the drive's clock (spec idm 6.1). */
export function leaseIsOver({ countdown, granted }: Holder, now: bigint): boolean {
  if (countdown === 0n) return true;
  return countdown !== ENDLESS_COUNTDOWN && now - granted > countdown * NS_PER_MS;
}

/** How many of something there are, as far as that is certain. */
interface Range {
  readonly least: number;
  readonly most: number;
}

const entriesOf = (state: MutexState) =>
  state.kind === 'absent' ? 0 : state.kind === 'released' ? 1 : state.holders.length;
const hostsOf = (state: MutexState): readonly string[] =>
  state.kind === 'absent'
    ? []
    : state.kind === 'released'
      ? [state.host]
      : state.holders.map(({ host }) => host);
const group = (key: string) => Number(key.slice(0, key.indexOf('/')));
const nameOf = (key: string) => key.slice(key.indexOf('/') + 1);

const reversedId = (id: string) => Buffer.from(Buffer.from(id, 'hex').toReversed()).toString('hex');

/** An unknown resource that is a known one with its bytes in the other order. */
const wrongOrder = (seen: string, key: string) =>
  ({
    rule: 'IDM-06',
    expected: `resource id ${reversedId(seen)}`,
    seen: `resource id ${seen}`,
    key,
  }) as const;

/** An entry of another group. */
const wrongGroup = (listed: number, name: string) =>
  ({
    rule: 'IDM-02',
    expected: `entries of group ${String(listed)} only`,
    seen: `${name.replace(/^(00)+(?=..)/, '')}, of another group`,
    key: '',
  }) as const;

/** The model. */
export class DriveModel {
  /** Possible states by `group/resource`; a mutex that is not there was never locked. */
  readonly #mutexes = new Map<string, readonly MutexState[]>();
  /** Mutexes of which nothing is known any more, since the drive broke a rule about them. */
  readonly #lost = new Set<string>();
  /** The rule of the last operation on a mutex. */
  readonly #last = new Map<string, RuleId>();
  #serial = 0;
  /** Why everything that is not there is not there. */
  #blank: MutexState = NEVER_LOCKED;

  constructor(readonly profile: LockProfile) {}

  /** True when nothing can be said of it. */
  isLost(key: string): boolean {
    return this.#lost.has(key);
  }

  /** Says nothing of the mutex from here on. */
  lose(key: string): void {
    this.#lost.add(key);
    this.#mutexes.delete(key);
  }

  /** The table is empty now, for certain. */
  clear(because: RuleId): void {
    this.#mutexes.clear();
    this.#lost.clear();
    this.#blank = absent(because);
  }

  possible(key: string): readonly MutexState[] {
    return this.#mutexes.get(key) ?? [this.#blank];
  }

  /** Every way in which the operation may end now; the first is what is prescribed. Changes nothing. */
  outcomes(key: string, call: Call, now: bigint): Outcome[] {
    const world = {
      profile: this.profile,
      now,
      serial: this.#serial,
      expired: (holder: Holder) => leaseIsOver(holder, now),
      room: (state: MutexState, host: string) => this.#room(state, host),
    };
    return this.possible(key).flatMap((state) => step(state, call, world));
  }

  /** What an empty table would answer. */
  outcomesIfEmpty(call: Call, now: bigint): readonly Outcome[] {
    const room = () => ['GOOD'] as const;
    return step(NEVER_LOCKED, call, { profile: this.profile, now, serial: 0, expired: () => false, room });
  }

  /** The operation ended in one of these ways. */
  settle(key: string, outcomes: readonly Outcome[]): void {
    this.#serial += 1;
    const [first] = outcomes;
    if (first !== undefined) this.#last.set(key, first.rule);
    const states = new Map(outcomes.map(({ next }) => [keyOf(next), next]));
    this.#mutexes.set(key, [...states.values()]);
  }

  /** Compares a list; where it tells between possible states, the others are dropped. */
  list(listed: number, blocks: readonly Block[], now: bigint): (Mismatch & { readonly key: string })[] {
    const end = blocks.findIndex(({ state }) => state === END);
    const entries = end === -1 ? blocks : blocks.slice(0, end);
    const { profile } = this;
    const view = { profile, now, expired: (holder: Holder) => leaseIsOver(holder, now), cut: end === -1 };
    const inGroup = [...this.#mutexes.keys()].filter(
      (key) => profile.readIgnoresGroup || group(key) === listed,
    );
    const names = inGroup.map(nameOf);
    const known = new Set(names);
    // Entries of two groups look the same: nothing can be said of a name that both have.
    const ambiguous = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    const strange = [...new Set(entries.map(({ resource }) => resource))].filter((name) => !known.has(name));
    const otherWay = strange.find((name) => known.has(reversedId(name)));
    const elsewhere = profile.readIgnoresGroup
      ? undefined
      : strange.find((name) => this.#otherGroups(listed, name));
    if (elsewhere !== undefined) return [wrongGroup(listed, elsewhere)];
    if (otherWay !== undefined) return [wrongOrder(otherWay, `${String(listed)}/${reversedId(otherWay)}`)];
    const found = [...inGroup, ...strange.map((name) => `${String(listed)}/${name}`)].flatMap((key) => {
      const name = nameOf(key);
      if (this.#lost.has(key) || ambiguous.has(name)) return [];
      const own = entries.filter(({ resource }) => resource === name);
      return this.#narrow(key, own, { ...view, last: this.#last.get(key) }).map((mismatch) => ({
        ...mismatch,
        key,
      }));
    });
    if (found.length > 0) return found;
    return this.#order(
      entries.filter(({ resource }) => !ambiguous.has(resource)),
      listed,
    );
  }

  /** A mutex of that name is known in another group, and not in this one. */
  #otherGroups(listed: number, name: string): boolean {
    return [...this.#mutexes].some(
      ([key, states]) =>
        group(key) !== listed && nameOf(key) === name && states.every(({ kind }) => kind !== 'absent'),
    );
  }

  #narrow(key: string, blocks: readonly Block[], view: ListView): Mismatch[] {
    const judged = this.possible(key).map((state) => ({ state, found: compareEntries(state, blocks, view) }));
    const right = judged.filter(({ found }) => found.length === 0);
    if (right.length === 0) return judged.toSorted((a, b) => a.found.length - b.found.length)[0]?.found ?? [];
    if (this.#mutexes.has(key))
      this.#mutexes.set(
        key,
        right.map(({ state }) => state),
      );
    return [];
  }

  #order(entries: readonly Block[], listed: number): (Mismatch & { readonly key: string })[] {
    const made = entries.flatMap(({ resource, host }) => {
      const states = this.possible(`${String(listed)}/${resource}`);
      const [state] = states;
      if (states.length !== 1 || state === undefined || state.kind === 'absent') return [];
      if (state.kind === 'released') return state.made ?? [];
      return state.holders.find((holder) => holder.host === host)?.made ?? [];
    });
    return orderMismatch(made).map((mismatch) => ({ ...mismatch, key: '' }));
  }

  /** How many entries there are, of a group or of all; Infinity at most when something is lost. */
  entries(only?: number): Range {
    let [least, most] = [0, 0];
    for (const [key, states] of this.#mutexes) {
      if (only !== undefined && group(key) !== only) continue;
      const counts = states.map(entriesOf);
      least += Math.min(...counts);
      most += Math.max(...counts);
    }
    const lost = [...this.#lost].some((key) => only === undefined || group(key) === only);
    return { least, most: lost ? Infinity : most };
  }

  /** Hosts that have an entry for certain, and those that may have one; `but` is left out of account. */
  #hosts(but: MutexState | undefined): {
    readonly certain: ReadonlySet<string>;
    readonly maybe: ReadonlySet<string>;
  } {
    const certain = new Set<string>();
    const maybe = new Set<string>();
    for (const states of this.#mutexes.values()) {
      if (but !== undefined && states.includes(but)) continue;
      for (const state of states) for (const host of hostsOf(state)) maybe.add(host);
      const [first, ...others] = states.map(hostsOf);
      for (const host of first ?? []) if (others.every((list) => list.includes(host))) certain.add(host);
    }
    return { certain, maybe };
  }

  /** GOOD as long as there may be room, and the ASC of each limit that may be reached (IDM-60). */
  #room(state: MutexState, host: string): readonly Answer[] {
    const { limits } = this.profile;
    if (limits === undefined || this.#lost.size > 0) return ['GOOD', '40', '41', '42'];
    const { least, most } = this.entries();
    const { certain, maybe } = this.#hosts(state.kind === 'released' ? state : undefined);
    const makesEntry = state.kind !== 'released';
    const ofMutex = state.kind === 'held' ? state.holders.length : 0;
    const full: [Answer, boolean, boolean][] = [
      ['42', ofMutex >= limits.hostsOfMutex, ofMutex >= limits.hostsOfMutex],
      ['40', makesEntry && least >= limits.entries, makesEntry && most >= limits.entries],
      [
        '41',
        !maybe.has(host) && certain.size >= limits.hosts,
        !certain.has(host) && maybe.size >= limits.hosts,
      ],
    ];
    const must = full.some(([, certainly]) => certainly);
    // That a record is handed over to a host too many is not spoken of.
    const good: readonly Answer[] = must && makesEntry ? [] : ['GOOD'];
    return [...good, ...full.flatMap(([answer, , possibly]) => (possibly ? [answer] : []))];
  }
}
