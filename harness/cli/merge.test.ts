/** Self test of continuing and merging: the compiled program, and outcomes that no VM had to leave. */
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { planAt, testDirectory, type RunPlan } from '../plan/run-plan.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { selectTests } from '../plan/select.js';
import { runResultsSchema, type RunResults } from '../results/model.js';
import { sampleOutcome } from '../results/sample-history.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { chooseDaemon } from './daemon-option.js';
import { runCompiled } from './run-compiled.js';
import { requestOf, type CheckedOptions } from './run-request.js';
import { digestOf } from './shard.js';
import { loadSuite } from './suite.js';

const grep = ['TRN-02', 'CTR-20'];

/** The plan of a run of a few tests on two kernels, as if it had been prepared. */
async function planIn(out: string): Promise<RunPlan> {
  const suite = await loadSuite();
  const options: CheckedOptions = {
    ...{ kernel: ['6.1,6.12'], daemon: 'reference', userland: 'trixie', lvm: 'stock', tier: 'quick', grep },
    ...{
      workers: 2,
      list: false,
      seed: 7,
      strict: false,
      gdb: false,
      dump: false,
      format: 'terminal',
      html: false,
    },
    ...{ qemu: undefined, out },
  };
  const kernels = ['6.1.192', '6.12.117'].map((label) =>
    samplePlannedKernel({ label, release: label, version: label }),
  );
  const { plan } = requestOf(
    ...([
      options,
      await chooseDaemon('reference'),
      suite,
      selectTests(grep, 'quick', suite),
      { choices: kernels, suitesLeftOut: [] },
      new Date(),
    ] as const),
  );
  return {
    ...plan,
    machine: { qemu: 'QEMU 10', lvmVersion: '2.03.31' },
    kernels: plan.kernels.map((kernel) => ({ ...kernel, state: 'ready' })),
  };
}

/** Leaves a plan and what its tests said, as a run that was killed then would. */
async function leave(plan: RunPlan): Promise<void> {
  await mkdir(plan.out, { recursive: true });
  await writeFile(join(plan.out, 'plan.json'), JSON.stringify(plan));
  for (const run of plan.runs) {
    for (const { title, file, ids } of run.tests) {
      const directory = testDirectory(run, title);
      const judgements = ids.map((id) => ({
        ...{ id, verdict: 'pass' as const, reason: 'seen', observed: '' },
        evidence: [{ kind: 'probe' as const, path: 'history.jsonl', events: [] }],
      }));
      const outcome = sampleOutcome(judgements, {
        test: title,
        file,
        ids,
        kernel: run.kernel,
        seed: 7,
        directory,
      });
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'history.jsonl'), run.kernel);
      await writeFile(join(directory, 'outcome.json'), JSON.stringify(outcome));
    }
  }
}

async function resultsIn(directory: string): Promise<RunResults> {
  return runResultsSchema.parse(JSON.parse(await readFile(join(directory, 'results.json'), 'utf8')));
}

test('a run that has nothing left to run says so, and reports the same again', async () => {
  await using scratch = await ownedTempDir('ulogcheck-resume-');
  const out = join(scratch.path, 'run');
  await leave(await planIn(out));
  const resume = async (
    ...words: string[]
  ): Promise<{ status: number | null; stdout: string; stderr: string }> =>
    await runCompiled(scratch.path, {}, 'run', '--resume', 'run', '--no-html', ...words);
  const { status, stdout, stderr } = await resume();
  assert.match(stdout, /^run {4}nothing is left to run in /, stderr);
  assert.equal(status, 0);
  const first = await resultsIn(out);
  assert.deepEqual(
    first.kernels.map(({ label, state }) => [label, state]),
    [
      ['6.1.192', 'tested'],
      ['6.12.117', 'tested'],
    ],
  );
  assert.ok(first.requirements.every(({ verdict }) => verdict === 'pass'));
  await resume('--seed', '7', '-g', 'TRN-02', '-g', 'CTR-20');
  assert.deepEqual(await resultsIn(out), first);
  const contradicted: readonly [readonly string[], RegExp][] = [
    [
      ['--seed', '8'],
      /^ulogcheck: --seed 8: the run in .* was begun otherwise \(7\)\. --resume takes its options/,
    ],
    [['--kernel', '6.1'], /^ulogcheck: --kernel 6\.1: the run in .* was begun otherwise \(6\.1,6\.12\)/],
    [['--tier', 'full'], /^ulogcheck: --tier full: .* \(quick\)/],
    [['--list'], /^ulogcheck: --resume --list: /],
  ];
  for (const [words, message] of contradicted) {
    const refused = await resume(...words);
    assert.match(refused.stderr, message);
    assert.equal(refused.status, 64);
  }
});

