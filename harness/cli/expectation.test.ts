/** Self test of baselines, comparison and reports of several kernels: the compiled program. No VM is needed. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KernelRun, RequirementResult, RunResults } from '../results/model.js';
import { sampleKernel, sampleResult } from '../results/sample-history.js';
import { sampleRun } from '../results/sample-run.js';
import { ownPath } from '../setup/owned.mjs';
import { runCompiled, type Ended } from './run-compiled.js';

let directory = '';
before(() => {
  directory = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-expect-'))));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const ulogcheck = async (...args: string[]): Promise<Ended> => await runCompiled(directory, {}, ...args);

const KERNELS: readonly KernelRun[] = ['6.1.192', '7.2.6'].map((version) =>
  sampleKernel({ label: `${version}-cloud-amd64`, release: `${version}-cloud-amd64`, version }),
);

function results(verdict: RequirementResult['verdict'], given: Partial<RunResults['run']> = {}): RunResults {
  return sampleRun(
    KERNELS,
    KERNELS.flatMap(({ label: kernel }, index) => [
      sampleResult('LUID-01', 'pass', { kernel }),
      sampleResult('LUID-03', index === 1 ? verdict : 'pass', { kernel }),
    ]),
    given,
  );
}

/** Lays results into a directory of their own. */
function place(name: string, what: RunResults): string {
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, name, 'results.json'), `${JSON.stringify(what)}\n`);
  return name;
}

describe('ulogcheck expect', () => {
  it('records results, finds them again, and exits 1 with a diff when they differ', async () => {
    const recorded = await ulogcheck('expect', '--write', 'base.yaml', place('fail', results('fail')));
    assert.equal(recorded.status, 0, recorded.stderr);
    assert.match(readFileSync(join(directory, 'base.yaml'), 'utf8'), /^ {4}LUID-03: \{ pass: \.\.6\.1\.192/m);
    // A MUST that fails as expected.
    const same = await ulogcheck('expect', 'base.yaml', 'fail');
    assert.deepEqual(
      [same.status, same.stdout],
      [0, 'as expected: 6 expectations of base.yaml (quick tier)\n'],
    );
    const other = await ulogcheck('expect', 'base.yaml', 'fail', place('pass', results('pass')));
    assert.equal(other.status, 1);
    assert.match(other.stdout, /LUID-03 \(MUST\) on 7\.2\.6\n {2}- fail\n {2}\+ pass\n/);
  });

  it('writes nothing of what nobody can expect', async () => {
    for (const [verdict, status] of [
      ['unknown', 2],
      ['infra', 69],
    ] as const) {
      const ended = await ulogcheck('expect', '--write', 'no.yaml', place(verdict, results(verdict)));
      assert.equal(ended.status, status);
      assert.match(ended.stdout, new RegExp(`LUID-03 is ${verdict} on 7\\.2\\.6`));
      assert.throws(() => readFileSync(join(directory, 'no.yaml')), /ENOENT/);
    }
    const cut = await ulogcheck('expect', 'base.yaml', place('cut', results('fail', { interrupted: true })));
    assert.deepEqual(
      [cut.status, cut.stdout],
      [130, 'not compared with base.yaml: the run was interrupted\n'],
    );
  });

  it('records no kernel on which nothing could be tested, for there is no test', async () => {
    const untested = sampleRun(
      KERNELS,
      KERNELS.map(({ label: kernel }) => sampleResult('CLUS-12', 'unknown', { kernel, tests: [] })),
    );
    const { status, stdout } = await ulogcheck('expect', '--write', 'none.yaml', place('none', untested));
    assert.equal(status, 69);
    assert.match(stdout, /none\.yaml is not written: no selected requirement has a test\n$/);
    assert.throws(() => readFileSync(join(directory, 'none.yaml')), /ENOENT/);
  });

  it('calls a bad file bad usage, with its line, before anything is run', async () => {
    writeFileSync(join(directory, 'bad.yaml'), 'schemaVersion: 1\nuserland: trixie\nlvm: x\ndaemon: x\n');
    for (const args of [
      ['expect', 'bad.yaml', 'fail'],
      ['run', '-g', 'LUID-03', '--expect', 'bad.yaml', '--qemu', '/bin/false'],
      ['run', '-g', 'LUID-03', '--write-expect', 'bad.yaml', '--qemu', '/bin/false'],
    ]) {
      const { status, stderr } = await ulogcheck(...args);
      assert.equal(status, 64);
      assert.equal(stderr, 'ulogcheck: bad.yaml:3: lvm: "x" is none of stock, clustered\n');
    }
    const absent = await ulogcheck('run', '-g', 'LUID-03', '--expect', 'absent.yaml', '--qemu', '/bin/false');
    assert.equal(absent.status, 64);
    assert.match(absent.stderr, /^ulogcheck: absent\.yaml: cannot be read \(ENOENT\)/);
    const shard = await ulogcheck(
      'run',
      '--write-expect',
      'x.yaml',
      '--shard',
      '1/2',
      '--qemu',
      '/bin/false',
    );
    assert.equal(shard.status, 64);
    assert.match(shard.stderr, /a shard has a part of the results only/);
    const nowhere = await ulogcheck('run', '--write-expect', 'no/such/file.yaml', '--qemu', '/bin/false');
    assert.equal(nowhere.status, 64);
    assert.match(nowhere.stderr, /there is no directory/);
  });
});

describe('ulogcheck compare', () => {
  it('exits 0 for the same, 1 for something else, 64 for what is no run', async () => {
    place('fail', results('fail'));
    place('pass', results('pass'));
    assert.equal((await ulogcheck('compare', 'fail', 'fail/results.json')).status, 0);
    const { status, stdout } = await ulogcheck('compare', 'pass', 'fail');
    assert.equal(status, 1);
    assert.match(stdout, /LUID-03 on 7\.2\.6\n {2}- pass\n {2}\+ fail: it is fail\n/);
    const json = await ulogcheck('compare', 'pass', 'fail', '--format', 'json');
    assert.equal((JSON.parse(json.stdout) as { same: boolean }).same, false);
    const none = await ulogcheck('compare', 'pass', 'nowhere');
    assert.deepEqual([none.status, none.stdout], [64, '']);
    place('cut', results('fail', { interrupted: true }));
    assert.equal((await ulogcheck('compare', 'pass', 'cut')).status, 64);
  });
});

describe('a report that is longer than a pipe', () => {
  it('comes to its end', async () => {
    const [kernel = sampleKernel()] = KERNELS;
    const many = Array.from({ length: 500 }, (_, index) =>
      sampleResult(`LUID-${String(index)}`, 'fail', { kernel: kernel.label, reason: 'long '.repeat(200) }),
    );
    place('long', sampleRun([kernel], many));
    const { status, stdout } = await ulogcheck('report', 'long', '--format', 'junit');
    assert.equal(status, 0);
    assert.ok(stdout.length > 500_000 && stdout.endsWith('</testsuites>\n'), String(stdout.length));
  });
});
