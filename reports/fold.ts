/** What is the same on several kernels is told once. */
import { withoutNumbers } from '../harness/results/changes.js';
import { kernelNames } from '../harness/results/kernel-order.js';
import type { RequirementResult, RunResults } from '../harness/results/model.js';

/** Entries that say the same of several kernels. */
export interface Folded<T> {
  /** The one of the first kernel; what has numbers in it, such as times, is from there. */
  readonly first: T;
  /** Names of kernels, oldest first. */
  readonly kernels: readonly string[];
}

/** Folds entries that have one key, in the order in which they are first met. */
export function fold<T extends { readonly kernel: string }>(
  entries: readonly T[],
  { kernels }: Pick<RunResults, 'kernels'>,
  key: (entry: T) => unknown,
): Folded<T>[] {
  const names = kernelNames(kernels);
  const groups = new Map<string, { first: T; kernels: string[] }>();
  for (const entry of entries) {
    const name = names.get(entry.kernel) ?? entry.kernel;
    const id = JSON.stringify(key(entry));
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { first: entry, kernels: [name] });
    else if (!group.kernels.includes(name)) group.kernels.push(name);
  }
  return [...groups.values()];
}

/** Folds the same verdict on one requirement, for the same reasons but for numbers, on several kernels. */
export function foldResults(
  requirements: readonly RequirementResult[],
  results: Pick<RunResults, 'kernels'>,
): Folded<RequirementResult>[] {
  return fold(requirements, results, ({ id, variant, verdict, known, selected, reason, failures }) => [
    ...[id, variant, verdict, known, selected, withoutNumbers(reason)],
    failures.map(({ by, expected, seen, test }) => [by, expected, withoutNumbers(seen), test]),
  ]);
}

/** Folds one finding in one test on several kernels. */
export function foldFindings(results: RunResults): Folded<RunResults['findings'][number]>[] {
  return fold(results.findings, results, ({ finding, title, test, allowed }) => [
    finding,
    withoutNumbers(title),
    test,
    allowed ?? null,
  ]);
}
