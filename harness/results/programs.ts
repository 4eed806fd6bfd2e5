import { relative, resolve } from 'node:path';
import type { KernelInput } from './assemble.js';
import type {
  KernelRun,
  ProgramOutcome,
  ProgramResult,
  ProgramRunResult,
  RunResults,
  TestOutcome,
  Verdict,
} from './model.js';
import { combineVerdicts } from './verdict.js';

/** The verdict on a program: over its results and its problems. */
export function programVerdict({ results, problems }: Pick<ProgramOutcome, 'results' | 'problems'>): Verdict {
  return combineVerdicts([...results, ...problems].map(({ verdict }) => verdict));
}

/** The verdict on a test: over its judgements and what its program said. */
export function outcomeVerdict({
  judgements,
  program,
}: Pick<TestOutcome, 'judgements' | 'program'>): Verdict {
  const verdicts = judgements.map(({ verdict }) => verdict);
  return combineVerdicts(program === undefined ? verdicts : [...verdicts, programVerdict(program)]);
}

/** Whether something is to be looked at. */
export function isBad(verdict: Verdict): boolean {
  return verdict === 'fail' || verdict === 'unknown' || verdict === 'infra';
}

/** The outcome of a program that was not run, or of which nothing is left; never green. */
export function programWithoutOutput(
  { command, format }: Pick<ProgramOutcome, 'format'> & { readonly command: readonly string[] },
  verdict: 'unknown' | 'infra',
  text: string,
): ProgramOutcome {
  return { command: [...command], format, results: [], problems: [{ kind: 'not-run', verdict, text }] };
}

/** The programs of a run, for any reporter. */
export function programsOf({ programs = [] }: Pick<RunResults, 'programs'>): readonly ProgramRunResult[] {
  return programs;
}

/** One line of a report about programs: a result, or a problem of a program as a whole. */
export interface ProgramEntry {
  readonly program: ProgramRunResult;
  /** Titles and names, outermost first: the test, then the path of the result, or the problem's kind. */
  readonly path: readonly string[];
  readonly verdict: Verdict;
  readonly reason: string;
  readonly diagnostic: string;
  /** Undefined for a problem. */
  readonly result: ProgramResult | undefined;
}

/**
 * Every result of every program of a run, and every problem that is more than a remark, for any reporter: in order,
 * problems after the results of their program. An entry that is not listed changes no verdict.
 */
export function programEntries(results: Pick<RunResults, 'programs'>): ProgramEntry[] {
  return programsOf(results).flatMap((program) => [
    ...program.results.map((result) => ({
      program,
      path: [program.test, ...result.path],
      verdict: result.verdict,
      reason: result.reason,
      diagnostic: result.diagnostic,
      result,
    })),
    ...program.problems
      .filter(({ verdict }) => verdict !== 'not-applicable' || program.results.length === 0)
      .map(({ kind, verdict, text }) => ({
        program,
        path: [program.test, `(${kind})`],
        verdict,
        reason: text,
        diagnostic: '',
        result: undefined,
      })),
  ]);
}

/** How many results passed, were skipped, or are bad; a bad program without a bad result counts as one. */
export function countPrograms(programs: readonly Pick<ProgramRunResult, 'results' | 'problems'>[]): {
  readonly pass: number;
  readonly bad: number;
  readonly notApplicable: number;
} {
  let [pass, bad, notApplicable] = [0, 0, 0];
  for (const { results, problems } of programs) {
    const mine = results.filter(({ verdict }) => isBad(verdict)).length;
    pass += results.filter(({ verdict }) => verdict === 'pass').length;
    bad += mine === 0 && problems.some(({ verdict }) => isBad(verdict)) ? 1 : mine;
    const skipped = results.filter(({ verdict }) => verdict === 'not-applicable').length;
    notApplicable += results.length === 0 && problems.every(({ verdict }) => !isBad(verdict)) ? 1 : skipped;
  }
  return { pass, bad, notApplicable };
}

/** What stands for the results of a program that left none. */
function owedByProgram(interrupted: boolean, { state, reason }: KernelRun): [Verdict, string] {
  if (state !== 'tested') return [state, reason];
  return interrupted
    ? ['unknown', 'the run was interrupted before the program ended']
    : ['infra', 'the program was planned but never ran'];
}

/** The programs of a kernel for results.json: those that left something, and those that were planned and did not. */
export function assemblePrograms({ outcomes, planned, out, run, kernel }: KernelInput): ProgramRunResult[] {
  const ended = outcomes.flatMap(({ test, file, program, directory, durationMs }): ProgramRunResult[] =>
    program === undefined
      ? []
      : [
          {
            test,
            file,
            kernel: kernel.label,
            verdict: programVerdict(program),
            results: program.results,
            problems: program.problems,
            directory: relative(out, resolve(out, directory)),
            durationMs,
          },
        ],
  );
  const silent = planned
    // A test without requirements is a program.
    .filter(({ ids, title }) => ids.length === 0 && !ended.some(({ test }) => test === title))
    .map(({ title, file }): ProgramRunResult => {
      const [verdict, text] = owedByProgram(run.interrupted, kernel);
      return {
        ...{ test: title, file, kernel: kernel.label, verdict, results: [], directory: '', durationMs: 0 },
        problems: [{ kind: 'not-run', verdict, text }],
      };
    });
  return [...ended, ...silent];
}
