import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import {
  dirtyRegions,
  diskLogs,
  type History,
  POWER_CUT,
  powerCutOf,
  powerCuts,
  readHistory,
  traps,
} from '../history/index.js';
import { statusLines } from '../history/life-queries.js';
import { judgeHistory, recordingGaps } from '../oracle/index.js';
import type { TestOutcome } from '../results/model.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment } from './environment.js';
import { PowerCut } from './recording.js';
import { runTest } from './run-test.js';
import type { TestLab } from './test-lab.js';
import { prepareSelfTest, scenario } from './self-test-scene.js';

// A node whose power is cut, before a real kernel: the node that takes its place sees what had reached the disks, and
// both stand in one history, which is complete.

let environment: RunEnvironment;

before(async () => {
  ({ environment } = await prepareSelfTest('ready'));
});

async function record(
  drive: (lab: TestLab) => Promise<void>,
  underTest: 'daemon' | 'kernel' = 'daemon',
): Promise<{ readonly history: History; readonly outcome: TestOutcome }> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const subject = environment.subjects['reference'];
  assert.ok(subject);
  const test = scenario(drive, { underTest });
  const outcome = await runTest({ test, environment, subject, seed: 1, directory: directory.path });
  const [judgement] = outcome.judgements;
  assert.equal(judgement?.verdict, 'pass', judgement?.reason);
  const history = await readHistory(join(directory.path, 'history.jsonl'));
  assert.deepEqual(judgeHistory(history), []);
  assert.deepEqual(recordingGaps(history), []);
  assert.deepEqual(history.end, { kind: 'end', overruns: 0, missed: 0, truncated: false, reason: '' });
  return { history, outcome };
}

/** Everything of a dead node is earlier than its end, and what comes after it is of another one. */
function assertOneAfterTheOther(history: History, nodes: readonly string[]): void {
  const times = nodes.map((node) => history.events.filter((event) => event.node === node).map(({ t }) => t));
  for (const [index, node] of nodes.slice(0, -1).entries()) {
    const cut = powerCutOf(history, node);
    const mine = times[index]?.at(-1);
    const next = times[index + 1]?.[0];
    assert.ok(cut && mine !== undefined && next !== undefined);
    assert.equal(mine, cut.t, `events of ${node} after its power was cut`);
    assert.ok(next >= cut.t, `${nodes[index + 1] ?? ''} began before ${node} had ended`);
  }
}

describe('a power cut', () => {
  test('leaves what was written and marked, and nothing else: the next node resyncs just that', async () => {
    const { history } = await record(async (lab) => {
      const leg = await lab.stagedLeg(1);
      const options = { regions: 64, log: 'clustered-disk' } as const;
      const mirror = lab.mirror({ ...options, sync: 'nosync' });
      await mirror.create();
      await mirror.write([3, 20]);
      await mirror.marksCleared();
      await leg.hold('low');
      await mirror.writeHeld([5, 9]);
      const survivor = await lab.powerCut();
      assert.equal(survivor.nodeName, 'node2');
      await survivor.logDevice.read();
      await survivor.lookAtLegs(3);
      await survivor.lookAtLegs(20);
      const again = survivor.mirror(options);
      await again.create();
      await again.waitInSync(60_000);
      await again.status();
      await again.remove();
      assert.equal(await again.compareLegs(), true);
    });
    assertOneAfterTheOther(history, ['node1', 'node2']);
    const [image] = diskLogs(history);
    assert.ok(image);
    assert.deepEqual(dirtyRegions(image, 64), [5, 9]);
    const looks = history.observations('leg-blocks').map(({ value }) => value as { written: boolean[] });
    assert.deepEqual(
      looks.map(({ written }) => written),
      [
        [true, true],
        [true, true],
      ],
    );
    const recovered = history.exchanges('SET_REGION_SYNC').map(({ node, payload }) => [node, payload[0]]);
    assert.deepEqual(recovered, [
      ['node2', 5],
      ['node2', 9],
    ]);
    assert.match(statusLines(history).at(-1)?.stdout ?? '', / 64\/64 /);
    const lives = history.subjectEvents().map(({ node, action }) => `${node} ${action}`);
    assert.deepEqual(lives, [
      'node1 started',
      'node1 ready',
      'node1 killed',
      'node2 started',
      'node2 ready',
      'node2 stopped',
    ]);
  });

  test('at a request that a trap names: the daemon never saw it, and the recording has it', async () => {
    const { history } = await record(async (lab) => {
      const mirror = lab.mirror({ regions: 16, sync: 'nosync' });
      const trap = await lab.trap({ request: 1, of: 'RESUME', does: 'freeze' });
      const creation = lab.start(() => mirror.create());
      await trap.sprung();
      const survivor = await lab.powerCut();
      await assert.rejects(creation.finished(), PowerCut);
      await survivor.mirror({ regions: 16, sync: 'nosync' }).create();
      await survivor.mirror({ regions: 16 }).remove();
    });
    const [trap] = traps(history);
    assert.equal(trap?.by?.name, 'RESUME');
    assert.deepEqual(trap.by.replies, []);
    const [create] = history.commands().filter(({ argv }) => argv[1] === 'create');
    assert.equal(create?.outcome, 'power-cut');
    const [cut] = powerCuts(history);
    assert.equal(create.end, cut?.t);
    assertOneAfterTheOther(history, ['node1', 'node2']);
  });

  test('in the middle of traffic, and once more on the node that took the place', async () => {
    const { history } = await record(async (lab) => {
      let node = lab;
      for (const replies of [20, 35]) {
        const mirror = node.mirror({ regions: 64, sync: 'nosync' });
        await mirror.create();
        const before = node.replies;
        await mirror.writeLoad(200);
        await node.replied(before + replies);
        node = await node.powerCut();
      }
      await node.mirror({ regions: 64 }).create();
      await node.mirror({ regions: 64 }).remove();
    }, 'kernel');
    assert.equal(history.observations(POWER_CUT).length, 2);
    assertOneAfterTheOther(history, ['node1', 'node2', 'node3']);
  });
});
