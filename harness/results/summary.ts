import { isTested } from './exit-status.js';
import type { RequirementResult, Summary } from './model.js';

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
 * The last line of a run: `N passed, N failed, N skipped`, over the selected requirements. Failed are fail,
 * infra, and those that were tested and are yet unknown; skipped are not-applicable and those without a test.
 */
export function lastLine(requirements: readonly Counted[]): string {
  const { pass, fail, infra, unknown, notApplicable } = summarise(requirements);
  const untested = requirements.filter(
    (requirement) => requirement.selected && requirement.verdict === 'unknown' && !isTested(requirement),
  ).length;
  return `${pass} passed, ${fail + infra + unknown - untested} failed, ${notApplicable + untested} skipped`;
}
