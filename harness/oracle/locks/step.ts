/** The operation table of spec idm 6.2: what a drive may answer in which situation, and what that changes. */
import {
  holder,
  locked,
  released,
  wasOusted,
  withReason,
  type Held,
  type Holder,
  type MutexState,
} from './mutex-state.js';
import type { LockProfile } from './profile.js';
import {
  ENDLESS_COUNTDOWN,
  EXCLUSIVE,
  SHARED,
  ZERO_LVB,
  type Answer,
  type Call,
  type RuleId,
} from './vocabulary.js';

/** What surrounds an operation. */
export interface World {
  readonly profile: LockProfile;
  /** When the operation takes effect; given to new leases. */
  readonly now: bigint;
  /** Rises from operation to operation: the place of an entry that this one makes. */
  readonly serial: number;
  /** Whether the lease of a holder has run out by then. */
  readonly expired: (holder: Holder) => boolean;
  /** What may be answered when one more entry is needed: GOOD while there is room (IDM-60). */
  readonly room: (state: MutexState, host: string) => readonly Answer[];
}

/** One way in which the operation may end. */
export interface Outcome {
  readonly answer: Answer;
  readonly next: MutexState;
  /** The rule that says so. */
  readonly rule: RuleId;
}

/** Everything that the specification allows; the first is what it prescribes. Never empty. */
export function step(state: MutexState, call: Call, world: World): readonly Outcome[] {
  const table = { init, trylock: acquire, lock: acquire, unlock, refresh, break: breakLock, destroy };
  return table[call.op](state, call, world);
}

const ways = (rule: RuleId, answers: readonly Answer[], ...next: readonly MutexState[]): Outcome[] =>
  answers.flatMap((answer) => next.map((state) => ({ answer, next: state, rule })));

/** Answers that change nothing but why the host has no lock. */
function refused(state: MutexState, { host }: Call, rule: RuleId, ...answers: readonly Answer[]): Outcome[] {
  const holds = state.kind === 'held' && state.holders.some((other) => other.host === host);
  return ways(rule, answers, holds ? state : withReason(state, host, rule));
}

const isClass = (lockClass: bigint) => lockClass >= EXCLUSIVE && lockClass <= SHARED;

/** No source speaks of other classes: any refusal will do. */
const noSuchClass = (state: MutexState, call: Call) => refused(state, call, 'IDM-05', 'check', 'RC', 'CT');

/** LVBs that a lock may begin with: what was there, the payload where the profile or a control code says so. */
function lvbsAtLock(call: Call, before: string, copied: readonly boolean[]): string[] {
  const kept = copied.includes(false) ? [before] : [];
  const taken = copied.includes(true) || call.control !== 0 ? [call.lvb] : [];
  const cleared = call.control === 3 ? [ZERO_LVB] : [];
  return [...new Set([...kept, ...taken, ...cleared])];
}

/** A lock of a mutex that nobody holds. */
function firstLock(state: MutexState, call: Call, world: World, rule: RuleId): Outcome[] {
  const before = state.kind === 'absent' ? ZERO_LVB : state.lvb;
  const made = state.kind === 'released' ? state.made : world.serial;
  const first = holder(call, world.now, made, rule);
  const held = lvbsAtLock(call, before, world.profile.lvbCopiedAtLock).map((lvb) =>
    locked(state, first, call.lockClass, lvb),
  );
  return world
    .room(state, call.host)
    .flatMap((answer) =>
      answer === 'GOOD' ? ways(rule, [answer], ...held) : refused(state, call, 'IDM-60', answer),
    );
}

function init(state: MutexState, call: Call, world: World): Outcome[] {
  if (!isClass(call.lockClass)) return noSuchClass(state, call);
  return state.kind === 'absent'
    ? firstLock(state, call, world, 'IDM-20')
    : refused(state, call, 'IDM-21', 'RC');
}

function acquire(state: MutexState, call: Call, world: World): Outcome[] {
  const { profile, expired } = world;
  if (!isClass(call.lockClass)) return noSuchClass(state, call);
  if (state.kind === 'absent') return firstLock(state, call, world, 'IDM-19');
  if (state.kind === 'released') return firstLock(state, call, world, 'IDM-28');
  const own = state.holders.find(({ host }) => host === call.host);
  if (own !== undefined)
    return refused(state, call, 'IDM-23', ...(expired(own) ? profile.relockExpired : profile.relockLive));
  if (state.lockClass === SHARED && call.lockClass === SHARED) {
    const joined: Held = {
      ...state,
      holders: [...state.holders, holder(call, world.now, world.serial, 'IDM-25')],
    };
    return world
      .room(state, call.host)
      .flatMap((answer) =>
        answer === 'GOOD' ? ways('IDM-25', [answer], joined) : refused(state, call, 'IDM-60', answer),
      );
  }
  const contention = call.op === 'lock' ? profile.lockContention : (['RC'] as const);
  return refused(state, call, contentionRule(state, call, world), ...contention);
}

function contentionRule(state: Held, call: Call, { expired }: World): RuleId {
  if (state.holders.every(expired)) return 'IDM-27';
  return state.lockClass === EXCLUSIVE && call.lockClass === EXCLUSIVE ? 'IDM-24' : 'IDM-26';
}

/** A mutex that is not there: the rule that removed it tells more than that there is none. */
const notFound = (state: Extract<MutexState, { kind: 'absent' }>, call: Call) =>
  refused(state, call, state.because, 'OOR');

/** That a host was ousted tells more than that it is a stranger. */
const strangerRule = (state: Held, { host }: Call, ousted: RuleId, stranger: RuleId): RuleId =>
  wasOusted(state, host) ? ousted : stranger;

