import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { mutexReadCdb, wipeCdb } from '../../disks/idm/index.js';
import { readHistory, SG_COMMAND } from '../../history/index.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import type { RunEnvironment } from '../environment.js';
import { prepareRun } from '../prepare.js';
import { runTest } from '../run-test.js';
import { scenario } from '../self-test-scene.js';

// The verbs of a test, and what they leave in its history; real VMs.

let environment: RunEnvironment;

before(async () => {
  const machine = { kernel: 'stable', userland: 'trixie', qemu: undefined };
  const underTest = new Set(['kernel' as const]);
  const options = { ...machine, daemons: ['reference'], underTest, golden: 'ready' as const };
  environment = (await prepareRun(options, () => undefined)).environment as RunEnvironment;
});

test('what two nodes ask of a drive is in the history of the test, as the drive and as the nodes saw it', async () => {
  const locking = scenario(
    async (lab) => {
      const drives = await lab.drives(2);
      const other = await lab.anotherNode();
      const [mine, theirs] = [await lab.initiator.login(drives), await other.initiator.login(drives)];
      const [drive, same] = [mine[1], theirs[1]];
      assert.ok(drive && same);
      await using sg = await lab.sg(drive);
      await using otherSg = await other.sg(same);
      await sg.execute({ cdb: wipeCdb(), direction: 'write', dataOut: Buffer.alloc(512) });
      const counts = { cdb: mutexReadCdb(1, 0xff), direction: 'read', length: 512 } as const;
      assert.equal((await otherSg.execute(counts)).data.readUInt16BE(0), 0);
      // Withheld for ever: the end of the test waits for nobody.
      drives.device.arm(1, { name: 'hangs', match: { opcodes: [0x00] }, does: { kind: 'hang' } });
      const hung = otherSg.execute({ cdb: Buffer.alloc(6), direction: 'none' });
      hung.catch(() => undefined);
      while (drives.device.withheldCount === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    { underTest: 'kernel' },
  );
  await using directory = await ownedTempDir('ulogcheck-test-');
  const subject = environment.subjects['reference'];
  assert.ok(subject);
  const run = { test: locking, environment, subject, seed: 1, directory: directory.path };
  const { judgements } = await runTest(run);
  // There was no mirror in it: nothing can be said about the requirement.
  assert.deepEqual(
    judgements.map(({ verdict }) => verdict),
    ['unknown'],
    judgements[0]?.reason,
  );
  const { events } = await readHistory(join(directory.path, 'history.jsonl'));
  const logins = events
    .filter((event) => event.kind === 'disk-nexus')
    .map(({ node, what }) => `${node} ${what}`);
  assert.deepEqual(logins.slice(0, 2).sort(), ['node1 began', 'node2 began']);
  const vendor = events.filter(
    (event) => event.kind === 'disk-command' && event.cdb[0] === 0xf0 && event.lun === 1,
  );
  assert.deepEqual(
    vendor.map(({ node }) => node),
    ['node1', 'node2'],
  );
  const sent = events.filter((event) => event.kind === 'observation' && event.name === SG_COMMAND);
  assert.deepEqual(sent.map(({ node }) => node).slice(0, 2), ['node1', 'node2']);
  const ends = vendor.map(({ t }) => t);
  for (const [index, { t }] of sent.slice(0, 2).entries())
    assert.ok(t <= (ends[index] ?? 0n) + 50_000_000n, 'a node asks before the drive answers, by one clock');
});
