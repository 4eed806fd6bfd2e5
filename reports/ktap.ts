/** KTAP version 1 (Documentation/dev-tools/ktap.rst of the kernel): one result line for each selected requirement. */
import { changesOf } from '../harness/results/changes.js';
import { isTested } from '../harness/results/exit-status.js';
import { kernelNames } from '../harness/results/kernel-order.js';
import type {
  KernelRun,
  ProgramRunResult,
  RequirementResult,
  RunResults,
  Verdict,
} from '../harness/results/model.js';
import { programsOf } from '../harness/results/programs.js';
import { lastLine } from '../harness/results/summary.js';
import { findingLine } from './finding-line.js';
import {
  defectsGone,
  explain,
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

/** Longest reason behind a directive, characters. */
const REASON = 300;

/**
 * A description: KTAP allows no `#` in it, because a directive begins there; for TAP a `{` at the end opens a block of
 * subtests, and a backslash escapes.
 */
function description(text: string): string {
  return oneLine(text).replaceAll('#', '\uff03').replaceAll('\\', '/').replace(/\{$/, '(');
}

/** A diagnostic line. It always begins with a word of ours, so that none is taken for the `# Subtest:` of TAP 14. */
function diagnostic(text: string): string {
  return `# ${oneLine(text)}`;
}

interface Outcome {
  readonly result: 'ok' | 'not ok';
  /** With its hash sign; empty for none. */
  readonly directive: string;
}

/** The result, and the directive that tells apart what `ok` and `not ok` do not. Only a pass or a skip is ever `ok`. */
function outcome(result: RequirementResult, strict: boolean): Outcome {
  const reason = oneLine(reasonOf(result), REASON);
  switch (result.verdict) {
    case 'pass':
      return { result: 'ok', directive: '' };
    case 'fail':
      return { result: 'not ok', directive: result.known && !strict ? ` # XFAIL ${reason}` : '' };
    case 'infra':
      return { result: 'not ok', directive: ` # ERROR infra: ${reason}` };
    case 'unknown':
      return isTested(result)
        ? { result: 'not ok', directive: ` # ERROR unknown: ${reason}` }
        : { result: 'ok', directive: ` # SKIP ${reason}` };
    case 'not-applicable':
      return { result: 'ok', directive: ` # SKIP ${reason}` };
  }
}

/** As {@link outcome}, for what a program said. */
function programOutcome(verdict: Verdict, reason: string): Outcome {
  const told = oneLine(reason, REASON);
  switch (verdict) {
    case 'pass':
      return { result: 'ok', directive: '' };
    case 'fail':
      return { result: 'not ok', directive: '' };
    case 'infra':
    case 'unknown':
      return { result: 'not ok', directive: ` # ERROR ${verdict}: ${told}` };
    case 'not-applicable':
      return { result: 'ok', directive: ` # SKIP ${told}` };
  }
}

/** A program's results and problems as a test with subtests, one level deeper; names are paths. */
function subtests({ results, problems, verdict }: ProgramRunResult): string[] {
  const entries = [
    ...results.map(({ path, verdict: seen, reason }) => ({ name: path.join(' > '), verdict: seen, reason })),
    ...problems
      // A remark changes nothing, unless there is nothing else.
      .filter((problem) => problem.verdict !== 'not-applicable' || verdict === 'not-applicable')
      .map((problem) => ({ name: `(${problem.kind})`, verdict: problem.verdict, reason: problem.text })),
  ];
  const lines = entries.flatMap((entry, index) => {
    const { result, directive } = programOutcome(entry.verdict, entry.reason);
    return [
      ...(entry.verdict === 'fail' && entry.reason !== '' ? [diagnostic(`reason: ${entry.reason}`)] : []),
      `${result} ${index + 1} ${description(entry.name)}${directive}`,
    ];
  });
  return ['KTAP version 1', `1..${entries.length}`, ...lines].map((line) => `  ${line}`);
}

/** Not a word is said of a requirement whose test an interruption kept from ending, unless it is broken anyway. */
function isSettled({ run }: RunResults, { verdict, tests }: RequirementResult): boolean {
  return !run.interrupted || verdict === 'fail' || tests.every(({ directory }) => directory !== '');
}

/**
 * Version line and plan; `count` selected requirements and programs, or as many kernels as there are, when there are
 * several. To be printed before anything is run.
 */
export function ktapHead(count: number, kernels = 1): string {
  return `KTAP version 1\n1..${kernels === 1 ? count : kernels}\n`;
}

/** What is printed instead of results when the run cannot go on; the plan stays unfulfilled. */
export function ktapBailOut(reason: string): string {
  return `Bail out! ${oneLine(reason, REASON)}\n`;
}

/** Result lines, numbered, and what stands before them. */
class Body {
  readonly lines: string[] = [];
  #number = 0;
  /** How many results are failures, known defects aside, how many say nothing, and how many were left out. */
  failures = 0;
  errors = 0;
  skipped = 0;

  line(text: string, { result, directive }: Outcome): void {
    this.#number += 1;
    if (result === 'not ok' && directive === '') this.failures += 1;
    if (result === 'not ok' && directive.startsWith(' # ERROR')) this.errors += 1;
    if (directive.startsWith(' # SKIP')) this.skipped += 1;
    this.lines.push(`${result} ${this.#number} ${description(text)}${directive}`);
  }

  /** Whether there is anything but results that were left out. */
  get saysAnything(): boolean {
    return this.#number > this.skipped;
  }

  diagnose(text: string): void {
    this.lines.push(diagnostic(text));
  }
}

/** What is said of the requirements, programs and findings of a run, or of one of its kernels. */
function addResults(body: Body, part: RunResults, results: RunResults, view: View): void {
  const { requirements, run, findings } = part;
  const diagnose = (result: RequirementResult): void => {
    for (const line of explanationText(explain(result, results, view)))
      body.diagnose(`${result.id}: ${line}`);
  };
  for (const result of requirements.filter(({ selected }) => selected)) {
    if (!isSettled(results, result)) continue;
    if (isTrouble(result) && isTested(result)) diagnose(result);
    body.line(`${result.id} ${result.sentence}`, outcome(result, run.options.strict));
  }
  for (const program of programsOf(part)) {
    if (run.interrupted && program.directory === '') continue;
    const reason = program.problems.map(({ text }) => text).join('; ');
    body.lines.push(...subtests(program));
    body.line(program.test, programOutcome(program.verdict, reason));
  }
  for (const result of requirements.filter((candidate) => !candidate.selected && isTrouble(candidate))) {
    body.diagnose(`${result.id}: seen broken on the way, outside the selection`);
    diagnose(result);
  }
  for (const finding of findings) {
    const text = oneLine(findingLine(finding), REASON);
    // One that nobody allows makes the exit status 2, so that a reader of lines must see it too.
    if (finding.allowed === undefined)
      body.line('kernel', { result: 'not ok', directive: ` # ERROR unknown: ${text}` });
    else body.diagnose(text);
  }
  for (const result of defectsGone(part)) body.diagnose(`${result.id}: ${goneText(result)}`);
}

/** One kernel of several: a test whose subtests are the requirements. */
function addKernel(body: Body, kernel: KernelRun, name: string, results: RunResults, view: View): void {
  const here = (entry: { readonly kernel: string }): boolean => entry.kernel === kernel.label;
  const part: RunResults = {
    ...results,
    requirements: results.requirements.filter(here),
    programs: programsOf(results).filter(here),
    findings: results.findings.filter(here),
  };
  const title = kernel.label === name ? name : `${name} ${kernel.label}`;
  if (kernel.state !== 'tested') {
    body.line(title, programOutcome(kernel.state, kernel.reason));
    return;
  }
  const nested = new Body();
  addResults(nested, part, results, view);
  const planned = part.requirements.filter(({ selected }) => selected).length + programsOf(part).length;
  body.lines.push(...['KTAP version 1', `1..${planned}`, ...nested.lines].map((line) => `  ${line}`));
  const { failures, errors } = nested;
  body.line(title, {
    result: failures + errors > 0 ? 'not ok' : 'ok',
    directive: !nested.saysAnything
      ? ' # SKIP there is no result but skipped ones'
      : failures === 0 && errors > 0
        ? ` # ERROR unknown: nothing can be said of ${errors}`
        : '',
  });
}

/**
 * Everything after {@link ktapHead}: the selected requirements in the order of the catalogue, each with what there is
 * to say about it in diagnostic lines before its result line, as the kernel does it; with several kernels they are
 * subtests of a test for each kernel. An interrupted run leaves the plan unfulfilled; a run with trouble outside its
 * tests has a `not ok` beyond the plan; both bail out at the end, and so does a run in which nothing was judged.
 */
export function ktapBody(results: RunResults, view: View): string {
  const { requirements, run, kernels } = results;
  const body = new Body();
  if (kernels.length === 1) addResults(body, results, results, view);
  else {
    const names = kernelNames(kernels);
    for (const kernel of kernels)
      addKernel(body, kernel, names.get(kernel.label) ?? kernel.label, results, view);
    for (const { text } of changesOf(results)) body.diagnose(`changed between kernels: ${text}`);
  }
  for (const error of run.errors)
    body.line('run', { result: 'not ok', directive: ` # ERROR infra: ${oneLine(error, REASON)}` });
  body.diagnose(lastLine(requirements, programsOf(results)));
  const bail = bailReason(results);
  return `${body.lines.join('\n')}\n${bail === undefined ? '' : ktapBailOut(bail)}`;
}

function bailReason(results: RunResults): string | undefined {
  const { run } = results;
  if (run.interrupted) return INTERRUPTED;
  const [error] = run.errors;
  if (error !== undefined) return error;
  return isNothingJudged(results) ? NOTHING_JUDGED : undefined;
}
