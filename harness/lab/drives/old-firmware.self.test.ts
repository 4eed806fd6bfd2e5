import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { FIRMWARE_2023 } from '../../disks/idm/index.js';
import { type History, readHistory } from '../../history/index.js';
import { judgeHistory } from '../../oracle/index.js';
import type { ConformanceTest } from '../../plan/definition.js';
import { discoverTests } from '../../plan/discover.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import { runTest } from '../run-test.js';
import { prepareSelfTest } from '../self-test-scene.js';
import type { TestLab } from '../test-lab.js';
import { drivesProfile } from './drive-profile.js';

// A real VM on drives of 2020: what the judge says of them hangs on the profile that the history has.

/** What is said of the drives when their history tells another profile. */
function saidWith(history: History, change: (events: History['events']) => History['events']): string[] {
  return judgeHistory(history.withEvents(change(history.events))).map(({ side, id }) => `${side} ${id}`);
}

test('drives of 2020 are judged by their own profile, and fail by another', async () => {
  const { environment, reference } = await prepareSelfTest('ready');
  const old = (await discoverTests()).find(({ file }) => file.endsWith('/drive-of-2020.spec.ts'));
  assert.ok(old);
  await using directory = await ownedTempDir('ulogcheck-test-');
  const run = { test: old as ConformanceTest<TestLab>, environment, subject: reference, seed: 1 };
  const { judgements, notes } = await runTest({ ...run, directory: directory.path });
  for (const { id, verdict, reason } of judgements) assert.equal(verdict, 'pass', `${id}: ${reason}`);
  assert.deepEqual(notes, []);
  const history = await readHistory(join(directory.path, 'history.jsonl'));
  assert.equal(history.diskProfiles().length, 1);
  assert.deepEqual(
    saidWith(history, (events) => events),
    [],
  );
  const ofLater = saidWith(history, (events) =>
    events.map((event) =>
      event.kind === 'disk-profile' ? { ...event, mutexes: drivesProfile(FIRMWARE_2023) } : event,
    ),
  );
  assert.deepEqual(ofLater, ['drive IDM-23']);
  // Where nothing is said, what is prescribed counts.
  const unsaid = saidWith(history, (events) => events.filter(({ kind }) => kind !== 'disk-profile'));
  assert.deepEqual(unsaid, ofLater);
});
