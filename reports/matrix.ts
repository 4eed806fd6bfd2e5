/** The results of a run as a matrix: its kernels, and what was seen of each requirement on each of them. */
import { isTested } from '../harness/results/exit-status.js';
import { CHANGED } from '../harness/results/judgement.js';
import { kernelNames } from '../harness/results/kernel-order.js';
import type { KernelRun, RequirementResult, RunResults, Verdict } from '../harness/results/model.js';

/** A column. */
export interface MatrixKernel {
  readonly run: KernelRun;
  /** What reports call it: its version, where no other kernel of the run has the same. */
  readonly name: string;
}

/** What was seen of one requirement on one kernel. */
export interface MatrixCell {
  readonly kernel: MatrixKernel;
  readonly result: RequirementResult | undefined;
  /** One word: a verdict, `known` defect, `changed` quirk, or `–` for what no test was about. */
  readonly text: string;
  /** Undefined: not tested. */
  readonly verdict: Verdict | undefined;
}

/** A row: a requirement and its variant. */
export interface MatrixRow {
  readonly id: string;
  readonly variant: string | null;
  readonly family: string;
  readonly level: Weight;
  readonly sentence: string;
  readonly selected: boolean;
  /** One for each kernel. */
  readonly cells: readonly MatrixCell[];
  /** Whether not all kernels on which it was tested show the same. */
  readonly differs: boolean;
}

/** What {@link matrixOf} makes. */
export interface Matrix {
  readonly kernels: readonly MatrixKernel[];
  readonly rows: readonly MatrixRow[];
}

/** In a cell of what no test was about. */
export const UNTESTED = '–';

/** What weight a requirement has: its level, or that it rests on an inference or a choice of ours. */
export function weightWord({ level, basis }: Pick<RequirementResult, 'level' | 'basis'>): Weight {
  return basis ?? level;
}

/** Weights, the gravest first. */
export const WEIGHTS = ['MUST', 'SHOULD', 'QUIRK', 'profile'] as const;
export type Weight = (typeof WEIGHTS)[number];

/** A verdict in one word, as cells and tables show it. */
export function verdictWord({
  verdict,
  known,
  reason,
}: Pick<RequirementResult, 'verdict' | 'known' | 'reason'>): string {
  if (known) return 'known';
  if (verdict !== 'not-applicable') return verdict;
  return reason.startsWith(CHANGED) ? 'changed' : 'n/a';
}

function cellOf(kernel: MatrixKernel, result: RequirementResult | undefined): MatrixCell {
  return result !== undefined && isTested(result)
    ? { kernel, result, text: verdictWord(result), verdict: result.verdict }
    : { kernel, result, text: UNTESTED, verdict: undefined };
}

/** The family of an id: `LUID`. */
export function familyOf(id: string): string {
  return id.split('-')[0] ?? id;
}

/** The kernels of a run and all its requirements, both in the order in which the results have them. */
export function matrixOf(results: Pick<RunResults, 'kernels' | 'requirements'>): Matrix {
  const names = kernelNames(results.kernels);
  const kernels = results.kernels.map((run) => ({ run, name: names.get(run.label) ?? run.label }));
  const groups = new Map<string, Map<string, RequirementResult>>();
  for (const result of results.requirements) {
    const key = JSON.stringify([result.id, result.variant]);
    const row = groups.get(key) ?? new Map<string, RequirementResult>();
    groups.set(key, row.set(result.kernel, result));
  }
  const rows = [...groups.values()].flatMap((byKernel): MatrixRow[] => {
    const [first] = byKernel.values();
    if (first === undefined) return [];
    const cells = kernels.map((kernel) => cellOf(kernel, byKernel.get(kernel.run.label)));
    const seen = new Set(
      cells.filter(({ verdict, kernel }) => verdict !== undefined && isUp(kernel)).map(({ text }) => text),
    );
    const { id, variant, sentence } = first;
    const level = weightWord(first);
    const selected = [...byKernel.values()].some((result) => result.selected);
    return [{ id, variant, level, sentence, selected, cells, family: familyOf(id), differs: seen.size > 1 }];
  });
  return { kernels, rows };
}

/** Whether the tests of the run could be run on the kernel. */
export function isUp({ run }: MatrixKernel): boolean {
  return run.state === 'tested';
}

/** The id of a row, with its variant. */
export function rowName({ id, variant }: Pick<MatrixRow, 'id' | 'variant'>): string {
  return variant === null ? id : `${id} (${variant})`;
}
