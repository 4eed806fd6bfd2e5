import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareResults } from './compare-results.js';
import type { KernelRun, RequirementResult, RunResults } from './model.js';
import { sampleKernel, sampleResult } from './sample-history.js';
import { sampleRun } from './sample-run.js';

function kernel(version: string, given: Partial<KernelRun> = {}): KernelRun {
  const release = `${version}-cloud-amd64`;
  return sampleKernel({ label: release, release, version, ...given });
}

/** A verdict on a kernel, from a test of its own. */
function said(
  id: string,
  on: KernelRun,
  verdict: RequirementResult['verdict'],
  given: Partial<RequirementResult> = {},
  durationMs = 1000,
): RequirementResult {
  const test = { title: `test of ${id}`, file: 'f', verdict, directory: 'd', durationMs };
  return sampleResult(id, verdict, { kernel: on.label, tests: [test], ...given });
}

const OLD = kernel('6.1.192');
const NEW = kernel('7.2.6');
const untested = { tests: [], reason: 'no test' };

function run(
  kernels: readonly KernelRun[],
  requirements: readonly RequirementResult[],
  given = {},
): RunResults {
  return sampleRun(kernels, requirements, given);
}

describe('two runs', () => {
  it('are the same when nothing but times, seeds and numbers in reasons differ', () => {
    const reason = (ms: number) => ({ reason: `expected 1; seen 2 after ${ms} ms` });
    const a = run([OLD], [said('LUID-01', OLD, 'pass'), said('LUID-03', OLD, 'fail', reason(3))]);
    const b = run([OLD], [said('LUID-01', OLD, 'pass', {}, 9000), said('LUID-03', OLD, 'fail', reason(4))], {
      seed: 6,
    });
    const comparison = compareResults(a, b);
    assert.equal(comparison.same, true);
    assert.equal(comparison.compared, 2);
    assert.deepEqual(
      comparison.options.map(({ name }) => name),
      ['seed'],
    );
    assert.deepEqual(comparison.paces, [{ name: 'test of LUID-01', kernel: '6.1.192', a: 1000, b: 9000 }]);
  });

  it('differ by what a kernel reported about itself and no test allows, though all verdicts are the same', () => {
    const seen = (given = {}): RunResults['findings'] => [
      {
        ...{ finding: 'warning', title: 'WARNING in dm_rh_dec', text: '', event: 1, kernel: OLD.label },
        ...{ test: 'a test', path: 'h', ...given },
      },
    ];
    const a = run([OLD], [said('LUID-03', OLD, 'fail')]);
    const b = { ...a, findings: seen() };
    assert.deepEqual(compareResults(a, b).verdicts, [
      {
        ...{ id: 'kernel report "WARNING in dm_rh_dec"', kernel: '6.1.192', a: undefined },
        b: { verdict: 'warning', reason: 'in "a test"' },
      },
    ]);
    assert.equal(compareResults(a, b).same, false);
    assert.equal(compareResults(b, b).same, true);
    assert.equal(compareResults(a, { ...a, findings: seen({ allowed: 'the test is about it' }) }).same, true);
  });

  it('differ by verdicts, by what is known, by why something is not applicable, and by what is tested', () => {
    const quirk = (seen: string) => ({ reason: `changed: ${seen}` });
    const a = run(
      [OLD],
      [
        said('LUID-01', OLD, 'pass'),
        said('LUID-02', OLD, 'fail', { known: true }),
        said('LUID-03', OLD, 'not-applicable', { reason: 'CONFIG_X is missing' }),
        said('LUID-05', OLD, 'unknown', untested),
        said('FLUSH-11q', OLD, 'pass'),
        said('FLUSH-12q', OLD, 'not-applicable', quirk('3 FLUSH')),
      ],
    );
    const b = run(
      [OLD],
      [
        said('LUID-01', OLD, 'fail'),
        said('LUID-02', OLD, 'fail'),
        said('LUID-03', OLD, 'not-applicable', { reason: 'CONFIG_Y is missing' }),
        said('LUID-05', OLD, 'pass'),
        said('FLUSH-11q', OLD, 'not-applicable', quirk('3 FLUSH')),
        said('FLUSH-12q', OLD, 'not-applicable', quirk('4 FLUSH')),
      ],
    );
    const { verdicts, same, tests } = compareResults(a, b);
    assert.equal(same, false);
    assert.deepEqual(
      verdicts.map(
        ({ id, a: before, b: after }) => `${id} ${before?.verdict ?? '-'} ${after?.verdict ?? '-'}`,
      ),
      [
        'LUID-01 pass fail',
        'LUID-02 known fail',
        'LUID-03 n/a n/a',
        'LUID-05 - pass',
        'FLUSH-11q pass changed',
      ].map((text) => text.replaceAll('n/a', 'not-applicable')),
    );
    assert.deepEqual(tests, [{ title: 'test of LUID-05', kernel: '6.1.192', only: 'b' }]);
  });

  it('differ by kernels: by which there are, and by what became of them', () => {
    const down = kernel('6.1.192', { state: 'infra', reason: 'does not boot' });
    const { onlyA, onlyB, states, same } = compareResults(
      run([OLD, kernel('6.12.9')], [said('LUID-01', OLD, 'pass')]),
      run([down, NEW], [said('LUID-01', down, 'infra'), said('LUID-01', NEW, 'pass')]),
    );
    assert.deepEqual([onlyA, onlyB, same], [['6.12.9'], ['7.2.6'], false]);
    assert.deepEqual(
      states.map(({ a, b }) => `${a?.verdict ?? ''} ${b?.verdict ?? ''}: ${b?.reason ?? ''}`),
      ['tested infra: does not boot'],
    );
  });

  it('hold kernels against each other by label, else by version, else by minor version if each has one', () => {
    const pairs = (a: readonly KernelRun[], b: readonly KernelRun[]): string[] =>
      compareResults(run(a, []), run(b, [])).kernels.map(({ name }) => name);
    const rebuilt = kernel('6.1.192', { label: '6.1.0-57-cloud-amd64', release: '6.1.0-57-cloud-amd64' });
    assert.deepEqual(pairs([OLD], [OLD]), ['6.1.192']);
    assert.deepEqual(pairs([OLD], [rebuilt]), ['6.1.192']);
    assert.deepEqual(pairs([OLD, NEW], [kernel('6.1.195'), NEW]), ['6.1.192 -> 6.1.195', '7.2.6']);
    assert.deepEqual(pairs([OLD], [kernel('6.1.195'), kernel('6.1.196')]), []);
    assert.deepEqual(pairs([OLD], [kernel('6.2.1')]), []);
    const generic = kernel('6.1.192', { label: 'g', release: '6.1.192-amd64' });
    assert.deepEqual(
      pairs([OLD, generic], [generic, OLD]),
      ['g', '6.1.192-cloud-amd64'].map((label) => (label === 'g' ? '6.1.192 amd64' : '6.1.192 cloud-amd64')),
    );
  });
});
