/** Expected results: what a run is held against instead of the rule that a MUST must pass (docs/baselines.md). */
import type { Lvm } from '../plan/lvm.js';
import type { Tier } from '../plan/definition.js';
import { EXIT, exitStatus, isTested } from './exit-status.js';
import { CHANGED } from './judgement.js';
import { compareKernelVersions, flavourOf, kernelNames } from './kernel-order.js';
import type { KernelRun, RequirementResult, RunResults } from './model.js';

/**
 * What can be expected of a requirement on a kernel. `changed` is a quirk that is not as recorded. Infra and unknown
 * say nothing about a kernel, so that nobody can expect them.
 */
export const EXPECTATIONS = ['pass', 'fail', 'changed', 'not-applicable'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

/** What can be expected of a kernel: its tests run, or it lacks what they need. */
export const KERNEL_EXPECTATIONS = ['tested', 'not-applicable'] as const;
export type KernelExpectation = (typeof KERNEL_EXPECTATIONS)[number];

/** What is expected of the tests of one tier. */
export interface BaselineSection {
  /** By {@link kernelKey}. */
  readonly kernels: ReadonlyMap<string, KernelExpectation>;
  /** By id of the requirement, then by key of the kernel; what no test is about is absent. */
  readonly requirements: ReadonlyMap<string, ReadonlyMap<string, Expectation>>;
}

/** Expected results of runs with one daemon, userland and LVM. */
export interface Baseline {
  readonly daemon: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly sections: ReadonlyMap<Tier, BaselineSection>;
}

/** The results cannot be held against this baseline, or cannot become one; the message tells why. Bad usage. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
}

/** One thing that is not as the baseline says. */
export interface BaselineDifference {
  readonly kernel: string;
  /** Undefined: the kernel as a whole; `run`: the run as a whole. */
  readonly id: string | undefined;
  /** Undefined: nothing is expected. */
  readonly expected: string | undefined;
  /** Undefined: nothing was seen. */
  readonly seen: string | undefined;
  /** Why it is what was seen. */
  readonly reason: string;
  readonly result: RequirementResult | undefined;
}

/** What {@link compareWithBaseline} found. */
export interface BaselineComparison {
  readonly tier: Tier;
  readonly differences: readonly BaselineDifference[];
  /** How many expectations were looked at. */
  readonly compared: number;
  /** Kernels of the baseline that are not in the run; no difference. */
  readonly absent: readonly string[];
}

/**
 * What a baseline calls a kernel: its version and flavour (`6.1.192-cloud-amd64`), the version alone for kernels of
 * other makes. It does not change when Debian rebuilds the kernel with another ABI name.
 */
export function kernelKey({ version, release }: Pick<KernelRun, 'version' | 'release'>): string {
  const flavour = flavourOf(release);
  return flavour === '' ? version : `${version}-${flavour}`;
}

/** Oldest kernel first. */
export function compareKernelKeys(a: string, b: string): number {
  return compareKernelVersions(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** What was seen of a requirement, in the words of a baseline; undefined when no test was about it. */
function seenOf(result: RequirementResult): string | undefined {
  if (!isTested(result)) return undefined;
  return result.verdict === 'not-applicable' && result.reason.startsWith(CHANGED)
    ? 'changed'
    : result.verdict;
}

function isExpectation(seen: string): seen is Expectation {
  return EXPECTATIONS.some((expectation) => expectation === seen);
}

/** Throws {@link BaselineError} for the results of a shard, in which a requirement may lack some of its tests. */
function checkWhole({ run }: RunResults): void {
  if (run.shard === undefined) return;
  throw new BaselineError(
    `these are the results of shard ${run.shard.index} of ${run.shard.total}. Put the shards together with \`ulogcheck merge\`.`,
  );
}

/** The name of the daemon's profile, which may differ from the argument that chose it. */
function daemonOf({ requirements, run }: RunResults): string {
  return requirements[0]?.daemon ?? run.options.daemon;
}

/** What a run has in common with the baseline that it is held against or written to. */
function circumstances(results: RunResults): Omit<Baseline, 'sections'> {
  const { userland, lvm = 'stock' } = results.run.options;
  return { daemon: daemonOf(results), userland, lvm };
}

/** Throws {@link BaselineError} when the baseline is about something else than the run. */
function checkCircumstances(results: RunResults, baseline: Baseline): void {
  const own = circumstances(results);
  for (const name of ['daemon', 'userland', 'lvm'] as const) {
    if (own[name] === baseline[name]) continue;
    throw new BaselineError(
      `the baseline is about ${name} ${baseline[name]}, and this run has ${own[name]}. Keep a baseline for each.`,
    );
  }
}

const selectedOn = ({ requirements }: RunResults, { label }: KernelRun): RequirementResult[] =>
  requirements.filter(({ kernel, selected }) => selected && kernel === label);

function compareKernel(
  kernel: KernelRun,
  name: string,
  section: BaselineSection | undefined,
  results: RunResults,
): { readonly differences: BaselineDifference[]; readonly compared: number } {
  const key = kernelKey(kernel);
  const expected = section?.kernels.get(key);
  const about = { kernel: name, id: undefined, result: undefined };
  if (expected !== kernel.state) {
    const { state: seen, reason } = kernel;
    const told = expected === undefined ? `${key} is not in the baseline; ${reason}` : reason;
    return { differences: [{ ...about, expected, seen, reason: told }], compared: 1 };
  }
  if (expected !== 'tested') return { differences: [], compared: 1 };
  const differences: BaselineDifference[] = [];
  let compared = 1;
  for (const result of selectedOn(results, kernel)) {
    const wanted = section?.requirements.get(result.id)?.get(key);
    const seen = seenOf(result);
    if (wanted !== undefined || seen !== undefined) compared += 1;
    if (wanted === seen) continue;
    differences.push({ kernel: name, id: result.id, expected: wanted, seen, reason: result.reason, result });
  }
  return { differences, compared };
}

/**
 * What is not as expected on the kernels of a run, and in what it selected: another verdict, a requirement that is
 * tested and not expected or expected and not tested, a kernel that the baseline does not have or that could not be
 * tested. What the run did not select or bring up is not looked at. Throws {@link BaselineError} for results of
 * another daemon, userland or LVM.
 */
export function compareWithBaseline(results: RunResults, baseline: Baseline): BaselineComparison {
  checkWhole(results);
  checkCircumstances(results, baseline);
  const { tier } = results.run.options;
  const section = baseline.sections.get(tier);
  const names = kernelNames(results.kernels);
  const each = results.kernels.map((kernel) =>
    compareKernel(kernel, names.get(kernel.label) ?? kernel.label, section, results),
  );
  const keys = new Set(results.kernels.map(kernelKey));
  return {
    tier,
    differences: each.flatMap(({ differences }) => differences),
    compared: each.reduce((sum, { compared }) => sum + compared, 0),
    absent: [...(section?.kernels.keys() ?? [])].filter((key) => !keys.has(key)),
  };
}

/** What cannot be expected by anybody: infra and unknown, with the place where it was seen. Empty: all can. */
export function unrecordable(results: RunResults): BaselineDifference[] {
  const names = kernelNames(results.kernels);
  const whole = { id: 'run', kernel: 'all kernels', expected: undefined, seen: 'infra', result: undefined };
  const ofRun = results.run.errors.map((reason): BaselineDifference => ({ ...whole, reason }));
  const ofKernels = results.kernels.flatMap((kernel): BaselineDifference[] => {
    const name = names.get(kernel.label) ?? kernel.label;
    const common = { kernel: name, expected: undefined };
    if (kernel.state === 'infra')
      return [{ ...common, id: undefined, seen: 'infra', reason: kernel.reason, result: undefined }];
    return selectedOn(results, kernel).flatMap((result) => {
      const seen = seenOf(result);
      if (seen === undefined || isExpectation(seen)) return [];
      return [{ ...common, id: result.id, seen, reason: result.reason, result }];
    });
  });
  return [...ofRun, ...ofKernels];
}

/** Records one kernel of a run: all that was selected on it, the rest as it was. */
function record(
  kernel: KernelRun,
  results: RunResults,
  kernels: Map<string, KernelExpectation>,
  requirements: Map<string, Map<string, Expectation>>,
): void {
  const key = kernelKey(kernel);
  if (kernel.state === 'infra') throw new BaselineError(`${key} was not tested: ${kernel.reason}`);
  kernels.set(key, kernel.state);
  if (kernel.state === 'not-applicable') for (const expected of requirements.values()) expected.delete(key);
  if (kernel.state !== 'tested') return;
  for (const result of selectedOn(results, kernel)) {
    const seen = seenOf(result);
    const expected = requirements.get(result.id) ?? new Map<string, Expectation>();
    requirements.set(result.id, expected);
    if (seen === undefined) expected.delete(key);
    else if (isExpectation(seen)) expected.set(key, seen);
    else throw new BaselineError(`${result.id} is ${seen} on ${key}, which nobody can expect`);
  }
}

/** Two kernels of one key must show the same, since a baseline holds them for one. Throws {@link BaselineError}. */
function checkTwins(results: RunResults): void {
  const seen = new Map<string, string | undefined>();
  for (const kernel of results.kernels) {
    const key = kernelKey(kernel);
    for (const result of selectedOn(results, kernel)) {
      const place = `${key} ${result.id}`;
      const verdict = seenOf(result);
      if (seen.has(place) && seen.get(place) !== verdict) {
        throw new BaselineError(
          `two kernels of this run are ${key} in a baseline, and ${result.id} is ${String(seen.get(place))} on one ` +
            `and ${String(verdict)} on ${kernel.label}. Run one of them only.`,
        );
      }
      seen.set(place, verdict);
    }
  }
}

/**
 * The baseline with the results of a run in place of what it says about the same tier, kernels and requirements.
 * Throws {@link BaselineError} for results that nobody can expect ({@link unrecordable}), and for those of another
 * daemon, userland or LVM than the baseline's.
 */
export function recordBaseline(results: RunResults, before: Baseline | undefined): Baseline {
  checkWhole(results);
  if (before !== undefined) checkCircumstances(results, before);
  const [error] = results.run.errors;
  if (error !== undefined) throw new BaselineError(`something went wrong in the run: ${error}`);
  checkTwins(results);
  const { tier } = results.run.options;
  const section = before?.sections.get(tier);
  const kernels = new Map(section?.kernels);
  const requirements = new Map(
    [...(section?.requirements ?? [])].map(([id, expected]) => [id, new Map(expected)]),
  );
  for (const kernel of results.kernels) record(kernel, results, kernels, requirements);
  for (const [id, expected] of requirements) if (expected.size === 0) requirements.delete(id);
  return {
    ...circumstances(results),
    sections: new Map([...(before?.sections ?? []), [tier, { kernels, requirements }]]),
  };
}

/**
 * The exit status of a run that was held against a baseline: as without one when it was interrupted or infra; else 1
 * for any difference; else what programs and findings about the kernel say, which no baseline expects. A MUST that
 * fails as expected does not change it.
 */
export function statusAgainst(
  { differences }: Pick<BaselineComparison, 'differences'>,
  { requirements, run, programs, findings }: RunResults,
): number {
  const circumstances = { ...run, findings, programs, strict: run.options.strict };
  const usual = exitStatus(requirements, circumstances);
  if (usual === EXIT.interrupted || usual === EXIT.infra) return usual;
  if (differences.length > 0) return EXIT.failed;
  const accepted = requirements.map((result) =>
    result.verdict === 'fail' ? { ...result, verdict: 'pass' as const } : result,
  );
  return exitStatus(accepted, circumstances);
}
