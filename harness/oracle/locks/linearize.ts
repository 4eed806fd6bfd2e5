/**
 * Whether calls and answers of hosts can be explained by some order of their effects (linearizability, by the search of
 * Wing and Gong with Lowe's memory of what was tried), where leases run out by themselves. When exactly a call took
 * effect is not known, so neither is when its lease ends: a zone keeps all moments that are possible.
 */
import { compareEntries } from './listing.js';
import { absent, keyOf, NEVER_LOCKED, type Holder, type MutexState } from './mutex-state.js';
import type { Operation } from './operations.js';
import { Agenda, NOTHING_DONE, progressKey, type Progress } from './progress.js';
import type { LockProfile } from './profile.js';
import { step } from './step.js';
import { ENDLESS_COUNTDOWN, type RuleId } from './vocabulary.js';
import { advanced, ANYTIME, beyond, contains, within, withNames, type Zone } from './zone.js';

/** How the search is done. */
export interface SearchOptions {
  readonly profile: LockProfile;
  /** Ticks in a millisecond of a lease; 1,000,000 by default. */
  readonly ticksPerMs?: number;
  /** By how many ticks a drive may measure a lease wrongly, either way; 0 by default. */
  readonly leaseSlack?: number;
  /** By how many ticks starts and ends may be mapped wrongly; 0 by default. */
  readonly clockSlack?: number;
  /** Steps of the search after which it gives up. */
  readonly most?: number;
}

/** What came of it; `unknown` when it was given up, which is never a pass. */
export type LinearizationResult =
  | {
      readonly verdict: 'linearizable';
      readonly steps: number;
      /** Events in an order that explains all. */ readonly order: readonly number[];
    }
  | {
      readonly verdict: 'not-linearizable';
      readonly steps: number;
      /** Event of the call that nothing explains after the longest explanation of others, and the rule it would break. */
      readonly event: number;
      readonly rule: RuleId;
      readonly expected: string;
      readonly seen: string;
    }
  | { readonly verdict: 'unknown'; readonly steps: number };

const DEFAULT_MOST = 200_000;

interface Node {
  readonly state: MutexState;
  readonly zone: Zone;
  readonly done: Progress;
  /** How many calls took effect, the last one's event, and what was before it. */
  readonly depth: number;
  readonly event: number;
  readonly before: Node | undefined;
}

const ROOT: Node = {
  ...{ state: NEVER_LOCKED, zone: ANYTIME, done: NOTHING_DONE },
  ...{ depth: 0, event: -1, before: undefined },
};

/** Events on the way to a node. */
function orderOf(node: Node): number[] {
  const order: number[] = [];
  for (let at: Node | undefined = node; at.before !== undefined; at = at.before) order.push(at.event);
  return order.toReversed();
}

/** Searches an order for the calls about one mutex. */
export function linearize(operations: readonly Operation[], options: SearchOptions): LinearizationResult {
  return new Search(operations, options).run();
}

class Search {
  readonly #tried = new Map<string, Zone[]>();
  readonly #agenda: Agenda;
  readonly #ticksPerMs: number;
  readonly #slack: number;
  #steps = 0;
  #deepest = ROOT;

  constructor(
    operations: readonly Operation[],
    private readonly options: SearchOptions,
  ) {
    this.#agenda = new Agenda(operations);
    this.#ticksPerMs = options.ticksPerMs ?? 1_000_000;
    this.#slack = options.leaseSlack ?? 0;
  }

  run(): LinearizationResult {
    const stack: Node[] = [ROOT];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (this.#agenda.isDone(node.done))
        return { verdict: 'linearizable', steps: this.#steps, order: orderOf(node) };
      if (node.depth > this.#deepest.depth) this.#deepest = node;
      // Those that end first are tried first: they stand on top.
      for (const operation of this.#candidates(node).toReversed()) {
        this.#steps += 1;
        if (this.#steps > (this.options.most ?? DEFAULT_MOST))
          return { verdict: 'unknown', steps: this.#steps };
        stack.push(...this.#after(node, operation).filter((after) => this.#isNew(after)));
      }
    }
    return this.#refuted();
  }

  #candidates({ done }: Node): Operation[] {
    return this.#agenda.candidates(done, 2 * (this.options.clockSlack ?? 0));
  }

  /** Every way in which the operation may take effect next. */
  #after(node: Node, operation: Operation): Node[] {
    const { asked, answer, event } = operation;
    const slack = this.options.clockSlack ?? 0;
    const { start, end } = operation.clock ?? operation;
    const zone = advanced(node.zone, start - slack, end + slack);
    if (zone === undefined) return [];
    const done = this.#agenda.after(node.done, operation);
    const rest = { done, depth: node.depth + 1, event, before: node };
    if (asked.kind === 'wipe') return [{ state: absent('IDM-13'), zone: withNames(zone, []), ...rest }];
    return this.#splits(node.state, zone).flatMap(({ zone: split, expired }) => {
      if (asked.kind === 'read') {
        const { profile } = this.options;
        const view = { profile, expired, now: 0n, cut: asked.cut, last: undefined };
        return compareEntries(node.state, asked.blocks, view).length === 0
          ? [{ state: node.state, zone: split, ...rest }]
          : [];
      }
      return this.#outcomes(node.state, operation, expired)
        .filter((outcome) =>
          answer === undefined ? changes(node.state, outcome.next) : outcome.answer === answer,
        )
        .map(({ next }) => ({ state: next, zone: withNames(split, grantsOf(next)), ...rest }));
    });
  }

  #outcomes(state: MutexState, { asked, event }: Operation, expired: (holder: Holder) => boolean) {
    if (asked.kind !== 'op') return [];
    const room = () => ['GOOD', '40', '41', '42'] as const;
    // The grant is named after the operation; the zone knows when that was.
    const world = { profile: this.options.profile, now: BigInt(event), serial: event, expired, room };
    return step(state, asked.call, world).map((outcome) => ({
      ...outcome,
      next: withoutPlaces(outcome.next),
    }));
  }

