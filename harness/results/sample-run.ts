/** Results of runs over several kernels, for unit tests. */
import type { KernelRun, RequirementResult, RunDescription, RunResults } from './model.js';
import { summarise } from './summary.js';

/** How a run is described that was started without any option. */
export const SAMPLE_DESCRIPTION: RunDescription = {
  suite: { name: 'ulogcheck', version: '0.1.0' },
  catalogue: { requirements: 191, digest: 'sha256:0' },
  qemu: 'QEMU 10',
  host: { system: 'Linux', cpus: 2, memoryMiB: 4096, node: 'v20' },
  seed: 5,
  started: '2026-08-01T00:00:00.000Z',
  argv: ['run'],
  options: {
    kernels: ['stable'],
    daemon: 'reference',
    userland: 'trixie',
    tier: 'quick',
    grep: [],
    strict: false,
  },
  durationMs: 65_000,
  interrupted: false,
  errors: [],
};

/** The results of a run over these kernels. */
export function sampleRun(
  kernels: readonly KernelRun[],
  requirements: readonly RequirementResult[],
  given: Partial<RunResults['run']> = {},
): RunResults {
  return {
    schemaVersion: 2,
    run: { ...SAMPLE_DESCRIPTION, ...given },
    kernels: [...kernels],
    summary: summarise(requirements),
    requirements: [...requirements],
    findings: [],
  };
}
