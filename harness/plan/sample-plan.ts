import type { PlannedKernel } from './run-plan.js';

/** A kernel that was prepared, 6.12.107 unless told otherwise. */
export function samplePlannedKernel(given: Partial<PlannedKernel> = {}): PlannedKernel {
  return {
    spec: 'stable',
    label: '6.12.107',
    release: '6.12.107',
    version: '6.12.107',
    packageVersion: '6.12.107-1',
    suite: 'trixie',
    flavour: 'cloud',
    source: 'debian',
    origin: null,
    state: 'ready',
    reason: '',
    preparedMs: 4000,
    identity: [],
    environment: null,
    ...given,
  };
}
