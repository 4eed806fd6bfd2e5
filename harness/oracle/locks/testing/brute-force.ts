/** Linearizability by trying everything: every order, every tick. For histories of a few calls; the check of the search. */
import { compareEntries } from '../listing.js';
import { absent, NEVER_LOCKED, type Holder, type MutexState } from '../mutex-state.js';
import type { Operation } from '../operations.js';
import type { LockProfile } from '../profile.js';
import { step, type Outcome } from '../step.js';
import { ENDLESS_COUNTDOWN, type Call } from '../vocabulary.js';
import type { Block } from '../wire.js';

/** One millisecond of a lease is one tick here. */
export const expiredAt =
  (tick: number) =>
  ({ countdown, granted }: Holder): boolean =>
    countdown === 0n || (countdown !== ENDLESS_COUNTDOWN && BigInt(tick) - granted > countdown);

/** How a call may end at a tick. */
export function endings(
  state: MutexState,
  call: Call,
  tick: number,
  profile: LockProfile,
): readonly Outcome[] {
  const room = () => ['GOOD'] as const;
  return step(state, call, { profile, now: BigInt(tick), serial: 0, expired: expiredAt(tick), room });
}

/** What a list read at a tick shows of the mutex. */
export function shownAt(state: MutexState, tick: number): Block[] {
  if (state.kind === 'absent') return [];
  const expired = expiredAt(tick);
  const common = { lockClass: state.lockClass, lvb: state.lvb, lvbTop: 0, resource: '72', blank: false };
  const echo = ({
    timeNow: [timeNow = 0n],
    countdown: [countdown = 0n],
    metadata: [metadata = ''],
  }: Holder['echo']) => ({
    timeNow,
    countdown,
    metadata,
  });
  if (state.kind === 'released') return [{ ...common, ...echo(state.echo), host: state.host, state: 0x102n }];
  const live = state.holders.filter((holder) => !expired(holder)).length;
  return state.holders.map((holder) => ({
    ...common,
    ...echo(holder.echo),
    host: holder.host,
    state: expired(holder) ? 0x104n : live > 1 ? 0x103n : 0x101n,
  }));
}

/** True when some order at some ticks explains every answer. */
export function isLinearizable(operations: readonly Operation[], profile: LockProfile): boolean {
  const last = Math.max(...operations.map(({ end }) => (end === Infinity ? 0 : end)));
  const seen = new Set<Operation>();
  const search = (state: MutexState, from: number): boolean => {
    if (operations.every((operation) => seen.has(operation) || operation.answer === undefined)) return true;
    return operations.some((operation) => {
      if (seen.has(operation)) return false;
      seen.add(operation);
      const { start, end } = operation;
      for (let tick = Math.max(from, start); tick <= Math.min(end, last); tick += 1)
        if (nextStates(state, operation, tick, profile).some((next) => search(next, tick))) return true;
      seen.delete(operation);
      return false;
    });
  };
  return search(NEVER_LOCKED, 0);
}

function nextStates(
  state: MutexState,
  { asked, answer }: Operation,
  tick: number,
  profile: LockProfile,
): MutexState[] {
  switch (asked.kind) {
    case 'wipe':
      return [absent('IDM-13')];
    case 'read': {
      const view = { profile, expired: expiredAt(tick), now: 0n, cut: asked.cut, last: undefined };
      return compareEntries(state, asked.blocks, view).length === 0 ? [state] : [];
    }
    case 'op':
      return endings(state, asked.call, tick, profile).flatMap((ending) =>
        answer === undefined || ending.answer === answer ? [ending.next] : [],
      );
  }
}
