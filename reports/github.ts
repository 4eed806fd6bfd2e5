/** Workflow commands of GitHub Actions: annotations, shown with the run and beside the lines of a change. */
import type { BaselineComparison } from '../harness/results/baseline.js';
import { isTested } from '../harness/results/exit-status.js';
import { CHANGED } from '../harness/results/judgement.js';
import { kernelNames } from '../harness/results/kernel-order.js';
import type { ProgramRunResult, RequirementResult, RunResults } from '../harness/results/model.js';
import { isBad, programEntries, programsOf } from '../harness/results/programs.js';
import { foldDifferences, type FoldedDifference } from './baseline-diff.js';
import { findingLine, memoryLines } from './finding-line.js';
import {
  explainFailures,
  explainTests,
  explanationText,
  goneText,
  INTERRUPTED,
  isNothingJudged,
  NOTHING_JUDGED,
  type View,
} from './explanation.js';
import { foldFindings, foldResults, type Folded } from './fold.js';
import { WEIGHTS, weightWord } from './matrix.js';
import { oneLine } from './printable.js';

/** Longest reason in a line, characters. */
export const REASON = 300;

/** GitHub shows as many annotations of each kind from one step and drops the rest. */
const SHOWN = 10;

type Kind = 'error' | 'warning' | 'notice';

/** Where an annotation points to, relative to the workspace. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Where a test is defined; undefined when that is not in the workspace. */
export type Locate = (file: string, title: string) => Place | undefined;

/** What GitHub shows with the run, or beside a line. */
export interface Annotation {
  readonly kind: Kind;
  readonly title: string;
  readonly text: string;
  readonly place: Place | undefined;
}

