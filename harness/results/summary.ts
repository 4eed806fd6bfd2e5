import { isTested } from './exit-status.js';
import type { ProgramRunResult, RequirementResult, Summary } from './model.js';
import { countPrograms } from './programs.js';

type Counted = Pick<RequirementResult, 'verdict' | 'selected' | 'tests'>;

/** Counts the selected requirements by verdict. */
export function summarise(requirements: readonly Counted[]): Summary {
  const count = (verdict: RequirementResult['verdict']): number =>
    requirements.filter((requirement) => requirement.selected && requirement.verdict === verdict).length;
  return {
    pass: count('pass'),
    fail: count('fail'),
    unknown: count('unknown'),
    infra: count('infra'),
    notApplicable: count('not-applicable'),
  };
}

/**
 * The last line of a run: `N passed, N failed, N skipped`, over the selected requirements and the results of programs.
 * Failed are fail, infra, and those that were tested and are yet unknown; skipped are not-applicable and those without
 * a test. A program that has a problem without a failing result counts as one more failure.
 */
export function lastLine(
  requirements: readonly Counted[],
  programs: readonly Pick<ProgramRunResult, 'results' | 'problems'>[] = [],
): string {
  const { pass, fail, infra, unknown, notApplicable } = summarise(requirements);
  const untested = requirements.filter(
    (requirement) => requirement.selected && requirement.verdict === 'unknown' && !isTested(requirement),
  ).length;
  const printed = countPrograms(programs);
  const passed = pass + printed.pass;
  const failed = fail + infra + unknown - untested + printed.bad;
  const skipped = notApplicable + untested + printed.notApplicable;
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
