import { EXIT } from './exit-codes.js';
import { CHANGED } from './judgement.js';
import type { KernelFinding, ProgramRunResult, RequirementResult } from './model.js';

export { EXIT };

type Judged = Pick<RequirementResult, 'level' | 'verdict' | 'reason' | 'selected' | 'known' | 'tests'>;

/** Whether a run tested the requirement: by a test of its own, or because the oracle saw it broken. */
export function isTested({ tests, verdict }: Pick<RequirementResult, 'tests' | 'verdict'>): boolean {
  return tests.length > 0 || verdict === 'fail';
}

/** Whether something was said about the subject, as opposed to skipped. A quirk that changed was looked at. */
function wasJudged(requirement: Pick<Judged, 'verdict' | 'reason'>): boolean {
  switch (requirement.verdict) {
    case 'pass':
    case 'fail':
    case 'unknown':
      return true;
    case 'not-applicable':
      return requirement.reason.startsWith(CHANGED);
    case 'infra':
      return false;
  }
}

/** Whether a run said anything about its subject: a selected requirement was judged, or a program's results were. */
export function isAnythingJudged(
  requirements: readonly Pick<Judged, 'verdict' | 'reason' | 'selected' | 'tests'>[],
  programs: readonly Pick<ProgramRunResult, 'verdict'>[] = [],
): boolean {
  return (
    requirements.some((one) => one.selected && isTested(one) && wasJudged(one)) ||
    programs.some(({ verdict }) => verdict === 'pass' || verdict === 'fail' || verdict === 'unknown')
  );
}

/** What the exit status looks at besides the requirements. */
export interface ExitCircumstances {
  readonly interrupted: boolean;
  /** Something outside any test went wrong: a worker died, the runner did not start. */
  readonly errors: readonly string[];
  /** What the kernel reported about itself in the tests of the run. */
  readonly findings: readonly Pick<KernelFinding, 'allowed'>[];
  /** Known defects count like any other. */
  readonly strict: boolean;
  /** Their results count like those of a MUST. */
  readonly programs?: readonly Pick<ProgramRunResult, 'verdict'>[] | undefined;
}

/**
 * The exit status of a run (docs/architecture.md, Verdicts), from the requirements that were selected and tested: 130
 * interrupted; 69 any infra, or nothing judged; 1 a MUST failed that is no known defect; 2 a MUST is tested
 * and yet unknown, or the kernel reported something that no test allows, wherever that was; 0. SHOULD, quirks and the
 * untested never change it, except that infra is a fault of the host and counts whatever the level of the requirement
 * on which it fell. A program counts as a MUST; one whose results were all skipped judged nothing.
 */
export function exitStatus(requirements: readonly Judged[], circumstances: ExitCircumstances): number {
  if (circumstances.interrupted) return EXIT.interrupted;
  const tested = requirements.filter((requirement) => requirement.selected && isTested(requirement));
  const programs = new Set((circumstances.programs ?? []).map(({ verdict }) => verdict));
  const infra =
    tested.some(({ verdict }) => verdict === 'infra') ||
    programs.has('infra') ||
    circumstances.errors.length > 0;
  if (infra || !isAnythingJudged(requirements, circumstances.programs)) return EXIT.infra;
  const musts = tested.filter(({ level }) => level === 'MUST');
  if (musts.some(({ verdict, known }) => verdict === 'fail' && (circumstances.strict || !known)))
    return EXIT.failed;
  if (programs.has('fail')) return EXIT.failed;
  if (programs.has('unknown') || musts.some(({ verdict }) => verdict === 'unknown')) return EXIT.unknown;
  if (circumstances.findings.some(({ allowed }) => allowed === undefined)) return EXIT.unknown;
  return EXIT.ok;
}
