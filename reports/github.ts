/** Workflow commands of GitHub Actions: annotations, shown with the run and beside the lines of a change. */
import { isTested } from '../harness/results/exit-status.js';
import { CHANGED } from '../harness/results/judgement.js';
import type { ProgramRunResult, RequirementResult, RunResults } from '../harness/results/model.js';
import { isBad, programEntries, programsOf } from '../harness/results/programs.js';
import { findingLine } from './finding-line.js';
import {
  defectsGone,
  explainFailures,
  explainTests,
  explanationText,
  goneText,
  INTERRUPTED,
  isTrouble,
  isNothingJudged,
  NOTHING_JUDGED,
  reasonOf,
  type View,
} from './explanation.js';
import { oneLine } from './printable.js';
import { userlandText } from './userland-text.js';

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

interface Annotation {
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

const WEIGHT: Readonly<Record<RequirementResult['level'], number>> = { MUST: 0, SHOULD: 1, QUIRK: 2 };

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

function textOf(result: RequirementResult, results: RunResults, view: View): string {
  if (result.verdict === 'pass') return goneText(result);
  const lines = [...explainFailures(result), ...explainTests(result, results, view)];
  return [result.sentence, '', ...explanationText(lines)].join('\n');
}

function ofRequirement(
  result: RequirementResult,
  results: RunResults,
  view: View,
  locate: Locate,
): Annotation | undefined {
  const kind = kindOf(result, results.run.options.strict);
  if (kind === undefined) return undefined;
  const test = result.tests.find(({ verdict }) => verdict === result.verdict);
  const verdict = result.known ? 'known defect' : result.verdict === 'pass' ? 'defect gone' : result.verdict;
  return {
    kind,
    title: `${result.id} ${verdict} (${result.level}, ${result.subjectName})`,
    text: textOf(result, results, view),
    place: test === undefined ? undefined : locate(test.file, test.title),
  };
}

function ofProgram(program: ProgramRunResult, results: RunResults, locate: Locate): Annotation | undefined {
  if (!isBad(program.verdict)) return undefined;
  const bad = programEntries(results).filter((entry) => entry.program === program && isBad(entry.verdict));
  return {
    kind: program.verdict === 'fail' ? 'error' : 'warning',
    title: `program "${program.test}" ${program.verdict}`,
    text: bad
      .map(({ path, verdict, reason }) => `${verdict} ${path.slice(1).join(' > ')} ${reason}`)
      .join('\n'),
    place: locate(program.file, program.test),
  };
}

function ofRun(results: RunResults): Annotation[] {
  const { run, findings } = results;
  const whole = { title: 'ulogcheck', place: undefined };
  return [
    ...run.errors.map((text) => ({ ...whole, kind: 'error' as const, text })),
    ...(run.interrupted ? [{ ...whole, kind: 'error' as const, text: INTERRUPTED }] : []),
    ...(isNothingJudged(results) ? [{ ...whole, kind: 'error' as const, text: NOTHING_JUDGED }] : []),
    ...findings.map((finding) => ({
      kind: finding.allowed === undefined ? ('error' as const) : ('notice' as const),
      title: findingLine(finding),
      text: finding.text,
      place: undefined,
    })),
  ];
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
 * selection; `notice` for known defects and quirks that changed. The heaviest come first, at most ten of each kind.
 */
export function renderAnnotations(results: RunResults, view: View, locate: Locate): string {
  const byWeight = results.requirements.toSorted(
    (a, b) => Number(b.selected) - Number(a.selected) || WEIGHT[a.level] - WEIGHT[b.level],
  );
  const all = [
    ...ofRun(results),
    ...byWeight.flatMap((result) => ofRequirement(result, results, view, locate) ?? []),
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

/** Free text in a cell of a Markdown table. */
function cell(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\|`*_[\]#~@]/g, '\\$&');
}

/** A block of preformatted text, whatever back-ticks are in it. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}

/** GitHub refuses a summary of more than 1 MiB; so much of it is for the details, characters of up to 4 bytes. */
const DETAILS = 200_000;
const ROWS = 200;
const REASON = 300;

/**
 * The summary of a run for the page of the step, in Markdown: counts, a table of what did not pass, and below it the
 * details of each. Cut when long; results.json has everything.
 */
export function renderStepSummary(results: RunResults, view: View): string {
  const { requirements, run, summary } = results;
  const kernel = results.kernels.map(({ label }) => label).join(', ');
  const daemon = requirements[0]?.daemon ?? run.options.daemon;
  const userland = userlandText({ ...run.options, lvmVersion: requirements[0]?.lvmVersion });
  const lines = [
    `### ulogcheck: ${cell(daemon)} on ${cell(kernel)}, ${cell(userland)}`,
    '',
    '| pass | fail | unknown | infra | not applicable | without a test |',
    '|---:|---:|---:|---:|---:|---:|',
  ];
  const untested = requirements.filter(
    (result) => result.selected && !isTested(result) && result.verdict === 'unknown',
  );
  const { pass, fail, unknown, infra, notApplicable } = summary;
  lines.push(
    `| ${pass} | ${fail} | ${unknown - untested.length} | ${infra} | ${notApplicable} | ${untested.length} |`,
    '',
  );
  for (const { text } of ofRun(results)) lines.push(`- ${cell(text)}`);
  const told = requirements.filter((result) => isTrouble(result) && isTested(result));
  if (told.length > 0) lines.push('', '| id | verdict | level | subject | reason |', '|---|---|---|---|---|');
  for (const result of told.slice(0, ROWS)) {
    const verdict = `${result.known ? 'known defect' : result.verdict}${result.selected ? '' : ' (outside the selection)'}`;
    const reason = cell(oneLine(reasonOf(result), REASON));
    lines.push(`| ${result.id} | ${verdict} | ${result.level} | ${cell(result.subjectName)} | ${reason} |`);
  }
  for (const program of programsOf(results).filter(({ verdict }) => isBad(verdict))) {
    lines.push('', `program ${cell(program.test)}: ${program.verdict}`);
  }
  if (told.length > ROWS) lines.push('', `… and ${told.length - ROWS} more in results.json`);
  for (const result of defectsGone(results)) lines.push('', `${result.id}: ${cell(goneText(result))}`);
  let room = DETAILS;
  for (const result of told) {
    const text = textOf(result, results, view);
    room -= text.length;
    if (room < 0) break;
    lines.push('', `<details><summary>${result.id}</summary>`, '', fenced(text), '', '</details>');
  }
  return `${lines.join('\n')}\n\n`;
}
