import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { readHistory } from '../../history/index.js';
import { tableRewrites } from '../../history/lvm.js';
import type { ConformanceTest } from '../../plan/definition.js';
import type { TestOutcome } from '../../results/model.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import type { RunEnvironment, SubjectEnvironment } from '../environment.js';
import { prepareSelfTest } from '../self-test-scene.js';
import { runTest } from '../run-test.js';
import type { TestLab } from '../test-lab.js';
import { TABLE_REWRITER_PATH } from '../../../vm-images/index.js';
import { HISTORY_FILE } from '../../results/evidence.js';
import { testsOf } from './scenario.js';
import type { VolumeGroup } from './volume-group.js';

// The table rewriter on real ioctls, and what LVM's errors come to.

let environment: RunEnvironment;
let subject: SubjectEnvironment;

before(async () => {
  ({ environment, reference: subject } = await prepareSelfTest('ready'));
});

/** A scenario on a core log without integrated flush. */
function scenario(drive: (lab: TestLab, group: VolumeGroup) => Promise<void>): ConformanceTest<TestLab> {
  const [found] = testsOf({
    title: 'a scenario of the self tests',
    ids: ['LVM-01'],
    mutants: { 'core-legacy': ['resync-skips-a-region'] },
    // One of them kills the daemon.
    requestsMayFail: true,
    drive,
    situation: (history) => history.commands(),
  });
  assert.ok(found);
  return { ...found, file: 'conformance/self/lvm.spec.ts' };
}

async function run(
  drive: (lab: TestLab, group: VolumeGroup) => Promise<void>,
  look: (outcome: TestOutcome, directory: string) => Promise<void> | void,
): Promise<void> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const outcome = await runTest({
    ...{ test: scenario(drive), environment, subject, seed: 1 },
    directory: directory.path,
  });
  await look(outcome, directory.path);
}

const CREATE = [
  'lvcreate',
  '-y',
  '--type',
  'mirror',
  '-m1',
  '--mirrorlog',
  'core',
  '-R128k',
  '-l4',
  '-nlv',
  'vg',
];

test('a mirror whose log the kernel keeps itself passes nothing, however well all goes', async () => {
  await run(
    async (lab, group) => {
      const made = await lab.run(CREATE, { env: { DM_DISABLE_UDEV: '1' } });
      assert.equal(made.status, 0, made.stderr);
      const lv = group.volume({ extents: 4 });
      await lv.data.fill();
      await lv.waitInSync();
      await lv.data.verify();
      await lv.compareLegs();
      await lv.remove();
    },
    ({ judgements: [judgement] }) => {
      assert.equal(judgement?.verdict, 'unknown', judgement?.reason);
      assert.match(judgement.reason, /^the situation never occurred/);
    },
  );
});

test('what the rewriter does not understand it leaves alone, and says so; such a scenario fails', async () => {
  const line = (log: string): string => `0 8192 mirror ${log} 2 /dev/sda 0 /dev/sdb 0`;
  await run(
    async (lab, group) => {
      const env = {
        DM_DISABLE_UDEV: '1',
        LD_PRELOAD: TABLE_REWRITER_PATH,
        ULOGCHECK_REWRITER_LOG: '/run/rewriter.log',
        ULOGCHECK_REWRITER_FLUSH: 'integrated',
      };
      const dmsetup = async (...words: readonly string[]): Promise<string> => {
        const { status, stdout, stderr } = await lab.run(['dmsetup', ...words], { env });
        assert.equal(status, 0, stderr);
        return stdout.trim();
      };
      await lab.run(['vgremove', '-y', group.name]);
      // A device without a UUID, a log on a disk that is no device of device-mapper, and one that is rewritten.
      await dmsetup('create', 'plain', '--table', line('core 1 1024'));
      await dmsetup('create', 'ondisk', '-u', 'U1', '--table', line('disk 2 /dev/sdc 1024'));
      await dmsetup('create', 'taken', '-u', 'U2', '--table', line('core 2 1024 nosync'));
      assert.match(await dmsetup('table', 'taken'), / mirror core 2 1024 nosync 2 /);
      assert.match(await dmsetup('status', 'taken'), / 8\/8 1 AA 1 core$/);
      const bare = await lab.run(['dmsetup', 'table', 'taken'], { env: { DM_DISABLE_UDEV: '1' } });
      assert.match(bare.stdout, / mirror userspace 5 U2 integrated_flush clustered-core 1024 nosync 2 /);
      const log = await lab.run(['cat', '/run/rewriter.log']);
      const noted = log.stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as Record<string, unknown>);
      assert.deepEqual(
        noted.map(({ action, device, reason }) => [action, device, reason]),
        [
          ['alone', 'plain', 'the device has no UUID'],
          ['alone', 'ondisk', 'its log device is no device-mapper device'],
          ['load', 'taken', undefined],
          ['table', 'taken', undefined],
          ['status', 'taken', undefined],
        ],
      );
      for (const name of ['plain', 'ondisk', 'taken']) await dmsetup('remove', name);
    },
    ({ judgements: [judgement] }) => {
      assert.notEqual(judgement?.verdict, 'pass');
    },
  );
});

test('an error of LVM reaches the user, with what the kernel and the daemon said', async () => {
  await run(
    async (_lab, group) => {
      const refused = (argv: readonly string[], message: RegExp): Promise<void> =>
        assert.rejects(group.lvm.succeed(argv), (error: Error) => {
          assert.match(error.message, message);
          return true;
        });
      await refused(['lvs', 'nowhere'], /Volume group "nowhere" not found/);
      await refused(['lvcreate', '-y', '--type', 'mirror', '-m1', '-l9999', '-nlv', 'vg'], /[Ii]nsufficient/);
    },
    ({ notes }) => {
      assert.deepEqual(notes, []);
    },
  );
  await run(
    async (lab, group) => {
      await lab.subject.kill();
      await group.lvm.succeed(CREATE);
    },
    async ({ judgements: [judgement] }, directory) => {
      assert.equal(judgement?.verdict, 'unknown');
      assert.match(judgement.reason, /Failed to activate new LV/);
      assert.match(judgement.reason, /the kernel said last:\n.*[Uu]serspace log server/s);
      assert.match(judgement.reason, /the daemon said last:\n.*ready/s);
      const history = await readHistory(`${directory}/${HISTORY_FILE}`);
      assert.equal(tableRewrites(history)[0]?.rewrite.action, 'load');
    },
  );
});
