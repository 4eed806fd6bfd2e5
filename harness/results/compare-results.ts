/** What differs between the results of two runs. */
import { isTested } from './exit-status.js';
import { CHANGED } from './judgement.js';
import { flavourOf, kernelNames, minorOf } from './kernel-order.js';
import type { KernelRun, RequirementResult, RunResults } from './model.js';
import { programsOf } from './programs.js';

/** Two kernels that are held against each other, and what they are called. */
export interface KernelPair {
  readonly a: KernelRun;
  readonly b: KernelRun;
  /** `6.12.117`, or `6.12.107 -> 6.12.117` when the versions differ. */
  readonly name: string;
}

/** What a run says of a requirement, or of a program, on a kernel. */
export interface Said {
  /** `pass`, `known` and so on; `changed` for a quirk that is not as recorded. */
  readonly verdict: string;
  readonly reason: string;
}

/** A requirement or program that the two runs do not say the same of. */
export interface VerdictDifference {
  /** Id of the requirement, title of the program, or `kernel report "WARNING in x"`. */
  readonly id: string;
  readonly kernel: string;
  /** Undefined: not tested, or not reported, there. */
  readonly a: Said | undefined;
  readonly b: Said | undefined;
}

/** A test that only one of the runs has. */
export interface TestDifference {
  readonly title: string;
  readonly only: 'a' | 'b';
  readonly kernel: string;
}

/** A time in both runs, milliseconds. */
export interface Times {
  readonly name: string;
  readonly kernel: string;
  readonly a: number;
  readonly b: number;
}

/** What {@link compareResults} found. */
export interface Comparison {
  readonly kernels: readonly KernelPair[];
  /** Names of kernels that only one of the runs has. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  /** Kernels whose state differs: `tested -> infra: does not boot`. */
  readonly states: readonly VerdictDifference[];
  readonly verdicts: readonly VerdictDifference[];
  readonly tests: readonly TestDifference[];
  /** Options under which the runs were made, where they differ. */
  readonly options: readonly { readonly name: string; readonly a: string; readonly b: string }[];
  /** How long the kernels took: preparation, and all tests. */
  readonly times: readonly Times[];
  /** Tests that took much longer, or much less, in `b`; the greatest difference first. */
  readonly paces: readonly Times[];
  /** How many verdicts were held against each other. */
  readonly compared: number;
  /** Whether nothing differs; times and options do not count. */
  readonly same: boolean;
}

/** A test is told when its time changed by this factor, and by so many milliseconds: less is noise. */
const FACTOR = 1.5;
const LEAST_MS = 2000;

function saidOf(result: RequirementResult): Said | undefined {
  if (!isTested(result)) return undefined;
  const { verdict, reason } = result;
  if (verdict === 'not-applicable' && reason.startsWith(CHANGED)) return { verdict: 'changed', reason };
  return { verdict: result.known ? 'known' : verdict, reason };
}

/**
 * Whether two accounts are the same. The reason of a failure has numbers and times that differ from run to run; why
 * something is not applicable does not.
 */
function isSame(a: Said | undefined, b: Said | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.verdict === b.verdict && (a.verdict !== 'not-applicable' || a.reason === b.reason);
}

/** Pairs what `key` finds once in either list, and takes it out of both. */
function pairBy(
  a: KernelRun[],
  b: KernelRun[],
  key: (kernel: KernelRun) => string,
): [KernelRun, KernelRun][] {
  const pairs: [KernelRun, KernelRun][] = [];
  for (const one of [...a]) {
    const others = b.filter((other) => key(other) === key(one));
    const [other] = others;
    if (other === undefined || others.length > 1 || a.filter((twin) => key(twin) === key(one)).length > 1)
      continue;
    pairs.push([one, other]);
    a.splice(a.indexOf(one), 1);
    b.splice(b.indexOf(other), 1);
  }
  return pairs;
}

/** By label; else by version and flavour, then by minor version and flavour, then by version, where each run has one. */
function pairKernels(a: RunResults, b: RunResults): Pick<Comparison, 'kernels' | 'onlyA' | 'onlyB'> {
  const [restA, restB] = [[...a.kernels], [...b.kernels]];
  const keys: readonly ((kernel: KernelRun) => string)[] = [
    ({ label }) => label,
    ({ version, release }) => `${version} ${flavourOf(release)}`,
    ({ version, release }) => `${minorOf(version)} ${flavourOf(release)}`,
    ({ version }) => version,
  ];
  const pairs = keys.flatMap((key) => pairBy(restA, restB, key));
  const [namesA, namesB] = [kernelNames(a.kernels), kernelNames(b.kernels)];
  const nameIn = (names: ReadonlyMap<string, string>, { label }: KernelRun): string =>
    names.get(label) ?? label;
  const kernels = pairs
    .map(([one, other]): KernelPair => {
      const [left, right] = [nameIn(namesA, one), nameIn(namesB, other)];
      return { a: one, b: other, name: left === right ? left : `${left} -> ${right}` };
    })
    .sort((left, right) => b.kernels.indexOf(left.b) - b.kernels.indexOf(right.b));
  return {
    kernels,
    onlyA: restA.map((kernel) => nameIn(namesA, kernel)),
    onlyB: restB.map((kernel) => nameIn(namesB, kernel)),
  };
}