/** The text of a workflow command: `%` and line ends escaped. */
export function commandData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A property of a workflow command: as its text, and `:` and `,` escaped. */
export function commandProperty(text: string): string {
  return commandData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function command({ kind, title, text, place }: Annotation): string {
  const where = place === undefined ? '' : `file=${commandProperty(place.file)},line=${place.line},`;
  return `::${kind} ${where}title=${commandProperty(title)}::${commandData(text)}\n`;
}

/** How loudly a requirement is spoken of; undefined for not at all. */
function kindOf(result: RequirementResult, strict: boolean): Kind | undefined {
  switch (result.verdict) {
    case 'fail':
      if (!result.selected) return 'warning';
      return result.known && !strict ? 'notice' : 'error';
    case 'infra':
      return 'warning';
    case 'unknown':
      return isTested(result) ? 'warning' : undefined;
    case 'pass':
      return result.knownDefect === null ? undefined : 'warning';
    case 'not-applicable':
      return result.reason.startsWith(CHANGED) ? 'notice' : undefined;
  }
}

/** What is said of a requirement: its sentence, what was expected and seen, and how to see it again. */
export function textOf(result: RequirementResult, results: RunResults, view: View): string {
  if (result.verdict === 'pass') return goneText(result);
  const lines = [...explainFailures(result), ...explainTests(result, results, view)];
  return [result.sentence, '', ...explanationText(lines)].join('\n');
}

/** `7.2.6`, or `3 kernels`. */
function kernelCount(kernels: readonly string[]): string {
  return kernels.length === 1 ? (kernels[0] ?? '') : `${kernels.length} kernels`;
}

function ofRequirement(
  { first: result, kernels }: Folded<RequirementResult>,
  results: RunResults,
  view: View,
  locate: Locate,
): Annotation | undefined {
  const kind = kindOf(result, results.run.options.strict);
  if (kind === undefined) return undefined;
  const test = result.tests.find(({ verdict }) => verdict === result.verdict);
  const verdict = result.known ? 'known defect' : result.verdict === 'pass' ? 'defect gone' : result.verdict;
  const several = results.kernels.length > 1;
  const subject = several ? `${result.daemon}, ${kernelCount(kernels)}` : result.subjectName;
  return {
    kind,
    title: `${result.id} ${verdict} (${weightWord(result)}, ${subject})`,
    text: `${several ? `kernels   ${kernels.join(', ')}\n` : ''}${textOf(result, results, view)}`,
    place: test === undefined ? undefined : locate(test.file, test.title),
  };
}

function ofProgram(program: ProgramRunResult, results: RunResults, locate: Locate): Annotation | undefined {
  if (!isBad(program.verdict)) return undefined;
  const bad = programEntries(results).filter((entry) => entry.program === program && isBad(entry.verdict));
  return {
    kind: program.verdict === 'fail' ? 'error' : 'warning',
    title:
      `program "${program.test}" ${program.verdict}` +
      (results.kernels.length > 1 ? ` (${kernelNames(results.kernels).get(program.kernel) ?? ''})` : ''),
    text: bad
      .map(({ path, verdict, reason }) => `${verdict} ${path.slice(1).join(' > ')} ${reason}`)
      .join('\n'),
    place: locate(program.file, program.test),
  };
}

/** What is not as a baseline says, one annotation for all of it. */
function ofBaseline(comparison: BaselineComparison | undefined): Annotation[] {
  if (comparison === undefined || comparison.differences.length === 0) return [];
  const lines = foldDifferences(comparison.differences).map(differenceText);
  const title = `not as expected: ${comparison.differences.length} differences from the baseline`;
  return [{ kind: 'error', title, text: lines.join('\n'), place: undefined }];
}

/** `LUID-03: expected pass, seen fail on 7.2.6: the reason`. */
export function differenceText({ id, expected, seen, kernels, reason }: FoldedDifference): string {
  const what = `${id ?? 'kernel'}: expected ${expected ?? 'nothing'}, seen ${seen ?? 'nothing'}`;
  return `${what} on ${kernels.join(', ')}${reason === '' ? '' : `: ${oneLine(reason, REASON)}`}`;
}

/** Kernels of several that could not be tested. Of a single one its requirements tell. */
function ofKernels({ kernels }: RunResults): Annotation[] {
  const names = kernelNames(kernels);
  return kernels.flatMap(({ label, state, reason }) =>
    state === 'tested' || kernels.length === 1
      ? []
      : [
          {
            kind: state === 'infra' ? ('error' as const) : ('notice' as const),
            title: `kernel ${names.get(label) ?? label} was not tested: ${state}`,
            text: reason,
            place: undefined,
          },
        ],
  );
}

/** Trouble with the run as a whole, with its kernels, and what kernels reported about themselves. */
export function ofRun(results: RunResults): Annotation[] {
  const { run } = results;
  const whole = { title: 'ulogcheck', place: undefined };
  return [
    ...run.errors.map((text) => ({ ...whole, kind: 'error' as const, text })),
    ...(run.interrupted ? [{ ...whole, kind: 'error' as const, text: INTERRUPTED }] : []),
    ...(isNothingJudged(results) ? [{ ...whole, kind: 'error' as const, text: NOTHING_JUDGED }] : []),
    ...ofKernels(results),
    ...foldFindings(results).map(({ first, kernels }) => ({
      kind: first.allowed === undefined ? ('error' as const) : ('notice' as const),
      title: findingLine(first) + (results.kernels.length > 1 ? ` (${kernelCount(kernels)})` : ''),
      text: [first.text, ...memoryLines(first, results, '')].join('\n'),
      place: undefined,
    })),
  ];
}

/** The requirements without those of kernels that could not be tested, of which one of several is told as a whole. */
export function upRequirements({ requirements, kernels }: RunResults): RequirementResult[] {
  const down = new Set(kernels.filter(({ state }) => state !== 'tested').map(({ label }) => label));
  return requirements.filter(({ kernel }) => kernels.length === 1 || !down.has(kernel));
}

/** At most {@link SHOWN}; the last of them says what else there is. */
function limited(kind: Kind, annotations: readonly Annotation[]): readonly Annotation[] {
  if (annotations.length <= SHOWN) return annotations;
  const rest = annotations.slice(SHOWN - 1);
  const text = rest.map(({ title }) => title).join('\n');
  return [
    ...annotations.slice(0, SHOWN - 1),
    { kind, title: `and ${rest.length} more`, text, place: undefined },
  ];
}

/**
 * The annotations of a run as workflow commands: `error` for what is broken and for trouble with the run as a whole;
 * `warning` for infra, tested and yet unknown, a known defect that is gone, and what was seen broken outside the
 * selection; `notice` for known defects and quirks that changed. The heaviest come first, at most ten of each kind; what
 * several kernels have in common is one annotation.
 */
export function renderAnnotations(
  results: RunResults,
  view: View,
  locate: Locate,
  comparison?: BaselineComparison,
): string {
  const byWeight = upRequirements(results).toSorted(
    (a, b) =>
      Number(b.selected) - Number(a.selected) ||
      WEIGHTS.indexOf(weightWord(a)) - WEIGHTS.indexOf(weightWord(b)),
  );
  const all = [
    ...ofBaseline(comparison),
    ...ofRun(results),
    ...foldResults(byWeight, results).flatMap((folded) => ofRequirement(folded, results, view, locate) ?? []),
    ...programsOf(results).flatMap((program) => ofProgram(program, results, locate) ?? []),
  ];
  return (['error', 'warning', 'notice'] as const)
    .flatMap((kind) =>
      limited(
        kind,
        all.filter((annotation) => annotation.kind === kind),
      ),
    )
    .map(command)
    .join('');
}
