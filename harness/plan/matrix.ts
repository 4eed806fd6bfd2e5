import { join } from 'node:path';
import type { ConformanceTest } from './definition.js';
import type { KernelChoice } from './kernel-choice.js';
import type { PreparedRun } from './prepared.js';
import { plannedTest, type PlannedKernel, type PlannedRun, type PlannedTest } from './run-plan.js';

/** How long a test that starts first waits for timers of the kernel, seconds; measured, quick tier. */
const WAITS_S = 18;
/** How long another one keeps a core busy, seconds; measured, quick tier. */
const WORKS_S = 3;

/** How many tests can run at a time, and on how many cores. */
export interface Machine {
  readonly workers: number;
  readonly cores: number;
}

/** What runs the tests of a matrix. */
export interface MatrixRuns {
  readonly kernels: readonly Pick<KernelChoice, 'label'>[];
  readonly tests: readonly ConformanceTest[];
  /** Name of a profile, or the absolute path of one. */
  readonly daemon: string;
  /** Absolute path of `--out`. */
  readonly out: string;
  readonly machine: Machine;
  /** Further facts of a test, for the page. */
  readonly facts?: (test: ConformanceTest, label: string) => Pick<PlannedTest, 'line' | 'again'>;
}

/**
 * How many tests may wait at a time: as many as it takes to be done with waiting when the others are done, so that the
 * cores have work all the time.
 */
function waitingAtATime(waiting: number, working: number, { workers, cores }: Machine): number {
  const busy = Math.max(1, (working * WORKS_S) / cores);
  return Math.min(workers, Math.max(1, Math.ceil((waiting * WAITS_S) / busy)));
}

/**
 * All tests on each of the kernels. Playwright begins with the tests of the first run, and goes on to the next kernel as
 * soon as a worker is free. A run has workers of its own, which cost a second to start: where one worker can do all the
 * waiting, only the last kernel has a run for it, for the others' waiting falls into the next kernel's work. Tests of
 * several kernels have directories of their own for each kernel.
 */
export function matrixRuns({ kernels, tests, daemon, out, machine, facts }: MatrixRuns): PlannedRun[] {
  const first = tests.filter(({ startsFirst }) => startsFirst === true);
  const others = tests.filter(({ startsFirst }) => startsFirst !== true);
  const workers = waitingAtATime(first.length, others.length, machine);
  const several = kernels.length > 1;
  return kernels.flatMap(({ label }, index): PlannedRun[] => {
    const run = (name: string, ofRun: readonly ConformanceTest[]): PlannedRun => ({
      project: several ? `${label}/${name}` : name,
      kernel: label,
      daemon,
      mutant: null,
      directory: several ? join(out, label) : out,
      tests: ofRun.map((test) => ({ ...plannedTest(test), ...facts?.(test, label) })),
    });
    if (workers === 1 && index < kernels.length - 1) return [run('run', tests)];
    return [{ ...run('first', first), workers }, run('run', others)];
  });
}

/** A kernel that was chosen and of which nothing is prepared. */
export function waitingKernel(choice: KernelChoice): PlannedKernel {
  return { ...choice, state: 'waiting', reason: '', preparedMs: 0, identity: [], environment: null };
}

/** The only kernel of a run, prepared. */
export function readyKernel(prepared: PreparedRun): PlannedKernel {
  const { spec, label, release, version, packageVersion, suite, flavour, source, origin } = prepared;
  const { preparedMs, identity, environment } = prepared;
  return {
    ...{ spec, label, release, version, packageVersion, suite, flavour, source, origin },
    ...{ state: 'ready', reason: '', preparedMs, identity: [...identity], environment },
  };
}
