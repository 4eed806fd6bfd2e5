import { join } from 'node:path';
import { defineConfig, type PlaywrightTestConfig, type ReporterDescription } from '@playwright/test';
import { projectRoot } from '../setup/root.mjs';
import { compiledSpec, grepFor, PAGE_DIRECTORY, remainingTests, type RunPlan } from '../plan/run-plan.js';

/** A test's own steps have deadlines that say what was awaited; this one only ends what nothing else would. */
const LAST_RESORT_MS = 15 * 60_000;

/** Playwright's own HTML report, which nobody is to see opened. */
function pageReporter(out: string, title: string): ReporterDescription {
  const outputFolder = join(out, PAGE_DIRECTORY);
  return ['html', { outputFolder, open: 'never', title, noSnippets: true, noCopyPrompt: true }];
}

function isUnhurried({ keep = 'never', debug }: RunPlan): boolean {
  return keep !== 'never' || debug?.gdb === true;
}

/** How Playwright runs a plan: one project for each run of it, with exactly the tests that it names. */
export function playwrightConfig(plan: RunPlan, testDir: string): PlaywrightTestConfig {
  return defineConfig({
    testDir,
    outputDir: join(plan.out, 'runner'),
    fullyParallel: true,
    workers: plan.workers,
    // A retry would hide a race, and a race is what the suite looks for.
    retries: 0,
    // A node that is kept is kept until somebody ends the run, and a debugger may hold one as long as it likes.
    timeout: isUnhurried(plan) ? 0 : LAST_RESORT_MS,
    reportSlowTests: null,
    reporter: [
      [join(projectRoot, 'dist', 'reports', 'playwright-reporter.js')],
      ...(plan.page === undefined ? [] : [pageReporter(plan.out, plan.page.title)]),
    ],
    projects: plan.runs.flatMap((run) => {
      const tests = remainingTests(plan, run);
      if (tests.length === 0) return [];
      return [
        {
          name: run.project,
          // Playwright loads these files only.
          testMatch: [...new Set(tests.map((test) => `**/${compiledSpec(test)}`))],
          grep: tests.map((test) => grepFor(run.project, test)),
          ...(run.workers === undefined ? {} : { workers: run.workers }),
        },
      ];
    }),
  });
}
