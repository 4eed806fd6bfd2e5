import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Drives } from '../../disks/drives.js';
import type { Node } from '../node.js';
import type { NodeDrive } from './initiator.js';
import { SelfTestNodes } from './self-test-nodes.js';

// Real VMs on plain emulated disks: LVM through QEMU's own initiator, and what multipath goes by.

/** LVM waits for disks of a busy host. */
const LVM = { deadlineMs: 60_000 };
/** A file of 4 MiB whose bytes depend on the word, and its digest; no page cache has what is read. */
const MIB = 4;
const write = (word: string, device: string): string =>
  `yes ${word} | head -c ${MIB}M | dd of=${device} bs=1M oflag=direct iflag=fullblock status=none`;
const digest = (device: string): string =>
  `dd if=${device} bs=1M count=${MIB} iflag=direct status=none | md5sum`;
const digestOf = (word: string): string => `yes ${word} | head -c ${MIB}M | md5sum`;

describe('plain disks that two nodes share', () => {
  let nodes: SelfTestNodes;
  let disks: Drives;
  let a: Node;
  let b: Node;

  before(async () => {
    nodes = await SelfTestNodes.prepare();
    disks = await Drives.serve({ count: 2, idm: false });
    [a, b] = await Promise.all([nodes.restore('a'), nodes.restore('b')]);
  });
  after(async () => {
    await disks[Symbol.asyncDispose]();
    await nodes[Symbol.asyncDispose]();
  });

  const plugAll = async (node: Node): Promise<readonly NodeDrive[]> => {
    const plugged: NodeDrive[] = [];
    for (const disk of disks.all) plugged.push(await node.passthrough.plug(disks, disk));
    return plugged;
  };

  test("LVM on QEMU's own initiator: what one node writes to a linear and a mirrored volume the other one reads", async () => {
    const [plugged] = await Promise.all([plugAll(a), plugAll(b)]);
    const paths = plugged.map(({ sd }) => sd).join(' ');
    await a.session.succeed(`modprobe dm_mirror; pvcreate -qq ${paths} && vgcreate -qq shared ${paths}`, LVM);
    const create = (more: string): string => `lvcreate -qq -an -Zn -y -L 8M ${more} shared`;
    await a.session.succeed(
      `${create('-n linear')} && ${create('--type mirror -m1 --mirrorlog core -n mirrored')}`,
      LVM,
    );
    const handOver = async (from: Node, to: Node, word: string): Promise<void> => {
      await from.session.succeed('vgchange -qq -ay shared', LVM);
      for (const lv of ['linear', 'mirrored'])
        await from.session.succeed(write(word + lv, `/dev/shared/${lv}`));
      await from.session.succeed('vgchange -qq -an shared', LVM);
      await to.session.succeed('vgchange -qq -ay shared', LVM);
      for (const lv of ['linear', 'mirrored'])
        assert.equal(
          await to.session.succeed(digest(`/dev/shared/${lv}`)),
          await to.session.succeed(digestOf(word + lv)),
        );
      await to.session.succeed('vgchange -qq -an shared', LVM);
    };
    await handOver(a, b, 'first');
    await handOver(b, a, 'then');
    // The mirror has it on both disks.
    await a.session.succeed('vgchange -qq -ay shared', LVM);
    for (const leg of [0, 1])
      assert.equal(
        await a.session.succeed(digest(`/dev/mapper/shared-mirrored_mimage_${leg}`)),
        await a.session.succeed(digestOf('thenmirrored')),
      );
    await a.session.succeed('vgchange -qq -an shared', LVM);
    for (const node of [a, b]) for (const disk of disks.all) await node.passthrough.unplug(disks, disk);
  });

  test('two paths to a disk are one by what multipath goes by, and neither is preferred', async () => {
    const [first] = disks.all;
    assert.ok(first);
    const direct = await a.passthrough.plug(disks, first);
    const logged = (await a.initiator.login(disks))[first.lun];
    assert.ok(logged);
    assert.notEqual(direct.sd, logged.sd);
    const wwids = await Promise.all(
      [direct, logged].map(
        async ({ sd }) => await a.session.succeed(`cat /sys/block/${sd.slice(5)}/device/wwid`),
      ),
    );
    assert.equal(wwids[0], wwids[1]);
    for (const { sd } of [direct, logged]) {
      assert.match(await a.session.succeed(`sg_vpd -p di ${sd}`), new RegExp(`0x${first.naa}`));
      // TPGS 0: no asymmetric access, so that multipath takes its default policy and asks for no states.
      assert.match(await a.session.succeed(`sg_inq ${sd}`), /\bTPGS=0\b/);
      assert.equal((await a.session.run(['sg_turs', sd])).status, 0);
    }
    await a.initiator.logout(disks);
    await a.passthrough.unplug(disks, first);
  });
});
