/** JUnit's XML, as Jenkins, GitLab and others read it. */
import { create } from 'xmlbuilder2';
import { changesOf } from '../harness/results/changes.js';
import { isTested } from '../harness/results/exit-status.js';
import { kernelNames } from '../harness/results/kernel-order.js';
import type { RequirementResult, RunResults } from '../harness/results/model.js';
import { programEntries, type ProgramEntry } from '../harness/results/programs.js';
import { findingLine, memoryLines } from './finding-line.js';
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
import { oneLine, printable } from './printable.js';

/** Longest `message`, characters; the text below it has everything. */
const MESSAGE = 500;

type Kind = 'failure' | 'error' | 'skipped';

/** What stands in a test case that did not pass. */
interface Complaint {
  readonly kind: Kind;
  readonly type: string;
  readonly message: string;
  readonly text: string;
}

interface TestCase {
  readonly classname: string;
  readonly name: string;
  readonly ms: number;
  readonly complaint: Complaint | undefined;
}

/** How JUnit calls it; undefined for a pass. A known defect is skipped, because it does not change the exit status. */
function kindOf(result: RequirementResult, strict: boolean): readonly [Kind, string] | undefined {
  switch (result.verdict) {
    case 'pass':
      return undefined;
    case 'fail':
      return result.known && !strict ? ['skipped', 'known-defect'] : ['failure', 'fail'];
    case 'infra':
      return ['error', 'infra'];
    case 'unknown':
      return isTested(result) ? ['error', 'unknown'] : ['skipped', 'untested'];
    case 'not-applicable':
      return ['skipped', 'not-applicable'];
  }
}

/**
 * The prefix of class names. With several kernels it names the kernel, since many readers tell cases apart by class and
 * name only; they take a dot for the border of a package.
 */
function packageOf(kernel: string, { kernels }: RunResults): string {
  if (kernels.length === 1) return 'ulogcheck';
  const name = kernelNames(kernels).get(kernel) ?? kernel;
  return `ulogcheck.${oneLine(name).replaceAll('.', '_')}`;
}

/** The family: always the same for a requirement, whatever test speaks about it. */
function classOf({ id, kernel }: RequirementResult, results: RunResults): string {
  return `${packageOf(kernel, results)}.${id.replace(/-\d+$/, '')}`;
}

function testCase(result: RequirementResult, results: RunResults, view: View): TestCase {
  const kind = kindOf(result, results.run.options.strict);
  const told = isTrouble(result) && isTested(result);
  return {
    classname: classOf(result, results),
    name: oneLine(`${result.id} ${result.sentence}`),
    ms: result.durationMs,
    complaint:
      kind === undefined
        ? undefined
        : {
            kind: kind[0],
            type: kind[1],
            message: oneLine(reasonOf(result), MESSAGE),
            text: told ? explanationText(explain(result, results, view)).join('\n') : '',
          },
  };
}

/** A result of a program, or a problem of it as a whole. */
function programCase(
  { program, path, verdict, reason, diagnostic }: ProgramEntry,
  results: RunResults,
): TestCase {
  const kinds = {
    pass: undefined,
    fail: 'failure',
    infra: 'error',
    unknown: 'error',
    'not-applicable': 'skipped',
  } as const;
  const kind = kinds[verdict];
  return {
    classname: `${packageOf(program.kernel, results)}.program.${oneLine(program.test)}`,
    name: oneLine(path.slice(1).join(' > ')),
    ms: 0,
    complaint: kind && {
      kind,
      type: verdict,
      message: oneLine(reason, MESSAGE),
      text: printable(diagnostic),
    },
  };
}

/** What went wrong with the run as a whole: a test case of its own, since no other would show it. */
function runCases(results: RunResults): TestCase[] {
  const { run } = results;
  const troubles = [
    ...run.errors,
    ...(run.interrupted ? [INTERRUPTED] : []),
    ...(isNothingJudged(results) ? [NOTHING_JUDGED] : []),
  ];
  return troubles.map((text): TestCase => ({
    classname: 'ulogcheck',
    name: 'run',
    ms: 0,
    complaint: { kind: 'error', type: 'infra', message: oneLine(text, MESSAGE), text: printable(text) },
  }));
}

/** What a kernel reported about itself, and no test allows. */
function findingCases(results: RunResults, label: string): TestCase[] {
  return results.findings
    .filter(({ allowed, kernel }) => allowed === undefined && kernel === label)
    .map((finding) => ({
      classname: packageOf(label, results),
      name: 'kernel',
      ms: 0,
      complaint: {
        kind: 'error',
        type: 'unknown',
        message: oneLine(findingLine(finding), MESSAGE),
        text: printable([finding.text, ...memoryLines(finding, results, '')].join('\n')),
      },
    }));
}

/** The cases, those of one class and name told apart by a number. */
function withUniqueNames(cases: readonly TestCase[]): TestCase[] {
  const seen = new Map<string, number>();
  return cases.map((entry) => {
    const key = JSON.stringify([entry.classname, entry.name]);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? entry : { ...entry, name: `${entry.name} (${count})` };
  });
}

