import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changesOf } from './changes.js';
import { compareKernelVersions, kernelNames, oldestFirst } from './kernel-order.js';
import type { RequirementResult } from './model.js';
import { sampleKernel, sampleResult } from './sample-history.js';

type Said = readonly [version: string, verdict: RequirementResult['verdict'], reason?: string];

const kernelsOf = (versions: readonly string[]) =>
  versions.map((version) => sampleKernel({ label: `${version}-cloud-amd64`, release: version, version }));

function texts(id: string, said: readonly Said[]): string[] {
  const requirements = said.map(([version, verdict, reason = `it is ${verdict}`]) =>
    sampleResult(id, verdict, { kernel: `${version}-cloud-amd64`, reason }),
  );
  const kernels = kernelsOf(said.map(([version]) => version));
  return changesOf({ kernels, requirements }).map(({ text }) => text);
}

describe('the order of kernels', () => {
  it('is by version, and a release candidate precedes its release', () => {
    const versions = ['7.3', '6.12.117', '7.3-rc7', '5.10.262', '6.12.9', '7.3-rc10', '7.3.1', 'nonsense'];
    assert.deepEqual(versions.toSorted(compareKernelVersions), [
      ...['nonsense', '5.10.262', '6.12.9', '6.12.117', '7.3-rc7', '7.3-rc10', '7.3', '7.3.1'],
    ]);
    assert.equal(compareKernelVersions('6.12', '6.12.0'), 0);
    assert.deepEqual(
      oldestFirst(kernelsOf(['7.2.6', '6.1.192'])).map(({ version }) => version),
      ['6.1.192', '7.2.6'],
    );
  });

  it('names kernels by what tells them apart', () => {
    const kernel = (release: string, version: string, packageVersion: string | null = null) =>
      sampleKernel({ label: release, release, version, packageVersion });
    assert.deepEqual(
      [
        ...kernelNames([
          kernel('6.1.0-56-cloud-amd64', '6.1.192'),
          kernel('6.12.107+deb13-amd64', '6.12.107', '6.12.107-1'),
          kernel('6.12.107+deb13-cloud-amd64', '6.12.107', '6.12.107-1'),
          kernel('6.12.107+deb12-cloud-amd64', '6.12.107', '6.12.107-1~deb12u1'),
          kernel('7.3.0-rc7+', '7.3-rc7'),
          kernel('7.3.0-rc7+#2', '7.3-rc7'),
        ]).values(),
      ],
      [
        '6.1.192',
        '6.12.107 amd64',
        '6.12.107+deb13-cloud-amd64',
        '6.12.107-1~deb12u1',
        '7.3.0-rc7+',
        '7.3.0-rc7+#2',
      ],
    );
  });
});

describe('changes between kernels', () => {
  it('tells until when a quirk was as recorded, and what is seen since', () => {
    assert.deepEqual(
      texts('FLUSH-11q', [
        ['6.1.192', 'pass'],
        ['6.18.15', 'pass'],
        ['6.19.14', 'not-applicable', 'changed: 3 FLUSH in 12 ms'],
        ['7.2.6', 'not-applicable', 'changed: 5 FLUSH in 10 ms'],
      ]),
      ['FLUSH-11q: as recorded until 6.18.15, changed from 6.19.14 (3 FLUSH in 12 ms)'],
    );
  });

  it('tells a quirk that changed twice', () => {
    assert.deepEqual(
      texts('FLUSH-11q', [
        ['6.1.192', 'pass'],
        ['6.18.15', 'not-applicable', 'changed: no FLUSH'],
        ['6.19.14', 'not-applicable', 'changed: two CLEAR'],
      ]),
      [
        'FLUSH-11q: as recorded until 6.1.192, changed on 6.18.15 (no FLUSH), changed from 6.19.14 (two CLEAR)',
      ],
    );
  });

  it('tells a verdict that goes to and fro as it is, whatever the order of the results', () => {
    assert.deepEqual(
      texts('LUID-03', [
        ['7.2.6', 'pass'],
        ['6.12.90', 'fail'],
        ['6.1.192', 'pass'],
        ['6.12.117', 'fail'],
      ]),
      ['LUID-03: pass until 6.1.192, fail from 6.12.90 to 6.12.117, pass from 7.2.6'],
    );
  });

  it('names the kernels on which nothing was seen, and makes no change of them', () => {
    assert.deepEqual(
      texts('LUID-03', [
        ['6.1.192', 'pass'],
        ['6.12.90', 'infra'],
        ['6.16.3', 'unknown'],
        ['6.17.1', 'not-applicable', 'CONFIG_X is missing'],
        ['7.2.6', 'fail'],
      ]),
      [
        'LUID-03: pass until 6.1.192, fail from 7.2.6; nothing seen: 6.12.90 infra, 6.16.3 unknown, 6.17.1 not-applicable',
      ],
    );
    assert.deepEqual(
      texts('LUID-03', [
        ['6.1.192', 'pass'],
        ['6.12.90', 'infra'],
        ['7.2.6', 'pass'],
      ]),
      [],
    );
  });

  it('leaves out the kernels that could not be tested at all', () => {
    const kernels = kernelsOf(['6.1.192', '6.12.90', '7.2.6']).map((kernel, index) =>
      index === 1 ? { ...kernel, state: 'infra' as const } : kernel,
    );
    const requirements = (['pass', 'infra', 'fail'] as const).map((verdict, index) =>
      sampleResult('LUID-03', verdict, { kernel: kernels[index]?.label ?? '' }),
    );
    assert.deepEqual(
      changesOf({ kernels, requirements }).map(({ text }) => text),
      ['LUID-03: pass until 6.1.192, fail from 7.2.6'],
    );
  });

  it('says nothing of one kernel, of a quirk that is changed everywhere, and of what is not tested', () => {
    assert.deepEqual(texts('LUID-03', [['6.1.192', 'fail']]), []);
    const changed = ['not-applicable', 'changed: 3 FLUSH'] as const;
    assert.deepEqual(
      texts('FLUSH-11q', [
        ['6.1.192', ...changed],
        ['7.2.6', ...changed],
      ]),
      [],
    );
  });
});
