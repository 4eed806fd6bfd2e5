import type { Verdict } from './model.js';

/** Worst first: one failing test outweighs any number of others, and doubt outweighs success. */
const PRECEDENCE: readonly Verdict[] = ['fail', 'infra', 'unknown', 'pass', 'not-applicable'];

/**
 * The verdict on a requirement over several tests: fail, then infra, then unknown, then pass; not-applicable
 * only when every test says so. Without any test: unknown.
 */
export function combineVerdicts(verdicts: readonly Verdict[]): Verdict {
  return PRECEDENCE.find((verdict) => verdicts.includes(verdict)) ?? 'unknown';
}
