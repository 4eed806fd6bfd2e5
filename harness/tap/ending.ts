import type { TapProblem, TapReport, TapResult, TapVerdict } from './model.js';

/** How a program came to its end. */
export type ProgramEnding =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'deadline'; readonly deadlineMs: number }
  /** It printed more than is kept. */
  | { readonly kind: 'too-much-output'; readonly bytes: number }
  /** The node, or the way into it, was gone before the program's end was known. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What kselftest takes for "skipped" (KSFT_SKIP). */
const STATUS_SKIPPED = 4;

function problemOf(ending: ProgramEnding, report: TapReport): TapProblem | undefined {
  switch (ending.kind) {
    case 'exited': {
      const said = [...report.results, ...report.problems].map(({ verdict }) => verdict);
      const explained = said.includes('fail');
      const skipped =
        ending.status === STATUS_SKIPPED && !said.some((verdict) => verdict !== 'not-applicable');
      if (ending.status === 0 || explained || (skipped && said.length > 0)) return undefined;
      const text = `the program ended with status ${ending.status}, although no result of it failed`;
      return { kind: 'exit-status', verdict: 'fail', text };
    }
    case 'signalled':
      return { kind: 'signal', verdict: 'fail', text: `the program died of SIG${ending.signal}` };
    case 'deadline':
      return {
        kind: 'deadline',
        verdict: 'fail',
        text: `the program did not end within ${ending.deadlineMs} ms and was killed`,
      };
    case 'too-much-output':
      return {
        kind: 'too-much-output',
        verdict: 'fail',
        text: `the program printed more than ${ending.bytes} bytes and was killed`,
      };
    case 'lost':
      return { kind: 'lost', verdict: 'infra', text: `the program's end was not seen: ${ending.reason}` };
  }
}

/**
 * Adds what the end of the program says. Of a program whose end was not seen nothing passes, and what it did not
 * print is nobody's failure.
 */
export function withEnding(report: TapReport, ending: ProgramEnding): TapReport {
  const problem = problemOf(ending, report);
  const whole =
    ending.kind === 'lost'
      ? castDoubt(report, 'infra', 'the program was not seen to end', () => false)
      : report;
  return problem === undefined ? whole : { ...whole, problems: [...whole.problems, problem] };
}

/**
 * Takes back what cannot be trusted: every pass, everything that a plan promised and did not come, and the failures
 * that `consequence` says may be a consequence of the trouble.
 */
export function castDoubt(
  { results, problems }: TapReport,
  verdict: Extract<TapVerdict, 'unknown' | 'infra'>,
  reason: string,
  consequence: (result: TapResult) => boolean,
): TapReport {
  return {
    results: results.map((result) => {
      const doubtful =
        result.verdict === 'pass' ||
        (result.verdict === 'fail' && (!result.printed || consequence(result))) ||
        (result.verdict === 'unknown' && verdict === 'infra' && !result.printed);
      return doubtful ? { ...result, verdict, reason } : result;
    }),
    problems: problems.map((problem) =>
      ['truncated-plan', 'no-plan', 'no-results', 'unterminated', 'no-parent'].includes(problem.kind) &&
      problem.verdict !== 'not-applicable'
        ? { ...problem, verdict }
        : problem,
    ),
  };
}
