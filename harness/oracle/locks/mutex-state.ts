/** What the specification knows of one mutex, and how operations change it. All values are immutable. */
import { EXCLUSIVE, SHARED, ZERO_LVB, type Call, type RuleId } from './vocabulary.js';

/** What a list read echoes of an entry; several values where the specification does not say which. */
export interface Echo {
  readonly countdown: readonly bigint[];
  readonly timeNow: readonly bigint[];
  readonly metadata: readonly string[];
}

/** A host that holds the mutex. */
export interface Holder {
  readonly host: string;
  /** Length of the lease, ms. */
  readonly countdown: bigint;
  /** When the lease began: drive's time in ns, or whatever else `expired` understands. */
  readonly granted: bigint;
  readonly echo: Echo;
  /** Place among all entries of the drive, in the order in which they were made; undefined: nobody says. */
  readonly made: number | undefined;
  /** The rule by which it holds. */
  readonly because: RuleId;
}

/** Why a host is not among the holders: the rule that removed or refused it. */
export type Reasons = ReadonlyMap<string, RuleId>;

/** A mutex of a drive, or that there is none. */
export type MutexState =
  | { readonly kind: 'absent'; readonly because: RuleId; readonly reasons: Reasons }
  | {
      readonly kind: 'released';
      readonly lockClass: bigint;
      readonly lvb: string;
      readonly lvbBecause: RuleId;
      readonly host: string;
      readonly echo: Echo;
      readonly made: number | undefined;
      readonly because: RuleId;
      readonly reasons: Reasons;
    }
  | {
      readonly kind: 'held';
      readonly lockClass: bigint;
      readonly lvb: string;
      readonly lvbBecause: RuleId;
      /** In the order in which their entries were made, as far as that is known. */
      readonly holders: readonly Holder[];
      readonly reasons: Reasons;
    };

export type Held = Extract<MutexState, { kind: 'held' }>;
export type Released = Extract<MutexState, { kind: 'released' }>;

/** Before anybody locked it. */
export const NEVER_LOCKED: MutexState = { kind: 'absent', because: 'IDM-22', reasons: new Map() };

/** Removed by a rule. */
export function absent(because: RuleId): MutexState {
  return { kind: 'absent', because, reasons: new Map() };
}

/** Rules by which a BREAK removes others. */
const OUSTERS: readonly (RuleId | undefined)[] = ['IDM-49', 'IDM-52', 'IDM-56'];

/** True when a BREAK of somebody else is why the host does not hold the mutex. */
export function wasOusted({ reasons }: MutexState, host: string): boolean {
  return OUSTERS.includes(reasons.get(host));
}

/** The state, with the rule by which that host holds nothing; that it was ousted outlasts refusals. */
export function withReason<S extends MutexState>(state: S, host: string, because: RuleId): S {
  if (wasOusted(state, host)) return state;
  return { ...state, reasons: new Map([...state.reasons, [host, because]]) };
}

/** A lease that begins now. */
export function holder(call: Call, granted: bigint, made: number | undefined, because: RuleId): Holder {
  const { host, countdown, timeNow, metadata } = call;
  const echo = { countdown: [countdown], timeNow: [timeNow], metadata: [metadata] };
  return { host, countdown, granted, echo, made, because };
}

/** A mutex that an absent one becomes when it is locked; its LVB is zero (IDM-63, after a removal IDM-68). */
export function locked(before: MutexState, first: Holder, lockClass: bigint, lvb?: string): Held {
  const lvbBecause = before.kind === 'absent' && before.because !== 'IDM-22' ? 'IDM-68' : 'IDM-63';
  const kept = before.kind === 'absent' ? ZERO_LVB : before.lvb;
  const reasons = new Map(before.reasons);
  if (before.kind === 'released') reasons.set(before.host, 'IDM-28');
  reasons.delete(first.host);
  return {
    kind: 'held',
    lockClass,
    lvb: lvb ?? kept,
    lvbBecause: before.kind === 'absent' ? lvbBecause : before.lvbBecause,
    holders: [first],
    reasons,
  };
}

/** The states after the holder left; `keep` as in the profile. What an UNLOCK does to the echo nobody says. */
export function released(state: Held, call: Call, keep: readonly boolean[]): MutexState[] {
  const own = state.holders.find(({ host }) => host === call.host);
  const others = state.holders.filter((other) => other !== own);
  if (own === undefined) return [state];
  if (others.length > 0) return [withReason({ ...state, holders: others }, call.host, 'IDM-36')];
  const { countdown, timeNow, metadata } = own.echo;
  const record: Released = {
    kind: 'released',
    lockClass: state.lockClass,
    lvb: state.lvb,
    lvbBecause: state.lvbBecause,
    host: call.host,
    made: own.made,
    echo: {
      countdown: [...countdown, call.countdown],
      timeNow,
      metadata: [...metadata, call.metadata],
    },
    because: 'IDM-33',
    reasons: state.reasons,
  };
  if (state.lockClass === EXCLUSIVE) return [record];
  const gone = absent('IDM-35');
  // Of class 1 nothing is said.
  if (state.lockClass !== SHARED) return [record, gone];
  return keep.map((kept) => (kept ? { ...record, because: 'IDM-35' } : gone));
}

/** A text that is equal for equal states, whatever led to them. */
export function keyOf(state: MutexState): string {
  return JSON.stringify(state, (name, value: unknown) => {
    if (name === 'because' || name === 'lvbBecause' || name === 'reasons') return undefined;
    return typeof value === 'bigint' ? value.toString() : value;
  });
}
