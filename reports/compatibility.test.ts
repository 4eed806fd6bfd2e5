import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KernelRun, RequirementResult } from '../harness/results/model.js';
import { sampleKernel, sampleResult } from '../harness/results/sample-history.js';
import { sampleRun } from '../harness/results/sample-run.js';
import { compatibility, CompatibilityError, type NamedResults } from './compatibility.js';
import { renderCompatibility, renderCompatibilityTable } from './compatibility-text.js';
import { NASTY, sampleResults } from './sample-results.js';
import { styleOf } from './style.js';

type Given = Partial<RequirementResult>;

const OLD: Given = { userland: 'bullseye', lvmVersion: '2.03.11' };
const NEW: Given = { userland: 'trixie', lvmVersion: '2.03.31' };
const UNTESTED: Given = { reason: 'no test', tests: [] };

/** Results that were read from `NAME.json`. */
function run(
  name: string,
  requirements: readonly RequirementResult[],
  given = {},
  versions?: readonly string[],
): NamedResults {
  const results = sampleResults(requirements, given);
  return {
    path: `${name}.json`,
    results:
      versions === undefined ? results : { ...results, kernels: versions.map((version) => kernel(version)) },
  };
}

function kernel(version: string, given: Partial<KernelRun> = {}): KernelRun {
  const release = `${version}-cloud-amd64`;
  return sampleKernel({ label: release, release, version, ...given });
}

/** Results of a run over kernels of these versions, and of one that did not boot. */
function matrix(
  name: string,
  versions: readonly string[],
  said: (version: string) => readonly RequirementResult[],
): NamedResults {
  const down = kernel('5.4', { state: 'infra', reason: 'does not boot' });
  const results = sampleRun(
    [down, ...versions.map((version) => kernel(version))],
    versions.flatMap((version) =>
      said(version).map((result) => ({ ...result, kernel: `${version}-cloud-amd64` })),
    ),
  );
  return { path: `${name}.json`, results };
}

function table(...runs: NamedResults[]): string[] {
  return renderCompatibilityTable(compatibility(runs), styleOf({}, {})).split('\n');
}

