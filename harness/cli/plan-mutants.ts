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
 * histories are what history mutants edit, and its verdicts are the control), each broken daemon runs the
 * tests of the daemon that name it, and each broken drive those of drives. The plain-mirror tests run with all daemons.
 */
export function planMutants(
  chosen: readonly MutantInfo[],
  tests: readonly ConformanceTest[],
  out: string,
  kernel: string,
): PlannedRun[] {
  // What breaks drives leaves mirrors alone.
  const smoke = chosen.some(({ kind }) => kind !== 'drive') ? tests.filter(isSmoke) : [];
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
  const broken = chosen.flatMap((mutant): PlannedRun[] => {
    const project = projectOf(mutant);
    const run = { project, kernel, mutant: mutant.name, directory: join(out, 'runs', project) };
    // Tests of other sides do not meet it: once, with nothing broken, is enough.
    const meetIt = naming([mutant.name]).filter(({ underTest }) => underTest === mutant.kind);
    const tests = meetIt.map(plannedTest);
    switch (mutant.kind) {
      case 'daemon':
        return [{ ...run, daemon: mutant.profile, tests }];
      case 'drive':
        return [{ ...run, daemon: GOOD_DAEMON, drives: mutant.name, tests }];
      case 'history':
        return [];
    }
  });
  return [good, ...broken];
}
