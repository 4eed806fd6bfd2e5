import type { ProgressSink } from '../progress.js';
import type { UnderTest } from '../plan/definition.js';
import { remainingTests, type PlannedKernel, type RunPlan } from '../plan/run-plan.js';
import type { PreparedKernel, SharedOptions, UnpreparedKernel } from '../plan/prepared.js';
import { UsageError, explainError } from './errors.js';
import type { Interruption } from './interruption.js';

/** As many lines of what is wrong with a kernel are kept for its reason. */
const REASON_LINES = 6;

/** The first lines of an error's text, which say what was wrong and what to do. */
export function reasonOf(error: unknown): string {
  const lines = explainError(error).text.trim().split('\n');
  const more = lines.length - REASON_LINES;
  return [...lines.slice(0, REASON_LINES), ...(more > 0 ? [`(${more} more lines)`] : [])].join('\n');
}

/** A kernel that lacks what tests need, or that could not be had or booted. */
function unprepared(kernel: PlannedKernel, error: unknown, preparedMs: number): PlannedKernel {
  const lacks = error instanceof Error && error.name === 'KernelLacksError';
  return {
    ...kernel,
    state: lacks ? 'not-applicable' : 'infra',
    reason: reasonOf(error),
    preparedMs: kernel.preparedMs + preparedMs,
  };
}

/** What the tests of a plan are about. */
function sidesOf({ runs }: RunPlan): Set<UnderTest> {
  return new Set(runs.flatMap(({ tests }) => tests.map(({ underTest }) => underTest)));
}

/** The kernels of a plan on which tests are still to be run, as far as is known before any of them is prepared. */
export function kernelsToPrepare(plan: RunPlan): readonly PlannedKernel[] {
  const hopeful: RunPlan = {
    ...plan,
    kernels: plan.kernels.map((kernel) => ({ ...kernel, state: 'ready' })),
  };
  return plan.kernels.filter(
    ({ label, state }) =>
      state !== 'not-applicable' &&
      plan.runs.some((run) => run.kernel === label && remainingTests(hopeful, run).length > 0),
  );
}

/** What of an environment decides what its tests see: a run that goes on must find it as it was. */
function essence(environment: unknown): string {
  const { qemu, plain, subjects } = environment as {
    readonly qemu: { readonly version: string };
    readonly plain: { readonly rootImage: string; readonly layers: readonly string[] };
    readonly subjects: Readonly<
      Record<string, { profile: unknown; rootImage: string; layers: readonly string[] }>
    >;
  };
  const images = Object.entries(subjects).map(([name, { profile, rootImage, layers }]) => [
    ...[name, profile, rootImage, layers],
  ]);
  return JSON.stringify([qemu.version, plain.rootImage, plain.layers, images]);
}

/** Throws {@link UsageError}: `label` is not what tests of this run have had. */
function refuse(label: string, changed: string): never {
  throw new UsageError(
    `--resume: kernel ${label} ${changed} than when the run began, so that its results would be mixed. ` +
      'Start a new run, without --resume.',
  );
}

/**
 * Whether tests of the run may have had the kernel: it was prepared, in this session or in one before. That it could not
 * be prepared since does not change what they had.
 */
function wasPrepared({ environment }: Pick<PlannedKernel, 'environment'>): boolean {
  return environment !== null;
}

/** Throws {@link UsageError} when a kernel, or what its nodes are made of, is not what tests of this run have had. */
function checkSame(before: PlannedKernel, now: Pick<PlannedKernel, 'identity' | 'environment'>): void {
  if (!wasPrepared(before)) return;
  if (JSON.stringify(before.identity) !== JSON.stringify(now.identity))
    refuse(before.label, 'is another one');
  if (essence(before.environment) !== essence(now.environment))
    refuse(before.label, 'has nodes of other files (QEMU, userland or daemon)');
}

/**
 * A kernel of a plan after it was prepared, or could not be. Throws {@link UsageError} when it is not what tests of this
 * run have had: another one, or one that lacks what it had.
 */
export function afterPreparing(
  before: PlannedKernel,
  made: PreparedKernel | UnpreparedKernel,
): PlannedKernel {
  if ('error' in made) {
    const kernel = unprepared(before, made.error, made.preparedMs);
    if (kernel.state === 'not-applicable' && wasPrepared(before))
      refuse(before.label, 'is another one, which lacks what the tests need,');
    return kernel;
  }
  const { environment } = made;
  const identity = [...made.identity];
  checkSame(before, { identity, environment });
  const preparedMs = before.preparedMs + made.preparedMs;
  return { ...before, state: 'ready', reason: '', preparedMs, identity, environment };
}

/**
 * Prepares the kernels of a plan on which tests are to be run, and returns the plan with what came of it. What is wrong
 * with one kernel is told to `onFailure` at once and kept in the plan; what is wrong for all of them throws.
 */
export async function preparePlan(
  plan: RunPlan & Required<Pick<RunPlan, 'asked'>>,
  golden: SharedOptions['golden'],
  progress: ProgressSink,
  interruption: Interruption,
  onFailure: (kernel: PlannedKernel) => void,
): Promise<RunPlan & Required<Pick<RunPlan, 'asked'>>> {
  const kernels = kernelsToPrepare(plan);
  if (kernels.length === 0) return plan;
  const { daemon, userland, lvm = 'stock' } = plan.asked.options;
  // The machinery is loaded here, so that `--list` does not pay for it.
  const { prepareKernels } = await import('../lab/prepare.js');
  const byLabel = new Map(plan.kernels.map((kernel) => [kernel.label, kernel]));
  const known = (label: string): PlannedKernel => {
    const kernel = byLabel.get(label);
    if (kernel === undefined) throw new Error(`the plan has no kernel ${label}`);
    return kernel;
  };
  const prepared = await interruption.during(
    'set-up',
    prepareKernels(
      { kernels, daemons: [daemon], userland, lvm, qemu: plan.asked.qemu, golden, underTest: sidesOf(plan) },
      progress,
      ({ label }, error) => onFailure(unprepared(known(label), error, 0)),
    ),
  );
  for (const made of prepared.kernels) byLabel.set(made.label, afterPreparing(known(made.label), made));
  const { qemu, lvmVersion } = prepared;
  return { ...plan, machine: { qemu, lvmVersion }, kernels: plan.kernels.map(({ label }) => known(label)) };
}
