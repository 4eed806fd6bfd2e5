/** Random histories of calls about one mutex: as a drive that is right would answer them, and with one answer changed. */
import fc from 'fast-check';
import { NEVER_LOCKED, type MutexState } from '../mutex-state.js';
import type { Asked, Operation } from '../operations.js';
import { PRESCRIBED, type LockProfile } from '../profile.js';
import type { Answer, Call, Op } from '../vocabulary.js';
import { endings, shownAt } from './brute-force.js';

/** A profile without side effects that nobody can see. */
export const PLAIN: LockProfile = { ...PRESCRIBED, relockExpired: ['CT'], refusedBreakEvicts: [false] };

export const OPS: readonly Op[] = [
  'trylock',
  'trylock',
  'unlock',
  'refresh',
  'break',
  'destroy',
  'init',
  'lock',
];

/** A call with everything that does not matter here left out. */
export function call(op: Op, host: string, more: Partial<Call> = {}): Call {
  const store = op === 'unlock' ? 1 : 0;
  return {
    op,
    host,
    lockClass: 0n,
    countdown: 9n,
    timeNow: 0n,
    metadata: '',
    control: store,
    lvb: '00'.repeat(7),
    ...more,
  };
}

/** One call before it is answered: when it begins, how long the drive takes, how long the way back takes. */
interface Plan {
  readonly op: Op | 'read';
  readonly host: string;
  readonly lockClass: bigint;
  readonly countdown: bigint;
  readonly start: number;
  readonly way: number;
  readonly back: number;
  readonly lost: boolean;
}

const plans = (ticks: number, longest: number): fc.Arbitrary<Plan> =>
  fc.record(
    {
      op: fc.constantFrom<(Op | 'read')[]>(...OPS, 'read'),
      host: fc.constantFrom('A', 'B', 'C'),
      lockClass: fc.constantFrom(0n, 2n, 2n),
      countdown: fc.constantFrom(0n, 1n, 2n, 3n, 99n),
      start: fc.nat(ticks),
      way: fc.nat(longest),
      back: fc.nat(longest),
      lost: fc.constantFrom(false, false, false, false, false, true),
    },
    { noNullPrototype: true },
  );

/** Calls as a drive answers that is right; a host has one call under way at a time unless its answer was lost. */
export function rightHistories(most: number, ticks = 10, longest = 3): fc.Arbitrary<Operation[]> {
  return fc.array(plans(ticks, longest), { minLength: 1, maxLength: most }).map((all) => {
    const planned = all.map((plan, event) => ({ ...plan, event, at: plan.start + plan.way }));
    let state: MutexState = NEVER_LOCKED;
    return planned
      .toSorted((a, b) => a.at - b.at)
      .map(({ op, host, lockClass, countdown, start, at, back, lost, event }): Operation => {
        const base = { event, host, start, end: lost ? Infinity : at + back };
        if (op === 'read') {
          const asked: Asked = { kind: 'read', blocks: shownAt(state, at), cut: false };
          return { ...base, asked, end: at + back, answer: 'GOOD' };
        }
        const asked = call(op, host, {
          lockClass,
          countdown,
          lvb: `${String(event).padStart(2, '0')}${'00'.repeat(6)}`,
        });
        const [ending] = endings(state, asked, at, PLAIN);
        state = ending?.next ?? state;
        return { ...base, asked: { kind: 'op', call: asked }, answer: lost ? undefined : ending?.answer };
      });
  });
}

const ANSWERS: readonly Answer[] = ['GOOD', 'RC', 'CT', 'OOR'];

/** The same with one answer changed, which may still be right. */
export function changedHistories(most: number): fc.Arbitrary<Operation[]> {
  return fc
    .tuple(rightHistories(most), fc.nat(), fc.constantFrom(...ANSWERS))
    .map(([history, index, answer]) =>
      history.map((operation, n) => {
        if (n !== index % history.length || operation.answer === undefined) return operation;
        return operation.asked.kind === 'op'
          ? { ...operation, answer }
          : { ...operation, asked: { ...operation.asked, blocks: [] } as Asked };
      }),
    );
}
