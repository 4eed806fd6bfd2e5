/** A run with one of everything, for the unit tests of reports. */
import type { KernelRun, RequirementResult, RunResults } from '../harness/results/model.js';
import { sampleKernel, sampleResult } from '../harness/results/sample-history.js';
import { sampleRun } from '../harness/results/sample-run.js';
import type { View } from './explanation.js';

/** Results in /out, started again by a command that ends in the test's title. */
export const VIEW: View = {
  out: '/out',
  again: { command: ['npx', 'ulogcheck', 'run'], patterns: (title) => [title], path: (path) => path },
};

/** The results of a run on one kernel with these requirements. */
export function sampleResults(
  requirements: readonly RequirementResult[],
  given: Partial<RunResults['run']> = {},
): RunResults {
  return sampleRun([sampleKernel()], requirements, given);
}

/** A requirement without a test. */
export const UNTESTED = sampleResult('LUID-07', 'unknown', { reason: 'no test', tests: [], durationMs: 0 });

/** A broken requirement, with what an expectation and the oracle saw of it in the same events. */
export const BROKEN = sampleResult('LUID-03', 'fail', {
  reason: 'expected one log; seen two (and 1 more)',
  failures: [
    {
      by: 'expectation',
      expected: 'one log',
      seen: '',
      events: [4, 5, 6, 9],
      lines: [
        '… 2 lines before',
        '  1.000  L1 CTR "8 clustered-core 1" → ok (0.3)',
        ' 12.500  L2 RESUME → -ESRCH (3.6) *',
      ],
      test: 'two logs coexist',
    },
    {
      by: 'oracle',
      expected: 'success',
      seen: '-ESRCH',
      events: [4, 5, 6, 9],
      lines: [
        '… 2 lines before',
        '  1.000  L1 CTR "8 clustered-core 1" → ok (0.3)',
        ' 12.500  L2 RESUME → -ESRCH (3.6) *',
      ],
      test: 'two logs coexist',
    },
  ],
});

/** A kernel's defect that is known. */
export const KNOWN = sampleResult('TRN-04', 'fail', {
  known: true,
  knownDefect: { kernels: '>=6.6', finding: 'Anybody may join.' },
});

/** One of each verdict. */
export const EVERY: readonly RequirementResult[] = [
  sampleResult('LUID-01', 'pass'),
  BROKEN,
  UNTESTED,
  sampleResult('FLUSH-01', 'unknown', { reason: 'the situation never occurred' }),
  sampleResult('SYNC-01', 'infra', { reason: 'the node did not boot\nwithin 60 s' }),
  sampleResult('DISK-02', 'not-applicable', { reason: 'the daemon claims no disk log' }),
  KNOWN,
];

/** A kernel of {@link MATRIX}. */
function kernel(version: string, given: Partial<KernelRun> = {}): KernelRun {
  const release = `${version}-cloud-amd64`;
  return sampleKernel({ label: release, release, version, ...given });
}

/** What was seen on the kernels of {@link MATRIX}, oldest first; a quirk that fails is one that changed. */
const SEEN: readonly (readonly [id: string, ...verdicts: RequirementResult['verdict'][]])[] = [
  ['LUID-01', 'pass', 'pass', 'pass'],
  ['LUID-03', 'pass', 'fail', 'fail'],
  ['SYNC-01', 'unknown', 'pass', 'pass'],
  ['FLUSH-11q', 'pass', 'pass', 'not-applicable'],
];

/** A run over three kernels that were tested, one that did not boot, and one that lacks an option. */
export const MATRIX: RunResults = ((): RunResults => {
  const kernels = [
    kernel('5.4.1', { state: 'not-applicable', reason: 'CONFIG_DM_LOG_USERSPACE is not set' }),
    kernel('6.1.192'),
    kernel('6.12.107'),
    kernel('6.17.1', { state: 'infra', reason: 'it does not boot\nLook at its console.' }),
    kernel('7.2.6'),
  ];
  const up = kernels.filter(({ state }) => state === 'tested');
  const requirements = kernels.flatMap(({ label, state, reason }) => [
    ...SEEN.map(([id, ...verdicts]) => {
      const seen = verdicts[up.findIndex((one) => one.label === label)] ?? 'pass';
      if (state !== 'tested') return sampleResult(id, state, { kernel: label, reason });
      const told = seen === 'not-applicable' ? 'changed: 3 FLUSH' : `it is ${seen} after ${label.length} ms`;
      const tests = [
        {
          ...{ title: `test of ${id}`, file: 'conformance/a.spec.ts', verdict: seen },
          directory: `${label}/tests/${id}`,
        },
      ];
      return sampleResult(id, seen, { kernel: label, reason: told, tests });
    }),
    sampleResult('LUID-07', 'unknown', { kernel: label, reason: 'no test', tests: [], durationMs: 0 }),
  ]);
  return sampleRun(kernels, requirements);
})();

/** What daemons, kernels and authors may write, to break a format of lines or of markup. */
export const NASTY =
  'a "quoted" <b>&amp;</b> #1 \\# % : , | `x` \u001b[31mred\u001b[0m\u0000\u0007\r\n::error::x ✓ \ud83d\ude00 ]]> {';
