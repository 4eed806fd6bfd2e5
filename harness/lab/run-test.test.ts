import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadProfileFile } from '../../daemon-under-test/profiles/profile-file.js';
import type { ConformanceTest } from '../plan/definition.js';
import type { Needs } from '../plan/needs.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import type { RunEnvironment } from './environment.js';
import { OUTCOME_FILE } from '../results/model.js';
import { runTest } from './run-test.js';
import type { TestLab } from './test-lab.js';

const nowhere = { rootImage: '/nonexistent', layers: [], golden: { booted: '/nonexistent' } };

/** Nothing can be booted with it, so that a test which tries gives infra. */
const environment: RunEnvironment = {
  qemu: {
    command: ['/nonexistent'],
    firmware: undefined,
    source: 'none',
  } as unknown as RunEnvironment['qemu'],
  accelerator: 'tcg',
  kernel: {
    ...{ label: '6.12', release: '6.12', packageVersion: '1', bzImage: '/nonexistent', identity: [] },
    lacks: ['CONFIG_ISCSI_TCP'],
  },
  userland: 'trixie',
  lvm: 'stock',
  initramfs: '/nonexistent',
  nodeLayer: '/nonexistent',
  plain: nowhere,
  subjects: {},
};

function scenario(needs: Needs, more: Partial<ConformanceTest> = {}): ConformanceTest<TestLab> {
  return {
    title: 'a scenario of the unit tests',
    ids: ['DISK-01', 'STAT-01'],
    tier: 'quick',
    underTest: 'daemon',
    mutants: [],
    daemon: 'running',
    needs,
    file: 'conformance/self/scenario.spec.ts',
    situation: () => [],
    drive: () => Promise.resolve(),
    expect: () => undefined,
    ...more,
  };
}

async function verdicts(
  needs: Needs,
  more: Partial<ConformanceTest> = {},
): Promise<{ said: string[]; files: string[] }> {
  const profile = await loadProfileFile(
    join(projectRoot, 'daemon-under-test/outsider/outsider.profile.yaml'),
  );
  const subject = { profile, ...nowhere };
  await using directory = await ownedTempDir('ulogcheck-test-');
  const { path } = directory;
  const outcome = await runTest({
    test: scenario(needs, more),
    environment,
    subject,
    seed: 1,
    directory: path,
  });
  return {
    said: outcome.judgements.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`),
    files: await readdir(path),
  };
}

test('what a daemon does not claim is not applicable to it, and nothing is booted', async () => {
  const reason = 'not-applicable: the profile outsider does not claim disk logs (claims.logs: core)';
  assert.deepEqual(await verdicts({ logs: 'disk' }), {
    said: [`DISK-01 ${reason}`, `STAT-01 ${reason}`],
    files: [OUTCOME_FILE],
  });
});

test('what it claims is never not applicable', async () => {
  const { said } = await verdicts({ logs: 'core', integratedFlush: true });
  assert.deepEqual(
    said.map((text) => text.split(':')[0]),
    ['DISK-01 infra', 'STAT-01 infra'],
  );
});

test('a test of drives is not applicable to a kernel without their initiator, and nothing is booted', async () => {
  const reason =
    'not-applicable: kernel 6.12 lacks CONFIG_ISCSI_TCP, by which nodes reach drives (`ulogcheck kernels config`)';
  const told = { said: [`DISK-01 ${reason}`, `STAT-01 ${reason}`], files: [OUTCOME_FILE] };
  assert.deepEqual(await verdicts({}, { underTest: 'drive', daemon: 'absent' }), told);
  assert.deepEqual(await verdicts({ initiator: true }), told);
});
