/** Self test of the command line: the compiled program, its exit statuses and texts. No VM is needed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { History, writeHistory } from '../history/index.js';
import { Scenario } from '../history/scenario/index.js';
import { BUILT_VARIABLE } from '../setup/build.mjs';
import { projectRoot } from '../setup/root.mjs';
import { runResultsSchema } from '../results/model.js';
import { command, finding, request, sampleEnd, sampleHistory } from '../results/sample-history.js';
import { spawnOwned, ownPath } from '../setup/owned.mjs';
import { MAIN, runCompiled, type Ended } from './run-compiled.js';

let directory = '';
before(() => {
  directory = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-cli-'))));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const ulogcheck = async (...args: string[]): Promise<Ended> => await runCompiled(directory, {}, ...args);

describe('bad usage', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['an unknown command', ['rnu'], "ulogcheck: unknown command 'rnu'\n(Did you mean run?)\n"],
    ['an unknown option', ['run', '--tire'], "ulogcheck: unknown option '--tire'\n(Did you mean --tier?)\n"],
    [
      'a tier',
      ['run', '--tier', 'quik'],
      "ulogcheck: option '--tier <tier>' argument 'quik' is invalid. Did you mean quick? It is quick or full.\n",
    ],
    [
      'a number',
      ['run', '--workers', 'many'],
      "ulogcheck: option '--workers <n>' argument 'many' is invalid. " +
        'It is the number of tests at a time: a whole number from 1 on.\n',
    ],
    [
      'a userland',
      ['run', '--userland', 'potato'],
      "ulogcheck: option '--userland <name>' argument 'potato' is invalid. It is bullseye, bookworm, trixie or sid.\n",
    ],
    [
      'an LVM',
      ['run', '--lvm', 'clusterd'],
      "ulogcheck: option '--lvm <which>' argument 'clusterd' is invalid. Did you mean clustered? It is stock or clustered.\n",
    ],
    [
      'an id',
      ['run', '-g', 'LUID-0'],
      'ulogcheck: -g LUID-0: no requirement, folder, file or test title matches. ' +
        'Did you mean LUID-01, LUID-02 or LUID-03? See `ulogcheck run --list`.\n',
    ],
    [
      'a daemon',
      ['run', '--daemon', 'refrence', '--list'],
      'ulogcheck: --daemon refrence: no profile has this name. Did you mean reference? Known: reference; ' +
        'or give the path of a profile file.\n',
    ],
    [
      'a kernel',
      ['run', '--kernel', '6.12 please'],
      'ulogcheck: --kernel 6.12 please: is no name of a kernel, and no file or directory is called so. Say stable, ' +
        'latest, a version such as 6.12.107 or 6.12.*, a release, a Debian version, or the path of a .deb or a kernel ' +
        'tree.\n',
    ],
    [
      'a kernel of a list',
      ['kernels', 'list', 'debian/each,7.3:big'],
      'ulogcheck: --kernel 7.3:big: "big" is no flavour; say cloud, generic, rt\n',
    ],
    [
      'a kernel that is a path',
      ['kernels', 'list', '6.1,./linux'],
      "ulogcheck: kernels list ./linux: is a path; shown are Debian's kernels and those of the cache. Whether one of your " +
        'own has what nodes need is told by `ulogcheck kernels config --check`.\n',
    ],
    [
      'a QEMU',
      ['run', '--qemu', '/nowhere/qemu'],
      'ulogcheck: --qemu /nowhere/qemu: there is no such file. Give the path of qemu-system-x86_64, version 10 or newer.\n',
    ],
    [
      'results to compare',
      ['compatibility', '/nowhere/results.json'],
      'ulogcheck: /nowhere/results.json: cannot be read (ENOENT). Give the results of a run that came to its end, such as ' +
        'reports/out/latest/results.json.\n',
    ],
    [
      'a requirement to explain',
      ['explain', 'luid-03'],
      'ulogcheck: luid-03 is not in the catalogue. Did you mean LUID-03? See `ulogcheck run --list` for what is tested.\n',
    ],
    [
      'a history',
      ['judge', 'nowhere.jsonl'],
      'ulogcheck: nowhere.jsonl: cannot be read (ENOENT). Give the history.jsonl of a test, such as ' +
        'reports/out/latest/tests/<test>/history.jsonl.\n',
    ],
    [
      'a mutant',
      ['mutants', 'uid-keyed'],
      'ulogcheck: there is no mutant uid-keyed. Did you mean uuid-keyed?\n',
    ],
    [
      'a mutant that no selected test names',
      ['mutants', 'uuid-keyed', '-g', 'SYNC-08'],
      'ulogcheck: no test that -g selects names the mutant uuid-keyed\n',
    ],
    [
      'an age',
      ['clean', '--older-than', '3'],
      "ulogcheck: option '--older-than <age>' argument '3' is invalid. It is a number and m, h, d or w, such as 12h or 7d.\n",
    ],
    [
      'a format',
      ['run', '--format', 'ktapp'],
      "ulogcheck: option '--format <format>' argument 'ktapp' is invalid. It is terminal, ktap or json.\n",
    ],
    [
      'options that exclude each other',
      ['clean', '--all', '--older-than', '3d'],
      "ulogcheck: option '--all' cannot be used with option '--older-than <age>'\n",
    ],
    [
      'a surplus argument',
      ['run', 'now'],
      "ulogcheck: too many arguments for 'run'. Expected 0 arguments but got 1.\n",
    ],
  ];
  for (const [what, args, text] of cases) {
    it(`names ${what}, what would be right, and ends with 64`, async () => {
      assert.deepEqual(await ulogcheck(...args), { status: 64, stdout: '', stderr: text });
    });
  }

  it('without a command is told all commands', async () => {
    const { status, stderr } = await ulogcheck();
    assert.equal(status, 64);
    for (const name of ['run', 'doctor', 'shell', 'report', 'judge', 'explain', 'mutants', 'clean']) {
      assert.match(stderr, new RegExp(`^  ${name} `, 'm'));
    }
  });
});

describe('commands that need no VM', () => {
  it('--help and --version end with 0', async () => {
    assert.equal((await ulogcheck('run', '--help')).status, 0);
    assert.match((await ulogcheck('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('run --list shows tests and runs nothing', async () => {
    const { status, stdout } = await ulogcheck('run', '--list', '-g', 'LUID-03');
    assert.equal(status, 0);
    assert.match(stdout, /^conformance\/luid\/.*\.spec\.ts\n {2}LUID-03 /);
    assert.match(stdout, /\n\d+ tests of 1 requirements\b.*\n$/);
    assert.ok(!existsSync(join(directory, 'reports')));
  });

  it('a run that nobody listens to goes on to its results and its own status', async () => {
    const out = join(directory, 'unheard');
    await using child = spawnOwned([process.execPath, MAIN, 'run', '-g', 'CLUS-12', '--out', out], {
      cwd: directory,
      env: { ...process.env, [BUILT_VARIABLE]: '1' },
    });
    child.stdout.destroy();
    assert.deepEqual(await child.exited, { status: 69, signal: null });
    assert.ok(existsSync(join(out, 'results.json')));
  });

  it('explain tells sentence, source, test and mutants', async () => {
    const { status, stdout } = await ulogcheck('explain', 'LUID-03');
    assert.equal(status, 0);
    for (const part of [
      /^ {2}sentence {2}A table swap/m,
      /^ {2}source {4}dm-log/m,
      /^ {2}test {6}/m,
      /^ {2}mutant {4}uuid-keyed/m,
    ]) {
      assert.match(stdout, part);
    }
  });

  it('a run of what has no test says so in results.json and ends with 69', async () => {
    const kernels = ['--kernel', 'debian/each,7.3-rc'];
    const { status, stdout } = await ulogcheck(
      ...['run', '-g', 'CLUS-12', '--out', 'here', '--seed', '7', ...kernels],
    );
    assert.equal(status, 69);
    assert.match(
      stdout,
      /\nnothing was judged: no selected requirement has a test that applies in this run\n/,
    );
    assert.match(stdout, /\n0 passed, 0 failed, 2 skipped\n$/);
    const results = runResultsSchema.parse(
      JSON.parse(readFileSync(join(directory, 'here', 'results.json'), 'utf8')),
    );
    assert.deepEqual(
      results.requirements.map(({ id, verdict, reason }) => [id, verdict, reason]),
      [
        ['CLUS-12', 'unknown', 'no test'],
        ['CLUS-12', 'unknown', 'no test'],
      ],
    );
    assert.deepEqual(
      results.kernels.map(({ spec }) => spec),
      ['debian/each', '7.3-rc'],
    );
    assert.deepEqual([results.run.seed, results.run.argv[0]], [7, 'run']);
    assert.equal((await ulogcheck('run', '--resume', 'here')).status, 69);
    assert.equal((await ulogcheck('run', '-g', 'CLUS-12', '--kernel', '6.12 please')).status, 64);
  });
});

describe('judge', () => {
  const judged = async (history: History, ...args: string[]): Promise<{ status: number; stdout: string }> => {
    const path = join(directory, 'history.jsonl');
    writeHistory(path, history);
    return await ulogcheck('judge', path, ...args);
  };

  /** A daemon that serves one log, as it should unless told otherwise. */
  const served = (regionSize = 1024): Scenario => {
    const scenario = new Scenario();
    scenario.daemonReady();
    const log = scenario.log('U', '4096 clustered-core 1024 nosync');
    log.construct(regionSize, 4);
    log.resume();
    return scenario;
  };
  const alone = 'only the oracle judged: no requirement was found to pass\n';

  it('lets the oracle alone judge a history of an unknown test, and says that this is no pass', async () => {
    const { status, stdout } = await judged(served().history());
    assert.equal(status, 0);
    assert.equal(
      stdout,
      'hand-written history\nkernel 6.12.57+deb13-cloud-amd64, daemon reference; under test: the daemon\n' +
        'no test of this suite has this title: the oracle alone judges\n\n' +
        `the oracle sees nothing wrong with the daemon\n${alone}`,
    );
  });

  it('ends with 1 when the oracle alone sees a MUST broken', async () => {
    const { status, stdout } = await judged(served(512).history());
    assert.equal(status, 1, stdout);
    assert.ok(stdout.endsWith(alone));
  });

  it('ends with 2 when there is nothing that the oracle alone could judge', async () => {
    const { status, stdout } = await judged(sampleHistory([command()]));
    assert.equal(status, 2);
    assert.ok(
      stdout.endsWith(`\n\nthere is no exchange of kernel and daemon that the oracle could judge\n${alone}`),
      stdout,
    );
  });

  it('ends with 2 when the kernel complained, even if the recording ends there', async () => {
    const scenario = served();
    scenario.add({
      kind: 'finding',
      ...scenario.base(),
      finding: 'panic',
      title: 'kernel panic: x',
      text: 'Kernel panic',
    });
    const { header, events } = scenario.history();
    const { status, stdout } = await judged(new History(header, events, sampleEnd({ truncated: true })));
    assert.equal(status, 2, stdout);
  });

  it('ends with 69 when the recording is cut off', async () => {
    const { header, events } = served().history();
    assert.equal((await judged(new History(header, events, undefined))).status, 69);
  });

  it('shows the timeline when asked', async () => {
    const { stdout } = await judged(
      sampleHistory([command(), finding('warning', 'WARNING: x')]),
      '--timeline',
    );
    assert.match(stdout, /dmsetup create/);
    assert.match(stdout, /\nwarning \(event 1\): warning in some_function\n$/);
  });

  it('ends with 69 when the recording has gaps', async () => {
    const { status, stdout } = await judged(sampleHistory([request()], sampleEnd({ overruns: 2 })));
    assert.equal(status, 69);
    assert.match(stdout, /the recording has gaps: 2 events were lost/);
  });

  it('refuses what is no history', async () => {
    const { status, stderr } = await ulogcheck('judge', join(projectRoot, 'package.json'));
    assert.equal(status, 64);
    assert.match(stderr, /package\.json:1: /);
  });
});
