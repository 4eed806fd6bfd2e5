import { isTested } from '../results/exit-status.js';
import { CHANGED } from '../results/judgement.js';
import type { ProgramRunResult, RequirementResult, RunResults } from '../results/model.js';
import type { Finding } from './search.js';

/** What a run says about its kernel, for a search. */
export interface KernelJudgement {
  readonly finding: Finding;
  /** Why, in one line; empty for a good one. */
  readonly reason: string;
}

/** What counts as bad besides failures. */
export interface BadIf {
  /** What the kernel reported about itself (panic, oops, WARN, …), unless the test allows it. */
  readonly findings: boolean;
}

/** A quirk that the kernel shows no more is not applicable to others, and the change itself to who searches for it. */
function isBroken({ verdict, reason }: RequirementResult): boolean {
  return verdict === 'fail' || (verdict === 'not-applicable' && reason.startsWith(CHANGED));
}

function line(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function named({ id, reason }: RequirementResult): string {
  return `${id}: ${line(reason)}`;
}

/**
 * Bad: a selected requirement failed (a known defect, and a SHOULD, count like any other), a selected quirk changed, or
 * a program failed. Good: something passed, and nothing is infra or unknown. All else cannot be judged: neither what
 * the host spoilt nor what the kernel lacks may pass for a border, nor may results of several kernels.
 */
export function judgeResults(results: RunResults, badIf: BadIf): KernelJudgement {
  if (results.kernels.length !== 1) {
    const labels = results.kernels.map(({ label }) => label).join(', ');
    return { finding: 'unjudged', reason: `the results are of several kernels: ${labels}` };
  }
  const tested = results.requirements.filter((one) => one.selected && isTested(one));
  const programs = results.programs ?? [];
  const complaints = results.findings.filter(({ allowed }) => allowed === undefined);
  const reported = complaints.map(
    ({ finding, title }) =>
      `the kernel reported: ${finding}: ${title}${badIf.findings ? '' : ' (--findings makes that bad)'}`,
  );
  const bad = [
    ...tested.filter(isBroken).map(named),
    ...programs.filter(({ verdict }) => verdict === 'fail').map(programFailure),
    ...(badIf.findings ? reported : []),
  ];
  if (bad[0] !== undefined) return { finding: 'bad', reason: withCount(bad[0], bad.length - 1) };
  const inDoubt = (verdict: string): boolean => verdict === 'infra' || verdict === 'unknown';
  const doubts = [
    ...results.kernels.filter(({ state }) => state !== 'tested').map(({ reason }) => line(reason)),
    ...results.run.errors.map(line),
    ...reported,
    ...tested.filter(({ verdict }) => inDoubt(verdict)).map((one) => `${one.verdict}: ${named(one)}`),
    ...programs
      .filter(({ verdict }) => inDoubt(verdict))
      .map(({ test, verdict }) => `${verdict}: the program "${test}"`),
  ];
  if (doubts[0] !== undefined) return { finding: 'unjudged', reason: doubts[0] };
  const passed = [...tested, ...programs].some(({ verdict }) => verdict === 'pass');
  if (passed) return { finding: 'good', reason: '' };
  const [first] = tested;
  return {
    finding: 'unjudged',
    reason: first === undefined ? 'nothing was tested' : `not applicable: ${named(first)}`,
  };
}

/** The first result that failed, or, where none did, the first problem. */
function programFailure({ test, results, problems }: ProgramRunResult): string {
  const failed = results.find(({ verdict }) => verdict === 'fail');
  const what =
    failed?.path.join(' > ') ?? problems.find(({ verdict }) => verdict === 'fail')?.text ?? 'failed';
  return `the program "${test}": ${line(what)}`;
}

function withCount(text: string, more: number): string {
  return more === 0 ? text : `${text} (and ${more} more)`;
}
