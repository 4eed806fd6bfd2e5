/** Self test of what a run reports where: the compiled program. No VM is needed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCompiled, type Ended } from './run-compiled.js';
import { ownPath } from '../setup/owned.mjs';

let directory = '';
before(() => {
  directory = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-reports-'))));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const ulogcheckIn = async (variables: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> =>
  await runCompiled(directory, variables, ...args);
const ulogcheck = async (...args: string[]): Promise<Ended> => await ulogcheckIn({}, ...args);

describe('reports', () => {
  // A run without a test needs no VM, and is reported like any other.
  const bail = 'Bail out! nothing was judged: no selected requirement has a test that applies in this run\n';

  it('--format ktap leaves nothing but KTAP on stdout, the plan first', async () => {
    const { status, stdout } = await ulogcheck('run', '-g', 'CLUS-12', '--out', 'ktap', '--format', 'ktap');
    assert.equal(status, 69);
    assert.match(
      stdout,
      /^KTAP version 1\n1\.\.1\nok 1 CLUS-12 .* # SKIP no test\n# 0 passed, 0 failed, 1 skipped\n/,
    );
    assert.ok(stdout.endsWith(bail), stdout);
  });

  it('--format ktap bails out when the run cannot begin, and says why on stderr', async () => {
    // A QEMU that is none is found out while the run is prepared.
    const { status, stdout, stderr } = await ulogcheck(
      ...['run', '-g', 'LUID-03', '--out', 'bail', '--format', 'ktap', '--qemu', '/bin/false'],
    );
    assert.equal(status, 69);
    assert.match(stdout, /^KTAP version 1\n1\.\.1\nBail out! \/bin\/false does not start.*\n$/);
    assert.match(stderr, /^ulogcheck: \/bin\/false does not start/m);
  });

  it('--format json is results.json', async () => {
    const { stdout } = await ulogcheck('run', '-g', 'CLUS-12', '--out', 'json', '--format', 'json');
    assert.equal(stdout, readFileSync(join(directory, 'json', 'results.json'), 'utf8'));
  });

  it('writes JUnit into the results directory always, and where --junit says', async () => {
    await ulogcheck('run', '-g', 'CLUS-12', '--out', 'junit', '--junit', 'own.xml');
    const text = readFileSync(join(directory, 'own.xml'), 'utf8');
    assert.match(text, /<testsuite name="stable x reference" tests="2" failures="0" errors="1" skipped="1"/);
    assert.equal(text, readFileSync(join(directory, 'junit', 'junit.xml'), 'utf8'));
  });

  it('refuses a --junit that cannot be written, before anything is run', async () => {
    for (const [path, text] of [
      [
        'nowhere/junit.xml',
        `ulogcheck: --junit nowhere/junit.xml: there is no directory ${directory}/nowhere. Make it first.\n`,
      ],
      ['.', 'ulogcheck: --junit .: is a directory. Name a file in it.\n'],
    ] as const) {
      const refused = await ulogcheck('run', '-g', 'CLUS-12', '--out', 'refused', '--junit', path);
      assert.deepEqual(refused, { status: 64, stdout: '', stderr: text });
    }
    assert.ok(!existsSync(join(directory, 'refused')));
  });

  it('annotates for GitHub when it runs there, beside KTAP on stderr, and appends to the summary', async () => {
    const summary = join(directory, 'summary.md');
    const github = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const words = ['run', '-g', 'CLUS-12', '--out', 'github'];
    const terminal = await ulogcheckIn(github, ...words);
    const annotation =
      '::error title=ulogcheck::nothing was judged: no selected requirement has a test that applies in this run\n';
    assert.ok(terminal.stdout.startsWith(annotation), terminal.stdout);
    assert.match(terminal.stdout, /\n0 passed, 0 failed, 1 skipped\n$/);
    const ktap = await ulogcheckIn(github, ...words, '--format', 'ktap');
    assert.ok(ktap.stderr.includes(annotation));
    assert.ok(!ktap.stdout.includes('::'));
    assert.equal(
      readFileSync(summary, 'utf8').match(/^### ulogcheck: reference on stable, trixie$/gm)?.length,
      2,
    );
    const lost = await ulogcheckIn({ ...github, GITHUB_STEP_SUMMARY: directory }, ...words);
    assert.match(lost.stderr, /cannot be written: EISDIR/);
    assert.match(lost.stdout, /\n0 passed, 0 failed, 1 skipped\n$/);
  });

  it('report prints an earlier run again in any format', async () => {
    await ulogcheck('run', '-g', 'CLUS-12', '--out', 'earlier');
    const report = async (format: string): Promise<string> => {
      const { status, stdout } = await ulogcheck('report', 'earlier', '--format', format);
      assert.equal(status, 0);
      return stdout;
    };
    assert.ok((await report('ktap')).endsWith(bail));
    assert.equal(await report('junit'), readFileSync(join(directory, 'earlier', 'junit.xml'), 'utf8'));
    assert.match(await report('markdown'), /^### ulogcheck: reference on stable, trixie\n/);
  });

  it('report says what is wrong with what it was given', async () => {
    const { status, stderr } = await ulogcheck('report', 'nowhere');
    assert.equal(status, 64);
    assert.equal(
      stderr,
      `ulogcheck: ${directory}/nowhere/results.json: cannot be read (ENOENT). Give the directory of a run that came ` +
        'to its end, such as reports/out/latest.\n',
    );
  });
});
