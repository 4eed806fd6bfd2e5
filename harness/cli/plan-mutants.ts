import { join } from 'node:path';
import type { ConformanceTest } from '../plan/definition.js';
import type { MutantInfo } from '../plan/mutants.js';
import { plannedTest, type PlannedRun } from '../plan/run-plan.js';

/** The unbroken daemon. */
const GOOD_DAEMON = 'reference';
/** Name of the Playwright project in which it runs. */
export const GOOD_PROJECT = 'unbroken';

/** Whether a test is the plain-mirror test: its title has the word `smoke`. */
export function isSmoke({ title }: Pick<ConformanceTest, 'title'>): boolean {
  return /\bsmoke\b/i.test(title);
}

/** Name of the Playwright project in which a broken daemon runs. */
export function projectOf({ name }: Pick<MutantInfo, 'name'>): string {
  return `mutant-${name}`;
}

/**
 * One Playwright run for everything: the unbroken daemon runs each test that names a chosen mutant once (its
 * histories are what history mutants edit, and its verdicts are the control), and each broken daemon runs the
 * tests of the daemon that name it. The plain-mirror tests run with all of them.
 */
export function planMutants(
  chosen: readonly MutantInfo[],
  tests: readonly ConformanceTest[],
  out: string,
  kernel: string,
): PlannedRun[] {
  const smoke = tests.filter(isSmoke);
  const naming = (names: readonly string[]): ConformanceTest[] =>
    tests.filter((test) => smoke.includes(test) || test.mutants.some((name) => names.includes(name)));
  const good: PlannedRun = {
    project: GOOD_PROJECT,
    kernel,
    daemon: GOOD_DAEMON,
    mutant: null,
    directory: join(out, 'runs', GOOD_PROJECT),
    tests: naming(chosen.map(({ name }) => name)).map(plannedTest),
  };
  const broken = chosen.flatMap((mutant): PlannedRun[] =>
    mutant.kind === 'history'
      ? []
      : [
          {
            project: projectOf(mutant),
            kernel,
            daemon: mutant.profile,
            mutant: mutant.name,
            directory: join(out, 'runs', projectOf(mutant)),
            // Tests of the kernel meet the puppet, whatever daemon is broken: once, with the unbroken one, is enough.
            tests: naming([mutant.name])
              .filter(({ underTest }) => underTest === 'daemon')
              .map(plannedTest),
          },
        ],
  );
  return [good, ...broken];
}
