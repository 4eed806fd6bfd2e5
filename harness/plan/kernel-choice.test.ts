import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kernelArgument, kernelChoiceSchema, unneededKernels } from './kernel-choice.js';

it('what gets just one kernel again: its release, its package where two share that, or the files that were named', () => {
  const release = '6.12.90+deb13-cloud-amd64';
  const common = { label: release, release, packageVersion: '6.12.90-2', suite: 'trixie', spec: '6.12.*' };
  const other = `${release}_6.12.90-2`;
  const generic = '6.12.90+deb13-amd64';
  const cases: readonly [Partial<Parameters<typeof kernelArgument>[0]>, string][] = [
    [{}, release],
    [{ label: other }, '6.12.90-2'],
    [{ label: 'x', release: generic }, '6.12.90-2:generic'],
    [{ label: 'x', release: '6.12.90+deb13-rt-amd64' }, '6.12.90-2:rt'],
    [{ suite: null, spec: './linux' }, './linux'],
    [{ suite: null, spec: 'cached' }, release],
    [{ suite: null, spec: 'cached:generic', release: generic, label: generic }, generic],
  ];
  for (const [given, wanted] of cases) assert.equal(kernelArgument({ ...common, ...given }), wanted);
});

it('kernels that nobody needs are in the plan all the same, each once, and the plan can be read', () => {
  const choices = unneededKernels(['debian/each', '7.3-rc', 'debian/each', './linux', '~/linux', '..']);
  assert.deepEqual(
    choices.map(({ label, spec }) => [label, spec]),
    [
      ['debian_each', 'debian/each'],
      ['7.3-rc', '7.3-rc'],
      ['linux', './linux'],
      ['linux_2', '~/linux'],
      ['kernel', '..'],
    ],
  );
  for (const choice of choices) kernelChoiceSchema.parse(choice);
});
