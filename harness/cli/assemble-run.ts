import { z } from 'zod';
import { describeHost } from './describe-run.js';
import { assembleResults } from '../results/assemble.js';
import { driveName } from '../plan/real-drive.js';
import { kernelOf, type PlannedKernel, type RunPlan } from '../plan/run-plan.js';
import type { KernelRun, OutcomesFile, RunResults } from '../results/model.js';
import type { RunRequest } from './run-request.js';
import { standInsOfContinued } from './stand-ins.js';

/** What came of a run so far. */
export interface RunState {
  readonly outcomes: OutcomesFile;
  readonly durationMs: number;
  /** How many times it was continued. */
  readonly resumed: number;
}

/** As far as what harness/kernels knows of a kernel tells of its packages: a signed list tells the hash of each. */
const packagesOfOrigin = z.object({
  packages: z.array(z.object({ name: z.string(), sha256: z.string() })),
});

/** The packages of a kernel of Debian's that no signed list vouches for. */
function unvouchedIn({ source, origin }: PlannedKernel): string[] {
  const packages = source === 'debian' ? packagesOfOrigin.safeParse(origin).data?.packages : undefined;
  return (packages ?? []).filter(({ sha256 }) => sha256 === '').map(({ name }) => name);
}

function kernelRun(kernel: PlannedKernel, plan: RunPlan, outcomes: OutcomesFile): KernelRun {
  const { label, release, version, packageVersion, suite, spec, state, reason, preparedMs } = kernel;
  const [drive] = plan.runs.find((run) => run.kernel === label)?.realDrives ?? [];
  const unvouched = unvouchedIn(kernel);
  const own = outcomes.outcomes.filter(({ outcome }) => outcome.kernel === label);
  return {
    ...{ label, release, version, packageVersion, suite, spec },
    ...(drive === undefined ? {} : { drive: driveName(drive) }),
    ...(unvouched.length === 0 ? {} : { unvouched }),
    // A run that was ended before it was prepared says nothing of it: its tests are missing. So are some of one that could
    // not be prepared again.
    ...(state === 'ready' || state === 'waiting' || own.length > 0
      ? { state: 'tested', reason: '' }
      : { state, reason }),
    preparedMs: Math.round(preparedMs),
    testedMs: Math.round(own.reduce((sum, { outcome }) => sum + outcome.durationMs, 0)),
  };
}

/** The titles of the tests that the plan has for each kernel, by its label. */
export function plannedTitles(plan: RunPlan): Map<string, Set<string>> {
  const titles = new Map<string, Set<string>>(plan.kernels.map(({ label }) => [label, new Set()]));
  for (const run of plan.runs) {
    for (const { title } of run.tests) titles.get(kernelOf(plan, run).label)?.add(title);
  }
  return titles;
}

/** Puts results.json together from a plan and what its tests left. */
export function assembleRun(request: RunRequest, { outcomes, durationMs, resumed }: RunState): RunResults {
  const { plan, suite, selection, profile } = request;
  const { asked } = plan;
  const part = asked.shard === undefined ? undefined : plannedTitles(plan);
  return assembleResults({
    catalogue: suite.catalogue,
    selected: selection.requirements,
    planned: selection.tests,
    leftOut: selection.leftOut,
    ...(part === undefined ? {} : { part }),
    outcomes: [...outcomes.outcomes, ...standInsOfContinued(plan, outcomes.outcomes)].map(
      ({ outcome }) => outcome,
    ),
    out: plan.out,
    kernels: plan.kernels.map((kernel) => kernelRun(kernel, plan, outcomes)),
    userland: plan.userland,
    lvmVersion: plan.machine?.lvmVersion,
    daemon: profile.name,
    tier: plan.tier,
    run: {
      suite: asked.suite,
      catalogue: asked.catalogue,
      qemu: plan.machine?.qemu ?? 'not needed',
      host: describeHost(),
      seed: plan.seed,
      started: asked.started,
      argv: asked.argv,
      options: asked.options,
      ...(asked.suitesLeftOut === undefined ? {} : { suitesLeftOut: asked.suitesLeftOut }),
      ...(asked.shard === undefined ? {} : { shard: asked.shard }),
      ...(resumed === 0 ? {} : { resumed }),
      durationMs,
      interrupted: outcomes.interrupted,
      errors: outcomes.errors,
    },
  });
}
