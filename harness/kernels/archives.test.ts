import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { Cache, contentKey, type JsonValue } from '../cache/index.js';
import { goOffline } from '../setup/offline.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { importPlans, noteAbsence, stateName } from '../setup/packages-states.js';
import { Archives, ARCHIVES, type LeftOut } from './archives.js';
import { chooseKernels } from './choose.js';
import { KERNEL_PACKAGES } from './offers.js';
import { wholeKernel } from './sample-packages.js';

it('what the mirror does not carry, and what was never fetched, is left out and named, each with its reason', async () => {
  goOffline();
  await using directory = await ownedTempDir('ulogcheck-test-');
  const cache = await Cache.open({ directory: directory.path });
  const versions = wholeKernel('6.12.9+deb13-cloud-amd64', '6.12.9-1', 'trixie');
  const fetchedAt = Date.now() - 1000;
  await importPlans(cache, { release: 'stable', fetchedAt, codename: 'trixie', plans: {} });
  const plans = { [contentKey({ versions: KERNEL_PACKAGES })]: { versions } as unknown as JsonValue };
  await importPlans(cache, { release: 'trixie', fetchedAt, plans });
  for (const release of ['duke', 'duke-backports'])
    await noteAbsence(join(directory.path, 'state', stateName(release, 'a mirror')), 'http://m has no such');

  const said: string[] = [];
  const archives = new Archives(cache, (event) => {
    if (event.kind === 'end') said.push(`${event.what}: ${event.detail ?? ''}`);
  });
  assert.deepEqual(
    (await archives.all()).map(({ version }) => version),
    ['6.12.9'],
  );
  const hour = new Date().toISOString().slice(0, 13).replace('T', ', ');
  const absent = `the mirror has no such suite (asked ${hour} h UTC)`;
  const reasonOf = (suite: string): string | undefined =>
    archives.leftOut.find((left) => left.suite === suite)?.reason;
  assert.deepEqual([reasonOf('duke'), reasonOf('trixie')], [absent, undefined]);
  assert.equal(reasonOf('sid'), 'offline, and its lists were never fetched');
  assert.equal(archives.leftOut.length, ARCHIVES.length - 1);
  assert.ok(said.includes(`kernels of duke, duke-backports are left out: ${absent}`), said.join('\n'));
  const count = said.length;
  await archives.all();
  assert.equal(said.length, count, 'nothing is said, or noted, twice');
  assert.equal(archives.leftOut.length, ARCHIVES.length - 1);

  const told: LeftOut[] = [];
  const chosen = await chooseKernels(cache, ['debian/all'], { onLeftOut: (left) => told.push(left) });
  assert.deepEqual([chosen.length, told.length], [1, ARCHIVES.length - 1]);
  const [exact] = await chooseKernels(cache, ['6.12.9-1'], {
    onLeftOut: () => assert.fail('only stable need be looked through'),
  });
  assert.equal(exact?.version, '6.12.9');
});