  /** The zone, split by which leases have run out by now. */
  #splits(
    state: MutexState,
    zone: Zone,
  ): { readonly zone: Zone; readonly expired: (holder: Holder) => boolean }[] {
    const holders = state.kind === 'held' ? state.holders : [];
    let splits: { readonly zone: Zone; readonly over: readonly Holder[] }[] = [{ zone, over: [] }];
    for (const holder of holders)
      splits = splits.flatMap(({ zone: before, over }) => {
        const { countdown, granted } = holder;
        if (countdown === 0n) return [{ zone: before, over: [...over, holder] }];
        if (countdown === ENDLESS_COUNTDOWN) return [{ zone: before, over }];
        const lease = Number(countdown) * this.#ticksPerMs;
        const live = within(before, granted, lease + this.#slack);
        const gone = beyond(before, granted, lease - this.#slack + 1);
        return [
          ...(live === undefined ? [] : [{ zone: live, over }]),
          ...(gone === undefined ? [] : [{ zone: gone, over: [...over, holder] }]),
        ];
      });
    return splits.map(({ zone: split, over }) => ({
      zone: split,
      expired: (holder) => over.includes(holder),
    }));
  }

  /** Remembers the node; false when everything that may come of it was tried before. */
  #isNew({ done, state, zone }: Node): boolean {
    const key = `${progressKey(done)} ${keyOf(state)}`;
    const tried = this.#tried.get(key) ?? [];
    if (tried.some((before) => contains(before, zone))) return false;
    this.#tried.set(key, [...tried, zone]);
    return true;
  }

  /** The call that ends first among those that could not follow the longest explanation. */
  #refuted(): LinearizationResult {
    const node = this.#deepest;
    const operation = this.#candidates(node).find(({ answer }) => answer !== undefined);
    if (operation === undefined) throw new Error('a search without an open call is done');
    const { asked, answer = 'lost', event } = operation;
    const { start, end } = operation.clock ?? operation;
    const base = { verdict: 'not-linearizable', steps: this.#steps, event } as const;
    const zone = advanced(node.zone, start, end) ?? node.zone;
    const [split] = this.#splits(node.state, zone);
    const expired = split?.expired ?? (() => false);
    if (asked.kind === 'read') {
      const view = { profile: this.options.profile, expired, now: 0n, cut: asked.cut, last: undefined };
      const [mismatch] = compareEntries(node.state, asked.blocks, view);
      return { ...base, ...(mismatch ?? { rule: 'IDM-11', expected: 'another list', seen: 'this one' }) };
    }
    const outcomes = this.#outcomes(node.state, operation, expired);
    const expected = [...new Set(outcomes.map((outcome) => outcome.answer))].join(' or ');
    return { ...base, rule: outcomes[0]?.rule ?? 'IDM-13', expected, seen: answer };
  }
}

/** A lost call that changed nothing might as well never have taken effect. */
const changes = (before: MutexState, after: MutexState) => keyOf(before) !== keyOf(after);

const grantsOf = (state: MutexState): bigint[] =>
  state.kind === 'held' ? [...new Set(state.holders.map(({ granted }) => granted))] : [];

/** Places of entries are left to the replay: here they would only keep equal states apart. */
function withoutPlaces(state: MutexState): MutexState {
  if (state.kind === 'absent') return state;
  if (state.kind === 'released') return { ...state, made: undefined };
  return { ...state, holders: state.holders.map((holder) => ({ ...holder, made: undefined })) };
}
