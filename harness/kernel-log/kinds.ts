/**
 * What a kernel can report about itself, by what follows from it:
 * - `panic`: it stopped. `oops`: a fault in kernel mode. `bug`: an assertion that kills the task, or damaged data.
 * - `memory-error`: KASAN, KFENCE, KMSAN and SLUB saw a wild access.
 * - `warning`: WARN, UBSAN, KCSAN, sleeping while atomic: something is wrong, and the kernel goes on.
 * - `lockdep`: a lock order or lock state that can go wrong.
 * - `hung-task`, `soft-lockup`, `hard-lockup`, `rcu-stall`, `workqueue-lockup`: something does not get on.
 * - `clock`: a clock source was found unfit.
 */
export const FINDING_KINDS = [
  'panic',
  'oops',
  'bug',
  'memory-error',
  'warning',
  'lockdep',
  'hung-task',
  'soft-lockup',
  'hard-lockup',
  'rcu-stall',
  'workqueue-lockup',
  'clock',
] as const;

/** One of {@link FINDING_KINDS}. */
export type FindingKind = (typeof FINDING_KINDS)[number];

/** How a kind is to be taken. */
interface Nature {
  /** After it the kernel can no longer be expected to do anything right: what is missing may be its consequence. */
  readonly fatal: boolean;
  /**
   * How a guest that the host starves reports it too (spec vm 8): `busy` kinds claim that a CPU did nothing else, so
   * it must have run; `waiting` kinds are also true of an idle CPU, so it must not have been kept from running.
   */
  readonly starvable: 'no' | 'busy' | 'waiting';
}

const NATURES: Readonly<Record<FindingKind, Nature>> = {
  panic: { fatal: true, starvable: 'no' },
  oops: { fatal: true, starvable: 'no' },
  bug: { fatal: true, starvable: 'no' },
  'memory-error': { fatal: true, starvable: 'no' },
  warning: { fatal: false, starvable: 'no' },
  lockdep: { fatal: false, starvable: 'no' },
  // A daemon that does not answer makes tasks hang: what else is missing is then the daemon's doing.
  'hung-task': { fatal: false, starvable: 'waiting' },
  'soft-lockup': { fatal: true, starvable: 'busy' },
  'hard-lockup': { fatal: true, starvable: 'busy' },
  'rcu-stall': { fatal: true, starvable: 'busy' },
  'workqueue-lockup': { fatal: true, starvable: 'busy' },
  clock: { fatal: false, starvable: 'waiting' },
};

/** True when nothing that the kernel does or fails to do afterwards can be held against anybody. */
export function isFatal(kind: FindingKind): boolean {
  return NATURES[kind].fatal;
}

/** Whether, and on what condition, a starved guest reports this without being at fault. */
export function starvability(kind: FindingKind): 'no' | 'busy' | 'waiting' {
  return NATURES[kind].starvable;
}
