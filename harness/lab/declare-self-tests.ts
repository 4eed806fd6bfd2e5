import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import { readRunPlan } from '../plan/run-plan.js';
import { declarePlaywrightTest } from './playwright-test.js';
import { selfTestsOf } from './self-tests.js';

// A file of its own: it loads Playwright, which takes 40 MB of every command that has to do with runs.

/** Makes Playwright run the self tests that the plan names. */
export function declareSelfTests(): void {
  const plan = readRunPlan();
  const declared = new Set<string>();
  for (const run of plan.runs) {
    const profile = plan.profiles?.[run.daemon] as Profile | undefined;
    for (const test of profile === undefined ? [] : selfTestsOf(profile)) {
      const planned = run.tests.some(({ title }) => title === test.title);
      if (!planned || declared.has(test.title)) continue;
      declared.add(test.title);
      declarePlaywrightTest(test);
    }
  }
}