describe('the table of several runs', () => {
  it('has a column for each userland with its LVM, a row for each tested requirement, and what did not pass', () => {
    const runs = [
      run('old', [
        sampleResult('LVM-01', 'pass', OLD),
        sampleResult('LVM-02', 'fail', { ...OLD, reason: 'not\ncopied' }),
        sampleResult('LVM-03', 'unknown', { ...OLD, ...UNTESTED }),
      ]),
      run('new', [
        sampleResult('LVM-01', 'pass', NEW),
        sampleResult('LVM-02', 'not-applicable', { ...NEW, reason: 'no disk log' }),
        sampleResult('LVM-03', 'unknown', { ...NEW, ...UNTESTED }),
      ]),
    ];
    assert.deepEqual(table(...runs), [
      'daemon reference, kernel 6.12.107',
      'id      bullseye (LVM 2.03.11)  trixie (LVM 2.03.31)',
      'LVM-01  pass                    pass',
      'LVM-02  fail                    n/a',
      'passed  1 of 2                  1 of 2',
      '',
      'LVM-02, bullseye (LVM 2.03.11): fail: not copied',
      'LVM-02, trixie (LVM 2.03.31): n/a: no disk log',
      '',
    ]);
    assert.equal(
      renderCompatibility(compatibility(runs)),
      `# Compatibility

Made by \`ulogcheck compatibility\` from the results of runs: daemon reference, kernel 6.12.107. – is not tested there, n/a not applicable, known a known defect of that kernel.

| requirement | bullseye (LVM 2.03.11) | trixie (LVM 2.03.31) |
| --- | :---: | :---: |
| LVM-01 (MUST): What LVM-01 says holds. | pass | pass |
| LVM-02 (MUST): What LVM-02 says holds. | **fail** | **n/a** |
| passed | 1 of 2 | 1 of 2 |

What did not pass:

- LVM-02, bullseye (LVM 2.03.11): fail: not copied
- LVM-02, trixie (LVM 2.03.31): n/a: no disk log
`,
    );
  });

  it('has the kernels by version, with what changed between them, and names those that were not tested', () => {
    const runs = [
      matrix('all', ['7.2.6', '6.1.192', '6.12.107'], (version) => [
        sampleResult('LUID-03', version === '7.2.6' ? 'fail' : 'pass', { reason: 'seen two after 3 ms' }),
        version === '6.1.192'
          ? sampleResult('FLUSH-11q', 'pass')
          : sampleResult('FLUSH-11q', 'not-applicable', { reason: `changed: ${version.length} FLUSH` }),
      ]),
    ];
    assert.deepEqual(table(...runs), [
      'daemon reference, userland trixie (LVM 2.03.31)',
      'id         6.1.192  6.12.107  7.2.6',
      'LUID-03    pass     pass      fail',
      'FLUSH-11q  pass     changed   changed',
      'passed     2 of 2   1 of 2    0 of 2',
      '',
      'LUID-03, 7.2.6: fail: seen two after 3 ms',
      'FLUSH-11q, 6.12.107, 7.2.6: changed: changed: 8 FLUSH',
      '',
      'changed between kernels',
      'LUID-03: pass until 6.12.107, fail from 7.2.6',
      'FLUSH-11q: as recorded until 6.1.192, changed from 6.12.107 (8 FLUSH)',
      '',
      'kernels that were not tested',
      '5.4 (5.4-cloud-amd64): infra: does not boot',
      '',
    ]);
  });

  it('tells what is known about a defect', () => {
    const knownDefect = { kernels: '>=6.6', finding: 'Anybody\nmay join.' };
    const runs = [
      matrix('all', ['6.1.192', '6.12.107'], (version) => [
        version === '6.1.192'
          ? sampleResult('TRN-04', 'pass')
          : sampleResult('TRN-04', 'fail', { known: true, knownDefect, reason: 'expected EPERM; seen 0' }),
      ]),
    ];
    const lines = table(...runs);
    assert.ok(lines.includes('TRN-04, 6.12.107: known: Anybody may join. expected EPERM; seen 0'));
    assert.ok(lines.includes('TRN-04: pass until 6.1.192, fail from 6.12.107'));
  });

  it('has a table of kernels and one of userlands where there are both, in one document', () => {
    const runs = [
      matrix('all', ['6.1.192', '6.12.107'], () => [
        sampleResult('LUID-01', 'pass'),
        sampleResult('LVM-01', 'pass'),
      ]),
      ...[OLD, NEW].map((userland, index) =>
        run(
          `userland ${index}`,
          [
            sampleResult('LVM-01', index === 0 ? 'fail' : 'pass', {
              ...userland,
              kernel: '6.12.107-cloud-amd64',
            }),
          ],
          {},
          ['6.12.107'],
        ),
      ),
    ];
    assert.equal(
      renderCompatibility(compatibility(runs)),
      `# Compatibility

Made by \`ulogcheck compatibility\` from the results of runs: daemon reference. – is not tested there, n/a not applicable, known a known defect of that kernel, changed a quirk that is not as recorded.

## Kernels

Userland trixie (LVM 2.03.31).

| kernel | release | package | suite |
| --- | --- | --- | --- |
| 6.1.192 | 6.1.192-cloud-amd64 | 6.12.107-1 | trixie |
| 6.12.107 | 6.12.107-cloud-amd64 | 6.12.107-1 | trixie |

| requirement | 6.1.192 | 6.12.107 |
| --- | :---: | :---: |
| LUID-01 (MUST): What LUID-01 says holds. | pass | pass |
| LVM-01 (MUST): What LVM-01 says holds. | pass | pass |
| passed | 2 of 2 | 2 of 2 |

## Userlands and their LVM

Kernel 6.12.107-cloud-amd64.

| requirement | trixie (LVM 2.03.31) | bullseye (LVM 2.03.11) |
| --- | :---: | :---: |
| LVM-01 (MUST): What LVM-01 says holds. | pass | **fail** |
| passed | 1 of 1 | 0 of 1 |

What did not pass:

- LVM-01, bullseye (LVM 2.03.11): fail: it is fail

Kernels that were not tested:

- 5.4 (5.4-cloud-amd64): infra: does not boot
`,
    );
  });

  it('keeps the stock LVM and the rebuilt one apart', () => {
    const rebuilt = run('b', [sampleResult('LVM-01', 'pass')]);
    const { options } = rebuilt.results.run;
    const clustered = run('b', rebuilt.results.requirements, { options: { ...options, lvm: 'clustered' } });
    assert.equal(
      table(run('a', [sampleResult('LVM-01', 'pass')]), clustered)[1],
      'id      trixie (LVM 2.03.31)  trixie (LVM 2.03.31 clustered)',
    );
  });

  it('joins runs of one column, where the worst verdict counts and no test counts nothing', () => {
    const lines = table(
      run('a', [
        sampleResult('LVM-01', 'pass'),
        sampleResult('LVM-02', 'unknown', UNTESTED),
        sampleResult('LVM-04', 'pass'),
      ]),
      run('b', [
        sampleResult('LVM-01', 'fail', { known: true, reason: 'as known' }),
        sampleResult('LVM-02', 'pass'),
        sampleResult('LVM-03', 'pass'),
      ]),
      run('c', [sampleResult('LVM-04', 'pass', OLD)]),
    );
    assert.deepEqual(lines.slice(2, 7), [
      'LVM-01  known                 –',
      'LVM-02  pass                  –',
      'LVM-03  pass                  –',
      'LVM-04  pass                  pass',
      'passed  3 of 4                1 of 1',
    ]);
  });

  it('refuses what does not make a table', () => {
    const pass = sampleResult('LVM-01', 'pass');
    const cases: [NamedResults[], RegExp][] = [
      [[], /^no results to compare$/],
      [[run('a', [pass]), run('b', [pass], { interrupted: true })], /^b\.json: the run was interrupted/],
      [[run('a', [sampleResult('LVM-01', 'unknown', UNTESTED)])], /^a\.json: the run tested no requirement$/],
      [
        [run('a', [pass]), run('b', [sampleResult('LVM-01', 'pass', { daemon: 'other' })])],
        /^these are results of several daemons \(reference, other\)/,
      ],
    ];
    for (const [runs, message] of cases) {
      assert.throws(
        () => compatibility(runs),
        (error: unknown) => error instanceof CompatibilityError && message.test(error.message),
      );
    }
  });

  it('lets no text break the table', () => {
    const nasty = { sentence: NASTY, reason: NASTY };
    const markdown = renderCompatibility(compatibility([run('a', [sampleResult('LVM-01', 'fail', nasty)])]));
    const [row] = markdown.split('\n').filter((line) => line.startsWith('| LVM-01'));
    assert.equal(row?.match(/(?<!\\)\|/g)?.length, 3);
    assert.ok(!/[\u0000-\u0009\u000b-\u001f]/.test(markdown));
  });
});