test('a run of another suite, or none at all, is not gone on with', async () => {
  await using scratch = await ownedTempDir('ulogcheck-resume-');
  const plan = await planIn(join(scratch.path, 'run'));
  assert.ok(plan.asked !== undefined);
  await leave({ ...plan, asked: { ...plan.asked, suiteDigest: 'another' } });
  const other = await runCompiled(scratch.path, {}, 'run', '--resume', 'run');
  assert.match(
    other.stderr,
    /^ulogcheck: --resume .*: the run was begun with other tests, or another harness/,
  );
  assert.equal(other.status, 64);
  const none = await runCompiled(scratch.path, {}, 'run', '--resume', 'nowhere');
  assert.match(none.stderr, /^ulogcheck: --resume .*: holds no plan .*Give the directory of a run/);
  assert.equal(none.status, 64);
});

test('shards become one result set with all evidence, wherever they were brought to', async () => {
  await using scratch = await ownedTempDir('ulogcheck-merge-');
  const plan = await planIn('/elsewhere/out');
  const { asked } = plan;
  assert.ok(asked !== undefined);
  for (const [index, label] of ['6.1.192', '6.12.117'].entries()) {
    const shard = { index: index + 1, total: 2, whole: digestOf(plan.runs) };
    const part: RunPlan = {
      ...plan,
      asked: { ...asked, shard },
      kernels: plan.kernels.filter((kernel) => kernel.label === label),
      runs: plan.runs.filter(({ kernel }) => kernel === label),
    };
    const directory = join(scratch.path, `shard-${index + 1}`);
    await leave(planAt(part, directory));
    await writeFile(join(directory, 'plan.json'), JSON.stringify(part));
  }
  const merge = async (
    ...words: string[]
  ): Promise<{ status: number | null; stdout: string; stderr: string }> =>
    await runCompiled(scratch.path, {}, 'merge', ...words, '--no-html');
  const { status, stderr } = await merge('shard-2', 'shard-1', '--out', 'all');
  assert.equal(stderr, '');
  assert.equal(status, 0);
  const all = join(scratch.path, 'all');
  const results = await resultsIn(all);
  assert.equal(results.run.shard, undefined);
  assert.deepEqual(
    results.kernels.map(({ label }) => label),
    ['6.1.192', '6.12.117'],
  );
  assert.ok(
    results.requirements.length === 4 && results.requirements.every(({ verdict }) => verdict === 'pass'),
  );
  for (const { kernel, evidence } of results.requirements) {
    for (const { path } of evidence) assert.equal(await readFile(join(all, path), 'utf8'), kernel);
  }
  assert.ok((await readdir(all)).includes('junit.xml'));
  const held = await runCompiled(scratch.path, {}, 'run', '--resume', 'shard-1', '--expect', 'none.yaml');
  assert.match(
    held.stderr,
    /^ulogcheck: --expect and --write-expect: a shard has a part of the results only/,
  );
  assert.equal(held.status, 64);
  // A test that left nothing is missed.
  const [run] = planAt(plan, join(scratch.path, 'shard-1')).runs.filter(({ tests }) => tests.length > 0);
  const [first] = run?.tests ?? [];
  assert.ok(run !== undefined && first !== undefined);
  await writeFile(join(testDirectory(run, first.title), 'outcome.json'), '{');
  const missed = await merge('shard-1', 'shard-2', '--out', 'less');
  assert.equal(missed.status, 69);
  const infra = (await resultsIn(join(scratch.path, 'less'))).requirements.filter(
    ({ verdict }) => verdict === 'infra',
  );
  assert.deepEqual([...new Set(infra.map(({ reason }) => reason))], ['its test was planned but never ran']);
  const over = await merge('shard-1', 'shard-2', '--out', 'shard-1/all');
  assert.match(over.stderr, /lie in each other/);
  assert.equal(over.status, 64);
});
