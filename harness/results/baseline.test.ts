import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BaselineError,
  compareWithBaseline,
  recordBaseline,
  statusAgainst,
  unrecordable,
  type Baseline,
} from './baseline.js';
import { parseBaseline, renderBaseline } from './baseline-file.js';
import type { KernelRun, RequirementResult, RunResults } from './model.js';
import { sampleKernel, sampleResult } from './sample-history.js';
import { sampleRun } from './sample-run.js';

const IDS = new Set(['LUID-01', 'LUID-02', 'LUID-03', 'LUID-10', 'FLUSH-11q', 'CTR-01']);

type Verdicts = Readonly<Record<string, RequirementResult['verdict'] | 'changed' | 'untested'>>;

function kernel(version: string, given: Partial<KernelRun> = {}): KernelRun {
  const release = `${version}-1-cloud-amd64`;
  return sampleKernel({ label: release, release, version, ...given });
}

function resultOf(id: string, said: Verdicts[string], label: string): RequirementResult {
  if (said === 'untested')
    return sampleResult(id, 'unknown', { kernel: label, tests: [], reason: 'no test' });
  if (said === 'changed')
    return sampleResult(id, 'not-applicable', { kernel: label, reason: 'changed: 3 FLUSH' });
  return sampleResult(id, said, { kernel: label });
}

/** Results of kernels, each with what was seen on it. */
function results(said: readonly (readonly [KernelRun, Verdicts])[], run = {}): RunResults {
  return sampleRun(
    said.map(([one]) => one),
    said.flatMap(([{ label }, verdicts]) =>
      Object.entries(verdicts).map(([id, verdict]) => resultOf(id, verdict, label)),
    ),
    run,
  );
}

function parsed(text: string): Baseline {
  return parseBaseline(text, 'base.yaml', IDS);
}

const OLD = kernel('6.1.192');
const MIDDLE = kernel('6.12.117');
const NEW = kernel('7.2.6');
const ALL = results([
  [OLD, { 'LUID-01': 'pass', 'LUID-03': 'pass', 'FLUSH-11q': 'pass', 'CTR-01': 'untested' }],
  [MIDDLE, { 'LUID-01': 'pass', 'LUID-03': 'pass', 'FLUSH-11q': 'changed', 'CTR-01': 'pass' }],
  [NEW, { 'LUID-01': 'pass', 'LUID-03': 'fail', 'FLUSH-11q': 'changed', 'CTR-01': 'untested' }],
]);
const FILE = renderBaseline(recordBaseline(ALL, undefined));

function differences(run: RunResults, file = FILE): string[] {
  return compareWithBaseline(run, parsed(file)).differences.map(
    ({ kernel: name, id, expected, seen }) =>
      `${id ?? 'kernel'} on ${name}: ${String(expected)} -> ${String(seen)}`,
  );
}

