/** The compiled command on results that were written by hand; no VM is needed. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleResults } from '../../reports/sample-results.js';
import { writeHistory, type History } from '../history/index.js';
import { Scenario } from '../history/scenario/index.js';
import { sampleResult } from '../results/sample-history.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { runCompiled, type Ended } from './run-compiled.js';

let directory: Awaited<ReturnType<typeof ownedTempDir>>;
before(async () => {
  directory = await ownedTempDir('ulogcheck-traces-');
});
after(async () => {
  await directory[Symbol.asyncDispose]();
});

/** A mirror that comes and goes; `nosync` is one more word of its constructor. */
function mirror(luid: bigint, words = ''): Scenario {
  const scenario = new Scenario();
  const log = scenario.log(`LVM-${luid}`, `8 clustered-core 4${words}`, luid).construct(4);
  log.resume();
  log.presuspend();
  log.postsuspend();
  log.dtr();
  return scenario;
}

/** Writes the results of a run whose tests left these histories; undefined: none. */
async function run(
  name: string,
  histories: Readonly<Record<string, History | undefined>>,
  options: object = {},
): Promise<string> {
  const out = join(directory.path, name);
  const tests = Object.keys(histories).map((title, index) => ({
    title,
    file: 'conformance/lvm/x.spec.ts',
    verdict: 'pass' as const,
    directory: `tests/${index}`,
  }));
  const results = sampleResults([sampleResult('LUID-01', 'pass', { tests })]);
  const all = { ...results, run: { ...results.run, options: { ...results.run.options, ...options } } };
  for (const [index, history] of Object.values(histories).entries()) {
    await mkdir(join(out, `tests/${index}`), { recursive: true });
    if (history !== undefined) writeHistory(join(out, `tests/${index}/history.jsonl`), history);
  }
  await writeFile(join(out, 'results.json'), JSON.stringify(all));
  return name;
}

const traces = async (a: string, b: string): Promise<Ended> =>
  await runCompiled(directory.path, {}, 'traces', a, b);

describe('ulogcheck traces', () => {
  it('finds runs alike that differ in names only, and says what was compared', async () => {
    const a = await run('a', { one: mirror(1n).history(), 'not here': mirror(1n).history() });
    const b = await run('b', { one: mirror(7n).history(), 'not here': undefined }, { lvm: 'clustered' });
    const { status, stdout } = await traces(a, b);
    const machine = (lvm: string): string => `kernel 6.12.107, daemon reference, userland trixie, LVM ${lvm}`;
    assert.equal(
      stdout,
      `A  a: ${machine('stock')}\nB  b: ${machine('clustered')}\n\n` +
        'equal      one (5 requests)\nonly in A  not here\n\n' +
        'compared: 1 equal, 0 different, 0 with gaps in a recording; in one run only: 1\n',
    );
    assert.equal(status, 0);
  });

  it('shows where they differ, and ends with 1', async () => {
    const a = await run('c', { one: mirror(1n).history(), two: mirror(1n).history() });
    const b = await run('d', { one: mirror(1n).history(), two: mirror(1n, ' nosync').history() });
    const { status, stdout } = await traces(a, b);
    assert.match(
      stdout,
      / {2}--- c\/tests\/1\/history\.jsonl\n {2}\+\+\+ d\/tests\/1\/history\.jsonl\n {2}@@ -1,4 \+1,4 @@\n {2}-CTR L1 U1 "8 clustered-core 4"\n {2}\+CTR L1 U1 "8 clustered-core 4 nosync"\n {3}RESUME L1\n/,
    );
    assert.equal(status, 1);
  });

  it('finds nothing alike in a recording with gaps, and ends with 69', async () => {
    const a = await run('e', { one: mirror(1n).history() });
    const b = await run('f', { one: mirror(1n).history({ missed: 1 }) });
    const { status, stdout } = await traces(a, b);
    assert.match(stdout, /^gaps {7}one: a recording is not complete: e\/tests/m);
    assert.equal(status, 69);
  });

  it('refuses what is no run, and runs with nothing to compare, with 64', async () => {
    const a = await run('g', { one: mirror(1n).history() });
    const other = await run('h', { other: mirror(1n).history() });
    const silent = await run('i', { one: new Scenario().history() });
    const silentToo = await run('j', { one: new Scenario().history() });
    for (const [left, right, message] of [
      [a, 'nowhere', /nowhere\/results\.json: cannot be read \(ENOENT\)/],
      [a, other, /^ulogcheck: g and h: nothing to compare: .* \(1 and 1 histories, 0 of the same tests\)/],
      [silent, silentToo, /nothing to compare: .* 1 of the same tests/],
    ] as const) {
      const { status, stderr } = await traces(left, right);
      assert.match(stderr, message);
      assert.equal(status, 64);
    }
  });
});
