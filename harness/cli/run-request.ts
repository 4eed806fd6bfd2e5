import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import { availableParallelism } from 'node:os';
import { reproduce } from '../../reports/again.js';
import type { Asked, AskedOptions, Shard } from '../plan/asked.js';
import type { Tier } from '../plan/definition.js';
import { kernelArgument, type KernelChoice } from '../plan/kernel-choice.js';
import type { Lvm } from '../plan/lvm.js';
import { matrixRuns, waitingKernel } from '../plan/matrix.js';
import type { KEEP, PlannedKernel, RunPlan } from '../plan/run-plan.js';
import { againOf } from './again.js';
import type { ChosenDaemon } from './daemon-option.js';
import { debugOf, type DebugOptions } from './debug-options.js';
import { describeCatalogue, suiteVersion } from './describe-run.js';
import { locateIn } from './locate-test.js';
import type { ReportingOptions } from './reporting.js';
import type { Selection, SelectionSource } from '../plan/select.js';
import { projectRoot } from '../setup/root.mjs';

/** What `ulogcheck run` was asked. */
export interface RunOptions extends ReportingOptions, DebugOptions {
  readonly kernel: readonly string[];
  readonly daemon: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly tier: Tier;
  readonly grep: readonly string[];
  readonly workers: number;
  readonly out?: string;
  readonly list: boolean;
  readonly seed?: number;
  readonly shard?: Pick<Shard, 'index' | 'total'>;
  readonly resume?: string;
  readonly strict: boolean;
  readonly keep?: (typeof KEEP)[number] | true;
  readonly qemu?: string;
}

/** After the checks: absolute paths, the directory made. */
export interface CheckedOptions extends Omit<RunOptions, 'qemu' | 'out' | 'seed'> {
  readonly seed: number;
  readonly qemu: string | undefined;
  readonly out: string;
}

/** A run as it was asked for, everything looked up: what it takes to do it, to go on with it, and to report it. */
export interface RunRequest {
  readonly plan: RunPlan & Required<Pick<RunPlan, 'asked'>>;
  readonly suite: SelectionSource;
  readonly selection: Selection;
  /** The daemon under test. */
  readonly profile: Pick<Profile, 'name'>;
}

/** What decides what a suite does, below dist/; the rest is about command lines and reports. */
const SUITE = ['conformance', 'daemon-under-test', 'harness', 'vm-images'];

/** Changes whenever the compiled suite does: two parts of one run must come from the same. */
export function suiteDigest(root = join(projectRoot, 'dist')): string {
  const hash = createHash('sha256');
  for (const folder of SUITE) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => /(?<!\.test)\.m?js$/.test(file)).sort()) {
      hash.update(`${folder}/${name}\0`).update(readFileSync(join(root, folder, name)));
    }
  }
  return hash.digest('hex');
}

/** The options as results.json keeps them. */
export function effective(options: Omit<RunOptions, 'qemu' | 'out'>, daemon: ChosenDaemon): AskedOptions {
  return {
    kernels: [...options.kernel],
    daemon: daemon.reference,
    userland: options.userland,
    lvm: options.lvm,
    tier: options.tier,
    grep: [...options.grep],
    strict: options.strict,
    ...(options.gdb && { gdb: true }),
  };
}

/** What `--kernel` came to. */
export interface ChosenKernels {
  readonly choices: readonly KernelChoice[];
  readonly suitesLeftOut: Readonly<NonNullable<Asked['suitesLeftOut']>>;
}

/** What is to be done, before anything of it is. */
export function requestOf(
  options: CheckedOptions,
  daemon: ChosenDaemon,
  suite: SelectionSource,
  selection: Selection,
  { choices, suitesLeftOut }: ChosenKernels,
  started: Date,
): RunRequest {
  const { out, seed, workers, userland, tier, keep, qemu, html } = options;
  const asked = effective(options, daemon);
  const again = againOf(tier, suite);
  const locate = locateIn(projectRoot);
  const words = new Map(choices.map((choice) => [choice.label, kernelArgument(choice)]));
  const kernels = choices.map((choice): PlannedKernel =>
    selection.tests.length > 0 ? waitingKernel(choice) : { ...waitingKernel(choice), state: 'ready' },
  );
  return {
    suite,
    selection,
    profile: daemon.profile,
    plan: {
      schemaVersion: 2,
      ...{ out, seed, workers, userland, tier, kernels },
      ...(keep === undefined ? {} : { keep: keep === true ? 'failed' : keep }),
      ...debugOf(options),
      asked: {
        suite: suiteVersion(),
        suiteDigest: suiteDigest(),
        catalogue: describeCatalogue(suite.catalogue),
        started: started.toISOString(),
        argv: process.argv.slice(2),
        options: asked,
        ...(qemu === undefined ? {} : { qemu }),
        ...(suitesLeftOut.length === 0 ? {} : { suitesLeftOut: [...suitesLeftOut] }),
      },
      profiles: { [daemon.reference]: daemon.profile },
      runs: matrixRuns({
        ...{ kernels, tests: selection.tests, daemon: daemon.reference, out },
        machine: { workers, cores: availableParallelism() },
        ...(html && {
          facts: ({ title, file }, label) => ({
            line: locate(file, title)?.line ?? 1,
            again: reproduce(title, words.get(label) ?? label, { options: asked, seed }, again),
          }),
        }),
      }),
      ...(html && { page: { title: pageTitle(daemon, choices, userland) } }),
    },
  };
}

function pageTitle({ profile }: ChosenDaemon, choices: readonly KernelChoice[], userland: string): string {
  const [only] = choices;
  const kernels = choices.length === 1 ? (only?.label ?? '') : `${choices.length} kernels`;
  return `ulogcheck: ${profile.name} on ${kernels}, ${userland}`;
}