describe('the file of a baseline', () => {
  it('has one line for each requirement, and is read as it was written', () => {
    assert.deepEqual(FILE.split('\n').slice(2), [
      'schemaVersion: 1',
      'daemon: "reference"',
      'userland: trixie',
      'lvm: stock',
      'quick:',
      '  kernels:',
      '    6.1.192-cloud-amd64: tested',
      '    6.12.117-cloud-amd64: tested',
      '    7.2.6-cloud-amd64: tested',
      '  requirements:',
      '    CTR-01: { pass: 6.12.117-cloud-amd64 }',
      '    FLUSH-11q: { pass: ..6.1.192-cloud-amd64, changed: 6.12.117-cloud-amd64.. }',
      '    LUID-01: pass',
      '    LUID-03: { pass: ..6.12.117-cloud-amd64, fail: 7.2.6-cloud-amd64.. }',
      '',
    ]);
    assert.equal(renderBaseline(parsed(FILE)), FILE);
    assert.deepEqual(differences(ALL), []);
  });

  it('changes by one line when a kernel is added on which nothing is new', () => {
    const added = results([
      [kernel('7.3-rc7'), { 'LUID-01': 'pass', 'LUID-03': 'fail', 'FLUSH-11q': 'changed' }],
    ]);
    const lines = renderBaseline(recordBaseline(added, parsed(FILE))).split('\n');
    const old = FILE.split('\n');
    assert.deepEqual(
      lines.filter((line) => !old.includes(line)),
      ['    7.3-rc7-cloud-amd64: tested'],
    );
    assert.equal(lines.length, old.length + 1);
  });

  it('keeps what another run said about other kernels, requirements and the other tier', () => {
    const narrow = results([[NEW, { 'LUID-03': 'pass' }]]);
    const merged = recordBaseline(narrow, parsed(FILE));
    assert.match(renderBaseline(merged), /^ {4}LUID-03: pass$/m);
    assert.match(renderBaseline(merged), /^ {4}FLUSH-11q: \{ pass: \.\.6\.1\.192/m);
    const full = results([[NEW, { 'LUID-03': 'fail' }]], {
      options: { ...ALL.run.options, tier: 'full' },
    });
    const both = recordBaseline(full, merged);
    assert.deepEqual([...both.sections.keys()], ['quick', 'full']);
    assert.equal(renderBaseline(parsed(renderBaseline(both))), renderBaseline(both));
  });

  it('names file and line of what is wrong', () => {
    const refused = (text: string, message: RegExp): void =>
      assert.throws(
        () => parsed(text),
        (error) => error instanceof BaselineError && message.test(error.message),
      );
    refused('a: [', /^base\.yaml:\d+: not valid YAML: /);
    refused('- 1\n', /^base\.yaml:1: a baseline: should be a map$/);
    refused('', /^base\.yaml:1: a baseline: should be a map$/);
    refused('daemon: x\n', /^base\.yaml:1: schemaVersion is missing, this version of ulogcheck reads 1 only/);
    refused(FILE.replace('Version: 1', 'Version: 7'), /^base\.yaml:3: schemaVersion is 7/);
    refused(
      FILE.replace('LUID-01:', 'LUID-77:'),
      /^base\.yaml:15: LUID-77 is no requirement of the catalogue/,
    );
    refused(
      FILE.replace('LUID-01: pass', 'LUID-01: unknown'),
      /^base\.yaml:15: LUID-01: "unknown" is none of pass/,
    );
    refused(FILE.replace('LUID-01: pass', 'LUID-01: infra'), /^base\.yaml:15: /);
    refused(FILE.replace('LUID-01: pass', 'LUID-01: [pass]'), /^base\.yaml:15: LUID-01: should be a text/);
    refused(
      FILE.replace('LUID-01: pass', 'LUID-01: { pass: 9.9 }'),
      /^base\.yaml:15: LUID-01: 9\.9 is not among/,
    );
    refused(
      FILE.replace('LUID-01: pass', 'LUID-01: { pass: .., fail: 7.2.6-cloud-amd64 }'),
      /^base\.yaml:15: LUID-01: 7\.2\.6-cloud-amd64 is named twice$/,
    );
    refused(
      FILE.replace('LUID-01: pass', 'LUID-01: { pass: 7.2.6-cloud-amd64..6.1.192-cloud-amd64 }'),
      /^base\.yaml:15: LUID-01: 7\.2\.6-cloud-amd64\.\.6\.1\.192-cloud-amd64 goes backwards$/,
    );
    refused(FILE.replace('    LUID-01', '    LUID-03'), /^base\.yaml:\d+: not valid YAML: .*unique/);
    refused(`${FILE}slow: {}\n`, /^base\.yaml:17: nothing is called slow here$/);
    refused(FILE.replace('6.1.192-cloud-amd64: tested', '6.1.192-cloud-amd64: infra'), /^base\.yaml:9: /);
    refused(
      FILE.replace('lvm: stock', 'lvm: other'),
      /^base\.yaml:6: lvm: "other" is none of stock, clustered$/,
    );
    refused(FILE.replace('userland: trixie\n', ''), /userland is missing/);
  });
});

describe('a run against a baseline', () => {
  it('differs by every verdict that is another one, in both directions', () => {
    const other = results([
      [OLD, { 'LUID-01': 'fail', 'LUID-03': 'pass', 'FLUSH-11q': 'changed', 'CTR-01': 'untested' }],
      [NEW, { 'LUID-01': 'unknown', 'LUID-03': 'pass', 'FLUSH-11q': 'not-applicable', 'CTR-01': 'pass' }],
    ]);
    assert.deepEqual(differences(other), [
      'LUID-01 on 6.1.192: pass -> fail',
      'FLUSH-11q on 6.1.192: pass -> changed',
      'LUID-01 on 7.2.6: pass -> unknown',
      'LUID-03 on 7.2.6: fail -> pass',
      'FLUSH-11q on 7.2.6: changed -> not-applicable',
      'CTR-01 on 7.2.6: undefined -> pass',
    ]);
  });

  it('differs by what is expected and not tested, and looks at nothing that was not selected', () => {
    const part = results([[MIDDLE, { 'CTR-01': 'untested', 'LUID-02': 'untested' }]]);
    assert.deepEqual(differences(part), ['CTR-01 on 6.12.117: pass -> undefined']);
    const outside = { ...resultOf('LUID-01', 'fail', MIDDLE.label), selected: false };
    assert.deepEqual(differences(sampleRun([MIDDLE], [outside])), []);
    assert.deepEqual(compareWithBaseline(part, parsed(FILE)).absent, [
      '6.1.192-cloud-amd64',
      '7.2.6-cloud-amd64',
    ]);
  });

  it('differs by kernels: one it does not know, one that could not be tested', () => {
    const infra = { state: 'infra', reason: 'does not boot' } as const;
    const lacks = { state: 'not-applicable', reason: 'CONFIG_X is missing' } as const;
    const run = results([
      [kernel('6.1.193'), { 'LUID-01': 'pass' }],
      [kernel('6.12.117', infra), { 'LUID-01': 'infra' }],
      [kernel('7.2.6', lacks), { 'LUID-01': 'not-applicable' }],
    ]);
    assert.deepEqual(differences(run), [
      'kernel on 6.1.193: undefined -> tested',
      'kernel on 6.12.117: tested -> infra',
      'kernel on 7.2.6: tested -> not-applicable',
    ]);
  });

  it('expects a kernel to lack an option, if it lacked it when the baseline was recorded', () => {
    const lacks = kernel('5.4', { state: 'not-applicable', reason: 'CONFIG_X is missing' });
    const run = results([
      [OLD, { 'LUID-01': 'pass' }],
      [lacks, { 'LUID-01': 'not-applicable' }],
    ]);
    const file = renderBaseline(recordBaseline(run, undefined));
    assert.match(file, /^ {4}5\.4-cloud-amd64: not-applicable$/m);
    assert.match(file, /^ {4}LUID-01: pass$/m);
    assert.deepEqual(differences(run, file), []);
    const there = results([[kernel('5.4'), { 'LUID-01': 'pass' }]]);
    assert.deepEqual(differences(there, file), ['kernel on 5.4: not-applicable -> tested']);
  });

  it('refuses a baseline of another daemon, userland or LVM', () => {
    for (const [wrong, message] of [
      [FILE.replace('"reference"', '"other"'), /daemon other, and this run has reference/],
      [FILE.replace('userland: trixie', 'userland: sid'), /userland sid, and this run has trixie/],
      [FILE.replace('lvm: stock', 'lvm: clustered'), /lvm clustered, and this run has stock/],
    ] as const)
      assert.throws(() => compareWithBaseline(ALL, parsed(wrong)), message);
  });

  it('refuses a shard, which may lack tests of a requirement', () => {
    const shard = results([[OLD, { 'LUID-01': 'pass' }]], { shard: { index: 1, total: 2, whole: 'x' } });
    assert.throws(() => compareWithBaseline(shard, parsed(FILE)), /shard 1 of 2\. Put the shards together/);
    assert.throws(() => recordBaseline(shard, undefined), /shard 1 of 2/);
  });

  it('is as it should be when a MUST fails as expected, and not when it passes', () => {
    const status = (run: RunResults): number => statusAgainst(compareWithBaseline(run, parsed(FILE)), run);
    assert.equal(status(ALL), 0);
    assert.equal(status(results([[NEW, { 'LUID-03': 'fail' }]])), 0);
    assert.equal(status(results([[NEW, { 'LUID-03': 'pass' }]])), 1);
    assert.equal(status(results([[NEW, { 'LUID-03': 'infra' }]])), 69);
    assert.equal(status(results([[NEW, { 'LUID-03': 'unknown' }]])), 1);
    assert.equal(status(results([[NEW, { 'LUID-03': 'fail' }]], { interrupted: true })), 130);
    assert.equal(status(results([[NEW, { 'LUID-03': 'fail' }]], { errors: ['a worker died'] })), 69);
    const finding = { finding: 'oops', title: 'x', text: 'x', event: 1, test: 't', path: 'p' } as const;
    const oops = results([[NEW, { 'LUID-03': 'fail' }]]);
    assert.equal(status({ ...oops, findings: [{ ...finding, kernel: NEW.label }] }), 2);
  });
});

describe('recording a baseline', () => {
  it('takes neither unknown nor infra', () => {
    const infra = kernel('6.17.1', { state: 'infra', reason: 'does not boot' });
    const run = results([
      [OLD, { 'LUID-01': 'unknown', 'LUID-02': 'untested', 'LUID-03': 'infra', 'LUID-10': 'pass' }],
      [infra, { 'LUID-01': 'infra' }],
    ]);
    assert.deepEqual(
      unrecordable(run).map(({ id, kernel: name, seen }) => `${id ?? 'kernel'} ${name} ${String(seen)}`),
      ['LUID-01 6.1.192 unknown', 'LUID-03 6.1.192 infra', 'kernel 6.17.1 infra'],
    );
    assert.throws(() => recordBaseline(run, undefined), /LUID-01 is unknown on 6\.1\.192-cloud-amd64/);
    assert.throws(() => recordBaseline(results([[infra, {}]]), undefined), /does not boot/);
  });

  it('refuses a run in which something went wrong outside its tests', () => {
    const run = results([[OLD, { 'LUID-01': 'pass' }]], { errors: ['a worker died'] });
    assert.deepEqual(
      unrecordable(run).map(({ id, kernel: name, seen, reason }) => [id, name, seen, reason]),
      [['run', 'all kernels', 'infra', 'a worker died']],
    );
    assert.throws(() => recordBaseline(run, undefined), /a worker died/);
  });

  it('refuses two kernels that it would take for one and that differ', () => {
    const twin = { ...OLD, label: 'other', release: '6.1.0-2-cloud-amd64' };
    const alike = results([
      [OLD, { 'LUID-01': 'pass' }],
      [twin, { 'LUID-01': 'pass' }],
    ]);
    assert.match(renderBaseline(recordBaseline(alike, undefined)), /LUID-01: pass/);
    const unlike = results([
      [OLD, { 'LUID-01': 'pass' }],
      [twin, { 'LUID-01': 'fail' }],
    ]);
    assert.throws(() => recordBaseline(unlike, undefined), /LUID-01 is pass on one and fail on other/);
  });
});