/** What is no test case, for `system-err`. */
function asides(results: RunResults, label: string, view: View): string[] {
  const here = (entry: { readonly kernel: string }): boolean => entry.kernel === label;
  const outside = results.requirements.filter(
    (result) => !result.selected && isTrouble(result) && here(result),
  );
  return [
    ...outside.flatMap((result) => [
      `${result.id} ${result.verdict}: seen on the way, outside the selection`,
      ...explanationText(explain(result, results, view)).map((line) => `  ${line}`),
    ]),
    ...results.findings
      .filter((finding) => finding.allowed !== undefined && here(finding))
      .map((finding) => `${printable(findingLine(finding))}\n${printable(finding.text)}`),
    ...defectsGone(results)
      .filter(here)
      .map((result) => `${result.id}: ${goneText(result)}`),
  ];
}

interface Suite {
  readonly kernel: string;
  readonly daemon: string;
  readonly userland: string;
  readonly lvmVersion: string | undefined;
  readonly cases: readonly TestCase[];
  /** For `system-err`. */
  readonly asides: readonly string[];
}

/** One suite for each kernel, in which the daemon is the same; the first one takes what concerns the whole run. */
function suitesOf(results: RunResults, view: View): Suite[] {
  const { requirements, run, kernels } = results;
  const changes = kernels.length === 1 ? [] : changesOf(results).map(({ text }) => printable(text));
  return kernels.map(({ label }, index) => {
    const members = requirements.filter((result) => result.selected && result.kernel === label);
    const [first] = members;
    const programs = programEntries(results).filter(({ program }) => program.kernel === label);
    return {
      kernel: label,
      daemon: first?.daemon ?? run.options.daemon,
      userland: first?.userland ?? run.options.userland,
      lvmVersion: first?.lvmVersion,
      cases: withUniqueNames([
        ...members.map((result) => testCase(result, results, view)),
        ...programs.map((entry) => programCase(entry, results)),
        ...(index === 0 ? runCases(results) : []),
        ...findingCases(results, label),
      ]),
      asides: [...asides(results, label, view), ...(index === 0 ? changes : [])],
    };
  });
}

function counts(
  cases: readonly TestCase[],
): Readonly<Record<'tests' | 'failures' | 'errors' | 'skipped', string>> {
  const of = (kind: Kind): string => String(cases.filter(({ complaint }) => complaint?.kind === kind).length);
  return {
    tests: String(cases.length),
    failures: of('failure'),
    errors: of('error'),
    skipped: of('skipped'),
  };
}

/** Text for xmlbuilder2, which takes what looks like an entity for one, and writes it as it is. */
const verbatim = (text: string): string => text.replaceAll(/&(?=(?:lt|gt|amp|apos|quot);)/g, '&amp;');

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/**
 * The results as JUnit XML: a test suite for each kernel, a test case for each selected requirement and
 * for each result of a program.
 * `failure` is a broken one; `error` is infra, or tested and yet unknown; `skipped` is not applicable, without a test,
 * or a known defect (a failure with `--strict`). Characters that XML 1.0 cannot hold become U+FFFD.
 */
export function renderJunit(results: RunResults, view: View): string {
  const { run } = results;
  const suites = suitesOf(results, view);
  const all = suites.flatMap(({ cases }) => cases);
  const { tests, failures, errors } = counts(all);
  const document = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '\ufffd' });
  const root = document.ele('testsuites', {
    name: run.suite.name,
    tests,
    failures,
    errors,
    time: seconds(run.durationMs),
  });
  for (const { kernel, daemon, userland, lvmVersion, cases, asides: aside } of suites) {
    const suite = root.ele('testsuite', {
      name: verbatim(`${kernel} x ${daemon}`),
      ...counts(cases),
      time: seconds(cases.reduce((sum, { ms }) => sum + ms, 0)),
      timestamp: run.started.replace(/\.\d+Z$/, ''),
    });
    const properties = suite.ele('properties');
    const told = {
      kernel,
      daemon,
      userland,
      ...(lvmVersion === undefined ? {} : { lvmVersion }),
      ...(run.options.lvm === undefined ? {} : { lvm: run.options.lvm }),
      qemu: run.qemu,
      seed: String(run.seed),
      tier: run.options.tier,
      suite: `${run.suite.name} ${run.suite.version}`,
      catalogue: run.catalogue.digest,
      results: view.out,
    };
    for (const [name, value] of Object.entries(told))
      properties.ele('property', { name, value: verbatim(oneLine(value)) });
    for (const { classname, name, ms, complaint } of cases) {
      const entry = suite.ele('testcase', { classname, name: verbatim(name), time: seconds(ms) });
      if (complaint === undefined) continue;
      const { kind, type, message, text } = complaint;
      const element = entry.ele(kind, { type, message: verbatim(message) });
      if (text !== '') element.txt(verbatim(text));
    }
    if (aside.length > 0) suite.ele('system-err').txt(verbatim(aside.join('\n')));
  }
  return `${document.end({ prettyPrint: true })}\n`;
}
