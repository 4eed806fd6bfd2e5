import { isTested } from '../harness/results/exit-status.js';
import type { RunResults } from '../harness/results/model.js';

/**
 * What was tested, on what: `reference on 6.12.1`, `reference and emulated drive on 3 kernels`, and just `3 kernels`
 * where they alone were under test. A subject that no test of the run was about is not named, unless nothing was tested.
 */
export function headline({ requirements, kernels, run }: RunResults): string {
  const tested = requirements.filter((result) => result.selected && isTested(result));
  const daemons = tested.filter(({ subject }) => subject === 'daemon' || subject === 'both');
  const drives = tested.filter(({ subject }) => subject === 'drive');
  const names = new Set([
    ...daemons.map(({ daemon }) => daemon),
    ...drives.map(({ subjectName }) => subjectName),
    ...(tested.length === 0 ? [requirements[0]?.daemon ?? run.options.daemon] : []),
  ]);
  const on = kernels.length === 1 ? (kernels[0]?.label ?? '') : `${kernels.length} kernels`;
  return names.size === 0 ? on : `${[...names].join(' and ')} on ${on}`;
}
