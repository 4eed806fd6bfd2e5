import { join } from 'node:path';
import type { Failure, RequirementResult, RunResults } from '../harness/results/model.js';
import { isAnythingJudged, isTested } from '../harness/results/exit-status.js';
import { programsOf } from '../harness/results/programs.js';
import { kernelWord, reproduce, type Again } from './again.js';
import { printable } from './printable.js';
import { ranges } from './style.js';

/** Where the results lie and how they are come by again, as far as a report says it. */
export interface View {
  /** The directory of results.json, as it should be shown. */
  readonly out: string;
  readonly again: Again;
}

/** One thing that a report says about a requirement that did not simply pass. */
export interface ExplainedLine {
  /** One of a few words, such as `expected`; empty when the line goes on with what the one before began. */
  readonly label: string;
  /** May have several lines, except when it is verbatim. */
  readonly text: string;
  /** To be copied, or aligned: never broken at blanks. */
  readonly verbatim: boolean;
}

/** More failures of one requirement than this tell nobody more. */
const FAILURES = 5;

function failureLines(failure: Failure & { readonly test: string }, shown: Set<string>): ExplainedLine[] {
  const prose = (label: string, text: string): ExplainedLine => ({
    label,
    text: printable(text),
    verbatim: false,
  });
  const { expected, seen, events, lines = [], by, test } = failure;
  const numbers = events.length === 0 ? 'none' : ranges(events);
  // What an expectation misses the oracle often sees too, in the same events.
  const key = [test, ...lines].join('\n');
  const fresh = shown.has(key) ? [] : lines;
  shown.add(key);
  return [
    prose('expected', expected),
    prose('seen', seen === '' ? '(nothing)' : seen),
    prose('events', `${numbers} (${by === 'oracle' ? 'the oracle' : 'the test'}, in "${test}")`),
    ...fresh.map((text) => ({ label: '', text: printable(text).replaceAll('\n', ' '), verbatim: true })),
  ];
}

/** What was not as it must be: for each failure expected, seen and the events that show it; else the reason. */
export function explainFailures({ failures, reason }: RequirementResult): ExplainedLine[] {
  if (failures.length === 0) return [{ label: 'reason', text: printable(reason), verbatim: false }];
  const shown = new Set<string>();
  const lines = failures.slice(0, FAILURES).flatMap((failure) => failureLines(failure, shown));
  const more = failures.length - FAILURES;
  if (more > 0) lines.push({ label: '', text: `… and ${more} more in results.json`, verbatim: false });
  return lines;
}

/** Which tests say so, where they left their timelines, and for each the command that runs it again. */
export function explainTests(result: RequirementResult, results: RunResults, view: View): ExplainedLine[] {
  const verbatim = (label: string, text: string): ExplainedLine => ({ label, text, verbatim: true });
  return result.tests
    .filter(({ verdict }) => verdict === result.verdict)
    .flatMap(({ title, file, directory }) => [
      verbatim('test', file),
      ...(directory === '' ? [] : [verbatim('timeline', join(view.out, directory, 'timeline.txt'))]),
      verbatim(
        'again',
        reproduce(title, kernelWord(results.kernels, result.kernel), results.run, view.again),
      ),
    ]);
}

/**
 * All that every report says about a requirement that did not simply pass: its sentence, the known defect that it
 * is, what was expected and seen with the events that show it, and how to see it again. Reports differ in how they
 * write it down, not in what they say.
 */
export function explain(result: RequirementResult, results: RunResults, view: View): ExplainedLine[] {
  const { sentence, knownDefect } = result;
  const known =
    knownDefect === null
      ? []
      : [
          {
            label: 'known',
            text: `${knownDefect.finding} (kernels ${knownDefect.kernels})`,
            verbatim: false,
          },
        ];
  return [
    { label: 'sentence', text: printable(sentence), verbatim: false },
    ...known,
    ...explainFailures(result),
    ...explainTests(result, results, view),
  ];
}

/** {@link explain} as plain text, one line for each line, labels in a column of their own. */
export function explanationText(lines: readonly ExplainedLine[]): string[] {
  return lines.flatMap(({ label, text, verbatim }) =>
    (verbatim ? [text] : text.split('\n')).map((line, index) =>
      `${(index === 0 ? label : '').padEnd(10)}${line}`.trimEnd(),
    ),
  );
}

/** The verdict in one line: why it is not a pass, the known defect first when it is one. */
export function reasonOf({ known, knownDefect, reason }: RequirementResult): string {
  return known ? `known defect: ${knownDefect?.finding ?? ''} ${reason}` : reason;
}

/** Verdicts that a reader must be told about. */
export function isTrouble({ verdict }: Pick<RequirementResult, 'verdict'>): boolean {
  switch (verdict) {
    case 'fail':
    case 'infra':
    case 'unknown':
      return true;
    case 'pass':
    case 'not-applicable':
      return false;
  }
}

/** Requirements whose known defect does not show any more. */
export function defectsGone({ requirements }: RunResults): RequirementResult[] {
  return requirements.filter(({ knownDefect, verdict }) => knownDefect !== null && verdict === 'pass');
}

/** `the known defect of kernels >=6.6 does not show here`. */
export function goneText({ knownDefect }: RequirementResult): string {
  return `the known defect of kernels ${knownDefect?.kernels ?? ''} does not show here`;
}

/** What is said of a run that says nothing about its subject. */
export const NOTHING_JUDGED =
  'nothing was judged: no selected requirement has a test that applies in this run';
/** Whether nothing was judged, so that the exit status is not 0 although nothing failed; where infra is the reason, that is told. */
export function isNothingJudged(results: RunResults): boolean {
  const programs = programsOf(results);
  const infra =
    results.requirements.some((one) => one.selected && isTested(one) && one.verdict === 'infra') ||
    programs.some(({ verdict }) => verdict === 'infra');
  return !infra && !isAnythingJudged(results.requirements, programs);
}

/** What is said of a run under a debugger. */
export const DEBUGGED =
  'remark: a debugger held the node (--gdb): what the run says about times may be its doing';
/** What is said of a run that was interrupted. */
export const INTERRUPTED = 'interrupted: what had not ended by then is unknown';
