import type { Verdict } from './model.js';

/** One run of the suite among many: what each test came to, by title. */
export interface FlakeRun {
  /** A busy loop ran beside it. */
  readonly loaded: boolean;
  readonly seconds: number;
  /** Exit status of the run; null when a signal ended it. */
  readonly status: number | null;
  readonly verdicts: ReadonlyMap<string, { readonly verdict: Verdict; readonly reason: string }>;
}

/** Probability of at most `failures` failures in `runs` runs that fail with probability `p` each. */
function atMost(failures: number, runs: number, p: number): number {
  let term = (1 - p) ** runs;
  let sum = term;
  for (let k = 1; k <= failures; k++) {
    term *= ((runs - k + 1) / k) * (p / (1 - p));
    sum += term;
  }
  return sum;
}

/**
 * The 95% upper bound of the probability that a run fails, after `failures` of `runs` did (Clopper and Pearson,
 * one-sided): with a larger probability so few failures would be seen in less than 5% of all cases. 1 without runs.
 */
export function upperBound(failures: number, runs: number): number {
  if (failures >= runs) return 1;
  let [low, high] = [0, 1];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (atMost(failures, runs, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}