/** What a run says on one kernel, by requirement and variant, by title of the program, and what the kernel reported. */
function allSaid(results: RunResults, label: string): Map<string, Said | undefined> {
  const requirements = results.requirements.filter(({ kernel }) => kernel === label);
  return new Map<string, Said | undefined>([
    ...requirements.map((result) => {
      const { id, variant } = result;
      return [variant === null ? id : `${id} (${variant})`, saidOf(result)] as const;
    }),
    ...programsOf(results)
      .filter(({ kernel }) => kernel === label)
      .map(({ test, verdict, problems }) => {
        return [test, { verdict, reason: problems.map(({ text }) => text).join('; ') }] as const;
      }),
    // What a test allows says nothing.
    ...results.findings
      .filter((finding) => finding.kernel === label && finding.allowed === undefined)
      .map(({ finding, title, test }) => {
        return [`kernel report "${title}"`, { verdict: finding, reason: `in "${test}"` }] as const;
      }),
  ]);
}

/** The tests of a run on one kernel, with their times where they ended. */
function testsOf(results: RunResults, label: string): Map<string, number | undefined> {
  const tests = new Map<string, number | undefined>();
  for (const { kernel, tests: references } of results.requirements) {
    if (kernel !== label) continue;
    for (const { title, durationMs } of references) tests.set(title, durationMs);
  }
  for (const { kernel, test, durationMs } of programsOf(results))
    if (kernel === label) tests.set(test, durationMs);
  return tests;
}

function differencesOn(
  { a, b, name }: KernelPair,
  before: RunResults,
  after: RunResults,
): Pick<Comparison, 'verdicts' | 'tests' | 'paces' | 'compared'> {
  const [saidA, saidB] = [allSaid(before, a.label), allSaid(after, b.label)];
  const ids = [...new Set([...saidA.keys(), ...saidB.keys()])];
  const tested = ids.filter((id) => saidA.get(id) !== undefined || saidB.get(id) !== undefined);
  const [testsA, testsB] = [testsOf(before, a.label), testsOf(after, b.label)];
  const paces = [...testsB].flatMap(([title, durationB = 0]): Times[] => {
    const durationA = testsA.get(title) ?? 0;
    const [less, more] = [Math.min(durationA, durationB), Math.max(durationA, durationB)];
    if (less === 0 || more < less * FACTOR || more - less < LEAST_MS) return [];
    return [{ name: title, kernel: name, a: durationA, b: durationB }];
  });
  return {
    verdicts: tested
      .filter((id) => !isSame(saidA.get(id), saidB.get(id)))
      .map((id) => ({ id, kernel: name, a: saidA.get(id), b: saidB.get(id) })),
    tests: [
      ...[...testsA.keys()]
        .filter((title) => !testsB.has(title))
        .map((title) => ({ title, kernel: name, only: 'a' as const })),
      ...[...testsB.keys()]
        .filter((title) => !testsA.has(title))
        .map((title) => ({ title, kernel: name, only: 'b' as const })),
    ],
    paces,
    compared: tested.length,
  };
}

function optionsOf({ run }: RunResults): Readonly<Record<string, string>> {
  const { options, suite, catalogue, qemu, host, seed } = run;
  return {
    daemon: options.daemon,
    userland: options.userland,
    lvm: options.lvm ?? 'stock',
    tier: options.tier,
    selection: options.grep.join(' '),
    suite: suite.version,
    catalogue: catalogue.digest,
    qemu,
    host: `${host.system}, ${host.cpus} CPUs`,
    seed: String(seed),
  };
}

/**
 * What differs between two runs. Kernels are held against each other by label, else by what they have in common: one
 * version, one minor version. Times are told, and never make a difference.
 */
export function compareResults(a: RunResults, b: RunResults): Comparison {
  const paired = pairKernels(a, b);
  const each = paired.kernels.map((pair) => differencesOn(pair, a, b));
  const states = paired.kernels
    .filter(
      (pair) =>
        pair.a.state !== pair.b.state || (pair.a.state !== 'tested' && pair.a.reason !== pair.b.reason),
    )
    .map((pair): VerdictDifference => ({
      id: 'kernel',
      kernel: pair.name,
      a: { verdict: pair.a.state, reason: pair.a.reason },
      b: { verdict: pair.b.state, reason: pair.b.reason },
    }));
  const [optionsA, optionsB] = [optionsOf(a), optionsOf(b)];
  const verdicts = each.flatMap((found) => found.verdicts);
  const tests = each.flatMap((found) => found.tests);
  return {
    ...paired,
    states,
    verdicts,
    tests,
    options: Object.entries(optionsA)
      .map(([name, value]) => ({ name, a: value, b: optionsB[name] ?? '' }))
      .filter((option) => option.a !== option.b),
    times: paired.kernels.flatMap((pair) => [
      { name: 'prepared', kernel: pair.name, a: pair.a.preparedMs, b: pair.b.preparedMs },
      { name: 'tests', kernel: pair.name, a: pair.a.testedMs, b: pair.b.testedMs },
    ]),
    paces: each
      .flatMap((found) => found.paces)
      .sort((left, right) => Math.abs(right.b - right.a) - Math.abs(left.b - left.a)),
    compared: each.reduce((sum, found) => sum + found.compared, 0),
    same: verdicts.length + tests.length + states.length + paired.onlyA.length + paired.onlyB.length === 0,
  };
}
