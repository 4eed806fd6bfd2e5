import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moduleName } from '../harness/kernels/index.js';
import { parseModuleIndex, planModules, splitNeeds, type ModuleNeed } from './modules.js';

const DEP = `kernel/md/dm-mod.ko.xz:
kernel/md/dm-log.ko.xz: kernel/md/dm-mod.ko.xz
kernel/md/dm-region-hash.ko.xz: kernel/md/dm-log.ko.xz kernel/md/dm-mod.ko.xz
kernel/md/dm-mirror.ko.xz: kernel/md/dm-region-hash.ko.xz kernel/md/dm-log.ko.xz kernel/md/dm-mod.ko.xz
kernel/md/dm-log-userspace.ko.xz: kernel/md/dm-log.ko.xz kernel/md/dm-mod.ko.xz
kernel/misc/pvpanic.ko:
kernel/block/brd.ko.xz:
`;
const BUILTIN = 'kernel/virtio/virtio_pci.ko\n';
const index = parseModuleIndex({ dep: DEP, builtin: BUILTIN });
const need = (load: boolean, ...alternatives: string[]): ModuleNeed => ({
  alternatives,
  option: 'CONFIG_X',
  load,
});

describe('modules', () => {
  it('names modules as the kernel does', () => {
    assert.equal(moduleName('kernel/md/dm-log.ko.xz'), 'dm_log');
    assert.equal(moduleName('brd'), 'brd');
  });

  it('puts what a module needs before it, each once', () => {
    const plan = planModules(
      index,
      [need(true, 'dm_mirror'), need(true, 'dm-log-userspace'), need(false, 'brd')],
      'R',
    );
    assert.deepEqual(plan.load, [
      'kernel/md/dm-mod.ko.xz',
      'kernel/md/dm-log.ko.xz',
      'kernel/md/dm-region-hash.ko.xz',
      'kernel/md/dm-mirror.ko.xz',
      'kernel/md/dm-log-userspace.ko.xz',
    ]);
    assert.deepEqual(plan.carry, [...plan.load, 'kernel/block/brd.ko.xz']);
  });

  it('accepts what is built in, and takes the first alternative that is there', () => {
    const plan = planModules(index, [need(true, 'virtio_pci'), need(true, 'pvpanic_mmio', 'pvpanic')], 'R');
    assert.deepEqual(plan.load, ['kernel/misc/pvpanic.ko']);
  });

  it('takes a kernel without a module that it is configured to have for one that is not whole, not for one that lacks it', () => {
    assert.throws(() => planModules(index, [need(true, 'sg', 'sg2')], '6.1'), {
      name: 'KernelError',
      message:
        /^kernel 6\.1 has no module sg or sg2, though its configuration sets CONFIG_X: build its modules/,
    });
  });

  it('what only some tests need is lacked where the configuration is without it, and carried where it is not', () => {
    const needs = [
      need(false, 'brd'),
      { ...need(false, 'iscsi_tcp'), option: 'CONFIG_Y', optional: true },
    ] as const;
    const split = (config: string) => splitNeeds(needs, config);
    assert.deepEqual(split('CONFIG_X=m\n# CONFIG_Y is not set\n'), {
      lacked: ['CONFIG_Y'],
      met: needs.slice(0, 1),
    });
    assert.deepEqual(split('CONFIG_Y=m\n'), { lacked: [], met: needs });
    assert.deepEqual(split('CONFIG_Y=y\n'), { lacked: [], met: needs });
    assert.throws(
      () => planModules(index, needs, 'R'),
      /no module iscsi_tcp, though its configuration sets CONFIG_Y/,
    );
  });

  it('puts before a module what it asks for by name, by whatever name, if it is there', () => {
    const withSoft = parseModuleIndex({
      dep: 'lib/libcrc32c.ko: crypto/hash.ko\ncrypto/hash.ko:\ncrypto/crc32c_generic.ko: crypto/hash.ko\n',
      builtin: '',
      softdep:
        '# from the modules\nsoftdep libcrc32c pre: crc32c post: other\nsoftdep hash pre: manager libcrc32c\n',
      alias: 'alias crypto-crc32c crc32c_generic\nalias crc32c crc32c_generic\n',
    });
    const plan = planModules(withSoft, [need(true, 'libcrc32c')], 'R');
    assert.deepEqual(plan.load, ['crypto/hash.ko', 'crypto/crc32c_generic.ko', 'lib/libcrc32c.ko']);
  });

  it('does not follow a circle for ever', () => {
    const circle = parseModuleIndex({ dep: 'a.ko: b.ko\nb.ko: a.ko\n', builtin: '' });
    assert.throws(() => planModules(circle, [need(true, 'a')], 'R'), {
      message: 'kernel R: modules need each other: a, b',
    });
  });
});
