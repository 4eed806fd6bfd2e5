import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { readHistory } from '../history/index.js';
import { programAsTest, type ProgramDefinition, type ProgramSpec } from '../plan/program.js';
import { judgeProgram } from '../results/judge-program.js';
import type { ProgramOutcome, TestOutcome } from '../results/model.js';
import { programVerdict } from '../results/programs.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { runTest } from './run-test.js';
import { prepareSelfTest } from './self-test-scene.js';

// Programs in real nodes: what they print, and every way in which they may end.

let environment: RunEnvironment;
let reference: SubjectEnvironment;

before(async () => {
  ({ environment, reference } = await prepareSelfTest('ready'));
});

interface Left {
  readonly program: ProgramOutcome;
  readonly outcome: TestOutcome;
  /** What is in program.log. */
  readonly log: string;
}

/** Runs a shell script as a program in a node of its own; its history must give the same results again. */
async function run(
  script: string,
  given: Partial<ProgramSpec> = {},
  definition: Partial<ProgramDefinition> = {},
): Promise<Left> {
  const program: ProgramSpec = {
    command: ['sh', '-c', script],
    format: 'ktap',
    deadlineMs: 30_000,
    ...given,
  };
  const planned = programAsTest(
    { title: 'a program of the self tests', tier: 'quick', ...definition, program },
    'conformance/programs/self.spec.ts',
  );
  await using directory = await ownedTempDir('ulogcheck-test-');
  const outcome = await runTest({
    test: planned,
    environment,
    subject: reference,
    seed: 1,
    directory: directory.path,
  });
  const history = await readHistory(join(directory.path, 'history.jsonl'));
  const log = await readFile(join(directory.path, 'program.log'), 'utf8');
  assert.ok(outcome.program);
  assert.deepEqual(judgeProgram(history, planned), outcome.program);
  return { program: outcome.program, outcome, log };
}

function shown({ results, problems }: ProgramOutcome): string[] {
  return [
    ...results.map(({ verdict, path }) => `${verdict} ${path.join(' > ')}`),
    ...problems.map(({ kind, verdict }) => `(${kind}) ${verdict}`),
  ];
}

test('a nested failure under an ok parent fails both; the program has its files, variables, and the daemon beside it', async () => {
  const { program, log } = await run(
    `. /run/lay/lines; echo '# it is '"$COLOUR"; [ -b "$ULOGCHECK_LEG1" ] && echo '# leg1 is a disk'; pgrep -f reference/main.js >/dev/null && echo 'ok 2 daemon' || echo 'not ok 2 daemon'
     echo complaint >&2`,
    {
      env: { COLOUR: "blue 'n green" },
      files: [
        { from: join(import.meta.dirname, '../../../harness/lab/testdata/nested.sh'), to: '/run/lay/lines' },
      ],
    },
    { daemon: 'running' },
  );
  assert.deepEqual(shown(program), [
    'pass suite > first',
    'fail suite > second',
    'fail suite',
    'pass daemon',
  ]);
  assert.match(
    program.results[2]?.reason ?? '',
    /contradicts itself: says ok, but nested in it failed: second/,
  );
  assert.match(log, /^# it is blue 'n green$/m);
  assert.match(log, /^# leg1 is a disk$/m);
  assert.match(log, /^stderr: complaint$/m);
});

test('one that bails out fails, and the rest is unknown', async () => {
  const { program } = await run("echo 1..3; echo ok 1 a; echo 'Bail out! no disk'; exit 1");
  assert.deepEqual(shown(program), [
    'pass a',
    'unknown #2',
    'unknown #3',
    '(truncated-plan) unknown',
    '(bail-out) fail',
  ]);
});

test('one that does not end is killed with its children at its deadline, and its output is kept', async () => {
  const started = performance.now();
  const { program, log } = await run('echo 1..2; echo ok 1 a; sleep 600 & sleep 600', { deadlineMs: 2000 });
  assert.deepEqual(shown(program), ['pass a', 'fail #2', '(truncated-plan) fail', '(deadline) fail']);
  assert.match(program.problems[1]?.text ?? '', /did not end within 2000 ms/);
  assert.equal(log, '1..2\nok 1 a\n');
  assert.ok(performance.now() - started < 90_000);
});

test('one that dies of a signal, and one that is not there, fail with what was said', async () => {
  const died = await run('echo 1..1; echo ok 1 a; kill -SEGV $$');
  assert.deepEqual(shown(died.program), ['pass a', '(signal) fail']);
  const absent = await run('', { command: ['/opt/no such program'] });
  assert.equal(programVerdict(absent.program), 'fail');
  assert.match(absent.program.problems[1]?.text ?? '', /status 127, .*no such program: not found/);
});

test('one that kills the kernel: what it had printed is kept, its failure stands, and nothing passes', async () => {
  const { program, outcome, log } = await run(
    'echo 1..4; echo ok 1 a; echo not ok 2 b; sleep 1; echo c > /proc/sysrq-trigger',
  );
  assert.deepEqual(shown(program), [
    'unknown a',
    'fail b',
    'unknown #3',
    'unknown #4',
    '(truncated-plan) unknown',
    '(kernel) unknown',
  ]);
  assert.equal(outcome.findings?.[0]?.finding, 'panic');
  assert.match(log, /^not ok 2 b$/m);
});

test('one whose node goes away without a word is infra', async () => {
  const { program } = await run('echo 1..2; echo ok 1 a; sleep 1; echo o > /proc/sysrq-trigger; sleep 60');
  assert.equal(programVerdict(program), 'infra');
  assert.deepEqual(shown(program).at(-1), '(lost) infra');
});
