import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NODE_NEEDS } from '../../vm-images/needs.js';
import { dependenciesOf, isKept, moduleName } from './kept-modules.js';

/** Where Debian's kernels have the modules that nodes need: 5.10, and 7.2 where they moved. */
const PATHS = [
  'drivers/virtio/virtio_pci.ko',
  'drivers/block/virtio_blk.ko',
  'drivers/char/virtio_console.ko',
  'drivers/net/virtio_net.ko.xz',
  'drivers/scsi/virtio_scsi.ko',
  'drivers/scsi/sd_mod.ko',
  'drivers/scsi/sg.ko',
  'fs/erofs/erofs.ko',
  'fs/overlayfs/overlay.ko',
  'drivers/md/dm-mod.ko',
  'drivers/md/dm-mirror.ko',
  'drivers/md/dm-log-userspace.ko.zst',
  'drivers/md/dm-snapshot.ko',
  'drivers/md/dm-delay.ko',
  'drivers/md/dm-flakey.ko',
  'drivers/misc/pvpanic.ko',
  'drivers/misc/pvpanic/pvpanic-mmio.ko',
  'drivers/misc/pvpanic/pvpanic-pci.ko',
  'drivers/block/loop.ko',
  'drivers/block/brd.ko.gz',
  'drivers/scsi/iscsi_tcp.ko',
];

describe('the modules that are kept of a kernel', () => {
  it('are all that nodes need, and the list above names those', () => {
    const known = new Map(PATHS.map((path) => [moduleName(path), path]));
    for (const { alternatives } of NODE_NEEDS) {
      for (const name of alternatives) {
        const path = known.get(moduleName(name));
        assert.ok(path !== undefined, `add the path of ${name} to this test`);
        assert.ok(isKept(path), path);
      }
    }
  });

  it('are not those of other hardware', () => {
    for (const path of ['drivers/gpu/drm/i915/i915.ko', 'drivers/scsi/lpfc/lpfc.ko', 'fs/btrfs/btrfs.ko']) {
      assert.ok(!isKept(path), path);
    }
  });

  it('tell what they need', () => {
    const info = ['license=GPL', 'depends=dm-mod,dm-log', 'name=dm_mirror', ''].join('\0');
    assert.deepEqual(dependenciesOf(Buffer.from(`\x7fELF\0${info}`)), ['dm-mod', 'dm-log']);
    assert.deepEqual(dependenciesOf(Buffer.from('\0depends=\0')), []);
    assert.deepEqual(dependenciesOf(Buffer.from('it depends=on\0')), []);
  });
});
