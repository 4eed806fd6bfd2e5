/** JUnit's XML, as Jenkins, GitLab and others read it. */
import { create } from 'xmlbuilder2';
import { isTested } from '../harness/results/exit-status.js';
import type { RequirementResult, RunResults } from '../harness/results/model.js';
import { programEntries, type ProgramEntry } from '../harness/results/programs.js';
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

/** The family: always the same for a requirement, whatever test speaks about it. */
function classOf({ id }: RequirementResult): string {
  return `ulogcheck.${id.replace(/-\d+$/, '')}`;
}

function testCase(result: RequirementResult, results: RunResults, view: View): TestCase {
  const kind = kindOf(result, results.run.options.strict);
  const told = isTrouble(result) && isTested(result);
  return {
    classname: classOf(result),
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
function programCase({ program, path, verdict, reason, diagnostic }: ProgramEntry): TestCase {
  const kinds = {
    pass: undefined,
    fail: 'failure',
    infra: 'error',
    unknown: 'error',
    'not-applicable': 'skipped',
  } as const;
  const kind = kinds[verdict];
  return {
    classname: `ulogcheck.program.${oneLine(program.test)}`,
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
  const { run, findings } = results;
  const troubles = [
    ...run.errors,
    ...(run.interrupted ? [INTERRUPTED] : []),
    ...(isNothingJudged(results) ? [NOTHING_JUDGED] : []),
  ];
  const faults = findings
    .filter(({ allowed }) => allowed === undefined)
    .map((finding): TestCase => {
      const message = oneLine(findingLine(finding), MESSAGE);
      const complaint = { kind: 'error', type: 'unknown', message, text: printable(finding.text) } as const;
      return { classname: 'ulogcheck', name: 'kernel', ms: 0, complaint };
    });
  const whole = troubles.map((text): TestCase => {
    const complaint = {
      kind: 'error',
      type: 'infra',
      message: oneLine(text, MESSAGE),
      text: printable(text),
    } as const;
    return { classname: 'ulogcheck', name: 'run', ms: 0, complaint };
  });
  return [...whole, ...faults];
}

/** What is no test case, for `system-err`. */
function asides(results: RunResults, view: View): string[] {
  const outside = results.requirements.filter((result) => !result.selected && isTrouble(result));
  return [
    ...outside.flatMap((result) => [
      `${result.id} ${result.verdict}: seen on the way, outside the selection`,
      ...explanationText(explain(result, results, view)).map((line) => `  ${line}`),
    ]),
    ...results.findings
      .filter(({ allowed }) => allowed !== undefined)
      .map((finding) => `${printable(findingLine(finding))}\n${printable(finding.text)}`),
    ...defectsGone(results).map((result) => `${result.id}: ${goneText(result)}`),
  ];
}

interface Suite {
  readonly kernel: string;
  readonly daemon: string;
  readonly userland: string;
  readonly lvmVersion: string | undefined;
  readonly cases: readonly TestCase[];
}

/** One suite for each kernel and daemon; the first one takes what concerns the whole run. */
function suitesOf(results: RunResults, view: View): Suite[] {
  const { requirements, run } = results;
  const groups = new Map<string, RequirementResult[]>();
  for (const result of requirements.filter(({ selected }) => selected)) {
    const key = JSON.stringify([result.kernel, result.daemon]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  // A run of programs alone has a suite too.
  if (groups.size === 0) groups.set('', []);
  return [...groups.values()].map((members, index) => ({
    kernel: members[0]?.kernel ?? results.kernels[0]?.label ?? '',
    daemon: members[0]?.daemon ?? run.options.daemon,
    userland: members[0]?.userland ?? run.options.userland,
    lvmVersion: members[0]?.lvmVersion,
    cases: [
      ...members.map((result) => testCase(result, results, view)),
      ...(index === 0 ? [...programEntries(results).map(programCase), ...runCases(results)] : []),
    ],
  }));
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
 * The results as JUnit XML: a test suite for each kernel and daemon, a test case for each selected requirement and
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
  for (const [index, { kernel, daemon, userland, lvmVersion, cases }] of suites.entries()) {
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
    const aside = index === 0 ? asides(results, view) : [];
    if (aside.length > 0) suite.ele('system-err').txt(verbatim(aside.join('\n')));
  }
  return `${document.end({ prettyPrint: true })}\n`;
}
