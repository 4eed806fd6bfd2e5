import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KernelError, KernelLacksError } from '../kernels/index.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { afterPreparing } from './prepare-plan.js';

function environment(profile: unknown = { name: 'own' }): unknown {
  const images = { rootImage: '/root', layers: [] };
  return { qemu: { version: '10.0' }, plain: images, subjects: { own: { profile, ...images } } };
}

const BEFORE = samplePlannedKernel({ identity: ['a'], environment: environment() });
const MADE = { label: BEFORE.label, identity: ['a'], environment: environment(), preparedMs: 1 };
const LACKS = new KernelLacksError('6.12.107', ['CONFIG_DM_MIRROR'], 'it lacks CONFIG_DM_MIRROR');

describe('a kernel of a run that goes on', () => {
  it('is as it was, or the run is refused', () => {
    assert.equal(afterPreparing(BEFORE, MADE).state, 'ready');
    const others = [
      { ...MADE, identity: ['b'] },
      { ...MADE, environment: environment({ name: 'own', claims: [] }) },
    ];
    for (const made of others)
      assert.throws(() => afterPreparing(BEFORE, made), { name: 'UsageError', message: /would be mixed/ });
  });

  it('is held against what tests have had, even if it could not be prepared in between', () => {
    const error = new KernelError('it is damaged');
    const failed = afterPreparing(BEFORE, { label: BEFORE.label, error, preparedMs: 1 });
    assert.equal(failed.state, 'infra');
    assert.throws(() => afterPreparing(failed, { ...MADE, identity: ['b'] }), /is another one/);
    assert.equal(afterPreparing(failed, MADE).state, 'ready');
  });

  it('does not become not-applicable once tests have had it', () => {
    const lacking = { label: BEFORE.label, error: LACKS, preparedMs: 1 };
    assert.throws(() => afterPreparing(BEFORE, lacking), /is another one, which lacks/);
    const waiting = samplePlannedKernel({ state: 'waiting' });
    assert.equal(afterPreparing(waiting, lacking).state, 'not-applicable');
  });
});