function unlock(state: MutexState, call: Call, { profile, expired }: World): Outcome[] {
  if (state.kind === 'absent') return notFound(state, call);
  if (state.kind === 'released')
    return state.lockClass === call.lockClass
      ? refused(state, call, 'IDM-34', ...profile.unlockOfUnlocked)
      : refused(state, call, 'IDM-34', 'GOOD', 'RC', 'CT');
  const own = state.holders.find(({ host }) => host === call.host);
  if (own === undefined) return refused(state, call, strangerRule(state, call, 'IDM-50', 'IDM-31'), 'RC');
  if (call.lockClass !== state.lockClass) return refused(state, call, 'IDM-32', 'CT');
  const rule = expired(own) ? 'IDM-30' : 'IDM-29';
  return ways(rule, ['GOOD'], ...released(stored(state, call), call, profile.keepLastShared));
}

/** LVB after an UNLOCK (spec idm 3.4); of codes above 3 nothing is said, so they are taken for 0. */
function stored(state: Held, { control, lvb }: Call): Held {
  if (control === 1 || control === 2) return { ...state, lvb, lvbBecause: 'IDM-64' };
  return control === 3 ? { ...state, lvb: ZERO_LVB, lvbBecause: 'IDM-64' } : state;
}

/** The caller's lease begins anew beside `others`, with the LVB as it was (IDM-66) unless a code asks otherwise. */
function renewed(state: Held, call: Call, world: World, rule: RuleId, others: readonly Holder[]): Held[] {
  const member = state.holders.find(({ host }) => host === call.host);
  // Whether the entry of who breaks without being a member is new, or takes an old one's place, nobody says.
  const own = holder(call, world.now, member?.made, rule);
  const kept = state.holders.filter((other) => others.includes(other) || other.host === call.host);
  const holders =
    member !== undefined ? kept.map((other) => (other.host === call.host ? own : other)) : [...kept, own];
  const reasons = new Map(state.reasons);
  for (const { host } of state.holders)
    if (!holders.some((left) => left.host === host)) reasons.set(host, rule);
  reasons.delete(call.host);
  return lvbsAtLock(call, state.lvb, [false]).map((lvb) => ({
    ...{ kind: 'held', lockClass: call.lockClass, lvb, holders, reasons },
    lvbBecause: state.lvbBecause === 'IDM-64' ? 'IDM-66' : state.lvbBecause,
  }));
}

function refresh(state: MutexState, call: Call, world: World): Outcome[] {
  if (state.kind === 'absent') return notFound(state, call);
  if (state.kind === 'released') return refused(state, call, 'IDM-43', 'RC');
  const own = state.holders.find(({ host }) => host === call.host);
  if (own === undefined) return refused(state, call, strangerRule(state, call, 'IDM-51', 'IDM-42'), 'RC');
  if (!isClass(call.lockClass)) return noSuchClass(state, call);
  const others = state.holders.filter((other) => other !== own);
  const granted = (rule: RuleId) => ways(rule, ['GOOD'], ...renewed(state, call, world, rule, others));
  if (call.lockClass === state.lockClass) return granted(world.expired(own) ? 'IDM-41' : 'IDM-40');
  if (call.lockClass === SHARED) return granted('IDM-45');
  if (others.length === 0) return granted('IDM-46');
  return refused(state, call, others.every(world.expired) ? 'IDM-48' : 'IDM-47', 'CT');
}

function breakLock(state: MutexState, call: Call, world: World): Outcome[] {
  if (state.kind === 'absent') return notFound(state, call);
  if (state.kind === 'released') return refused(state, call, 'IDM-54', 'RC');
  if (!isClass(call.lockClass)) return noSuchClass(state, call);
  const others = state.holders.filter(({ host }) => host !== call.host);
  const protects = (other: Holder) => other.countdown !== ENDLESS_COUNTDOWN && !world.expired(other);
  if (others.some(protects)) return refusedBreak(state, call, world);
  return ways(
    breakRule(state, others, call),
    ['GOOD'],
    ...renewed(state, call, world, breakRule(state, others, call), []),
  );
}

function breakRule(state: Held, others: readonly Holder[], call: Call): RuleId {
  if (others.length === 0) return 'IDM-55';
  if (others.some(({ countdown }) => countdown === ENDLESS_COUNTDOWN)) return 'IDM-56';
  const member = others.length < state.holders.length;
  return member && call.lockClass === EXCLUSIVE ? 'IDM-52' : 'IDM-49';
}

/** No live holder loses its lock (IDM-53); the expired ones may go, and whether the caller's own may, nobody says. */
function refusedBreak(state: Held, call: Call, { profile, expired }: World): Outcome[] {
  const without = (goes: (other: Holder) => boolean): Outcome[] => {
    const holders = state.holders.filter((other) => !goes(other));
    return refused({ ...state, holders }, call, 'IDM-53', 'RC');
  };
  return profile.refusedBreakEvicts.flatMap((evicts) =>
    evicts
      ? [...without((other) => expired(other) && other.host !== call.host), ...without(expired)]
      : refused(state, call, 'IDM-53', 'RC'),
  );
}

function destroy(state: MutexState, call: Call, { profile, expired }: World): Outcome[] {
  if (state.kind === 'absent') return notFound(state, call);
  const gone = (rule: RuleId): MutexState => ({ kind: 'absent', because: rule, reasons: new Map() });
  if (state.kind === 'released') return ways('IDM-57', ['GOOD'], gone('IDM-57'));
  if (!state.holders.every(expired)) return refused(state, call, 'IDM-58', 'RC');
  return profile.destroyExpired.flatMap((answer) =>
    answer === 'GOOD' ? ways('IDM-59', [answer], gone('IDM-59')) : refused(state, call, 'IDM-59', answer),
  );
}
