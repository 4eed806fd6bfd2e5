import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkConfig } from '../harness/kernels/index.js';
import { configFragment, KERNEL_OPTIONS, moduleOptions } from './kernel-options.js';

const NEEDS = KERNEL_OPTIONS.flatMap(({ needs }) => needs);

describe('what a kernel must be built with', () => {
  it('has a reason for every option: a new need of the nodes gets one in kernel-options.ts', () => {
    const without = NEEDS.filter(({ why }) => why === '' || why.startsWith(';')).map(({ option }) => option);
    assert.deepEqual(without, []);
  });

  it('is a fragment that meets its own check', () => {
    assert.deepEqual(checkConfig(configFragment(), NEEDS), []);
  });

  it('is missed one by one: every line of the fragment is checked, but for the menus', () => {
    const fragment = configFragment();
    for (const { option, value } of NEEDS) {
      const line = value === 'absent' ? `# ${option} is not set` : `${option}=${value === 'any' ? 'm' : 'y'}`;
      const changed = fragment.replace(`\n${line}\n`, value === 'absent' ? `\n${option}=y\n` : '\n');
      assert.notEqual(changed, fragment, line);
      assert.deepEqual([...new Set(checkConfig(changed, NEEDS).map(({ need }) => need.option))], [option]);
    }
  });

  it('asks an old kernel for its one pvpanic', () => {
    const needs = moduleOptions([
      { alternatives: ['pvpanic_pci', 'pvpanic'], option: 'CONFIG_PVPANIC_PCI', load: true },
    ]);
    const old = '# Linux/x86 5.10.2 Kernel Configuration\nCONFIG_PVPANIC=m\n';
    assert.deepEqual(checkConfig(old, needs), []);
    assert.equal(checkConfig('CONFIG_PVPANIC=m\n', needs).length, 1);
  });
});
