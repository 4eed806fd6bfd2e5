import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequirementResult } from '../harness/results/model.js';
import { sampleResult } from '../harness/results/sample-history.js';
import {
  compatibility,
  CompatibilityError,
  renderCompatibility,
  renderCompatibilityTable,
  type NamedResults,
} from './compatibility.js';
import { NASTY, sampleResults } from './sample-results.js';
import { styleOf } from './style.js';

type Given = Partial<RequirementResult>;

const OLD: Given = { userland: 'bullseye', lvmVersion: '2.03.11' };
const NEW: Given = { userland: 'trixie', lvmVersion: '2.03.31' };
const UNTESTED: Given = { reason: 'no test', tests: [] };

/** Results that were read from `NAME.json`. */
function run(name: string, requirements: readonly RequirementResult[], given = {}): NamedResults {
  return { path: `${name}.json`, results: sampleResults(requirements, given) };
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

  it('tells columns apart by kernel, or by both, where these differ', () => {
    const other = { kernel: '6.1.192' };
    const kernels = [
      run('a', [sampleResult('LVM-01', 'pass')]),
      run('b', [sampleResult('LVM-01', 'pass', other)]),
    ];
    assert.deepEqual(table(...kernels).slice(0, 2), [
      'daemon reference, userland trixie (LVM 2.03.31)',
      'id      6.12.107  6.1.192',
    ]);
    const both = [...kernels, run('c', [sampleResult('LVM-01', 'pass', OLD)])];
    assert.deepEqual(table(...both).slice(0, 2), [
      'daemon reference',
      'id      6.12.107, trixie (LVM 2.03.31)  6.1.192, trixie (LVM 2.03.31)  6.12.107, bullseye (LVM 2.03.11)',
    ]);
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
