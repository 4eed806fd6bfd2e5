import { z } from 'zod';
import { HOST_STALLED, type FindingEvent, type History } from '../history/index.js';
import { allowedBecause, isFatal } from '../kernel-log/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import {
  castDoubt,
  parseTap,
  TAP_FORMATS,
  withEnding,
  type TapProblem,
  type TapReport,
} from '../tap/index.js';
import { describeFinding, DRIVE_STOPPED, lostEvents, observedText, unseenComplaints } from './judgement.js';
import { knownFindings } from './known-findings.js';
import type { ProgramOutcome } from './model.js';
import { programWithoutOutput } from './programs.js';

/** Name of the observation that holds what a program printed and how it ended. */
export const PROGRAM_OBSERVATION = 'program';

/** Value of {@link PROGRAM_OBSERVATION}: enough to judge the program again without a VM. */
const programObservationSchema = z.strictObject({
  command: z.array(z.string()).min(1),
  format: z.enum(TAP_FORMATS),
  stdout: z.string(),
  /** Its last lines. */
  stderr: z.string(),
  ending: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('exited'), status: z.int() }),
    z.strictObject({ kind: z.literal('signalled'), signal: z.string() }),
    z.strictObject({ kind: z.literal('deadline'), deadlineMs: z.number() }),
    z.strictObject({ kind: z.literal('too-much-output'), bytes: z.number() }),
    z.strictObject({ kind: z.literal('lost'), reason: z.string() }),
  ]),
});
export type ProgramObservation = Readonly<z.infer<typeof programObservationSchema>>;

/** Whether a history is that of a program. */
export function hasProgram(history: History): boolean {
  return history.observations(PROGRAM_OBSERVATION).length > 0;
}

function withProblem(report: TapReport, problem: TapProblem): TapReport {
  return { ...report, problems: [...report.problems, problem] };
}

/** Of a host that stood still, what took too long says nothing. */
function withoutTimes(report: TapReport): TapReport {
  const reason = 'the host stood still for seconds during the test';
  return {
    results: report.results.map((result) =>
      result.verdict === 'fail' && (!result.printed || result.reason.startsWith('timed out'))
        ? { ...result, verdict: 'unknown', reason }
        : result,
    ),
    problems: report.problems.map((problem) =>
      problem.kind === 'deadline' || problem.kind === 'truncated-plan'
        ? { ...problem, verdict: 'unknown', text: `${problem.text}; ${reason}` }
        : problem,
    ),
  };
}

/**
 * The results of the program whose history this is; pure. A complaint of the kernel that the program does not allow
 * takes back every pass, and what it did not print. Failures that it printed stand, unless a complaint after which
 * the kernel can do nothing right may have caused them; a panic cannot have: nothing is printed after it. A daemon
 * that ended by itself takes back every pass, too. A program whose end nobody saw is infra, unless the kernel died.
 */
export function judgeProgram(
  history: History,
  { allowFindings = [] }: Pick<ConformanceTest, 'allowFindings'> = {},
): ProgramOutcome {
  const observed = history.observations(PROGRAM_OBSERVATION).at(-1);
  const known = knownFindings(history.header.kernel);
  const unexpected = history
    .findings()
    .filter(
      ({ finding, title, text }) =>
        allowedBecause({ kind: finding, title, text }, allowFindings, known) === undefined,
    );
  const complaint = unexpected.find(({ finding }) => isFatal(finding)) ?? unexpected[0];
  if (observed === undefined) {
    const stop = history.observations(DRIVE_STOPPED).at(-1);
    const why = stop === undefined ? 'the test ended before the program began' : observedText(stop);
    const unknown = { command: ['(not started)'], format: 'tap' } as const;
    return complaint === undefined
      ? programWithoutOutput(unknown, 'infra', why)
      : programWithoutOutput(unknown, 'unknown', describeFinding(complaint));
  }
  const { command, format, stdout, stderr, ending } = programObservationSchema.parse(observed.value);
  const printed = parseTap(stdout, format);
  const died = ending.kind === 'lost' && complaint !== undefined && isFatal(complaint.finding);
  let report = died ? printed : withEnding(printed, ending);
  if (history.observations(HOST_STALLED).length > 0) report = withoutTimes(report);
  if (complaint !== undefined) report = doubted(report, complaint, unexpected);
  const unseen = complaint === undefined && ending.kind !== 'lost' ? unseenComplaints(history) : undefined;
  if (unseen !== undefined) {
    report = withProblem(
      castDoubt(report, 'unknown', unseen, () => false),
      { kind: 'kernel', verdict: 'unknown', text: unseen },
    );
  }
  const exit = history.subjectEvents().find(({ action }) => action === 'exited');
  if (exit !== undefined) {
    const text = `the daemon ended ${exit.detail}`;
    report = withProblem(
      castDoubt(report, 'unknown', text, () => false),
      { kind: 'daemon', verdict: 'unknown', text },
    );
  }
  const cut = history.truncated && ending.kind !== 'lost' ? history.end?.reason : undefined;
  const lost = lostEvents(history) ?? cut;
  if (lost !== undefined) {
    const text = `the oracle did not look at what kernel and daemon said meanwhile: ${lost}`;
    report = withProblem(report, { kind: 'recording', verdict: 'not-applicable', text });
  }
  const said = stderr.trim() === '' ? '' : `; on stderr: ${stderr.trim()}`;
  return {
    command,
    format,
    results: report.results.map((result) => ({ ...result, path: [...result.path] })),
    problems: report.problems.map((problem) =>
      problem.kind === 'exit-status' || problem.kind === 'signal' || problem.kind === 'no-results'
        ? { ...problem, text: `${problem.text}${said}` }
        : problem,
    ),
  };
}

function doubted(report: TapReport, complaint: FindingEvent, all: readonly FindingEvent[]): TapReport {
  const text = describeFinding(complaint);
  const deadly = all.some(({ finding }) => isFatal(finding) && finding !== 'panic');
  const cast = castDoubt(report, 'unknown', text, () => deadly);
  const died = all.some(({ finding }) => finding === 'panic');
  const problems = cast.problems.map((problem): TapProblem =>
    died && (problem.kind === 'deadline' || problem.kind === 'lost')
      ? { ...problem, verdict: 'unknown' }
      : problem,
  );
  return { results: cast.results, problems: [...problems, { kind: 'kernel', verdict: 'unknown', text }] };
}
