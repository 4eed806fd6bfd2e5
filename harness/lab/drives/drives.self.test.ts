import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Drives } from '../../disks/drives.js';
import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, MUTEX_OP, mutexWriteCdb } from '../../disks/idm/index.js';
import { within } from '../../vm/index.js';
import type { Node } from '../node.js';
import { describe as describeResult, proveExact } from './exact-path.js';
import type { NodeDrive } from './initiator.js';
import { SelfTestNodes } from './self-test-nodes.js';
import { SgDevice } from './sg-device.js';
import type { SgResult } from './sg-frames.js';

// Real VMs on emulated drives: whether what a drive answers is what a guest sees, nothing else can tell.

/** For which a path is silent: longer than an answer takes, shorter than iscsid's patience. */
const SILENCE_MS = 1500;
const TRYLOCK = mutexWriteCdb(MUTEX_OP.trylock);

function lockBy(host: string, resource = 'r'): Buffer {
  const named = (text: string, bytes: number): Buffer => Buffer.concat([Buffer.from(text)], bytes);
  return encodeDataBlock({
    state: 0n,
    timeNow: 0n,
    countdown: 60_000n,
    lockClass: LOCK_CLASS.exclusive,
    control: LVB_CONTROL.keep,
    lvb: Buffer.alloc(7),
    resourceId: named(resource, 64),
    metadata: Buffer.alloc(64),
    hostId: named(host, 32),
  });
}

async function trylock(device: SgDevice, host: string, resource?: string): Promise<SgResult> {
  return await device.execute({ cdb: TRYLOCK, direction: 'write', dataOut: lockBy(host, resource) });
}

/** A node that has logged in. */
interface Site {
  readonly node: Node;
  readonly drives: readonly NodeDrive[];
}

function only<T>(list: readonly T[], index = 0): T {
  const found = list[index];
  assert.ok(found !== undefined);
  return found;
}

describe("drives through the guests' own initiators", () => {
  let nodes: SelfTestNodes;
  let drives: Drives;
  let a: Site;
  let b: Site;

  const login = async (name: string): Promise<Site> => {
    const node = await nodes.restore(name);
    return { node, drives: await node.initiator.login(drives) };
  };
  const open = async (site: Site, lun: number, kind: 'sd' | 'sg' = 'sg'): Promise<SgDevice> => {
    const device = await SgDevice.open(site.node.session, only(site.drives, lun)[kind]);
    // A test before may have lost the path: a session that came back is told of it.
    await device.untilReady();
    return device;
  };

  before(async () => {
    nodes = await SelfTestNodes.prepare();
    drives = await Drives.serve({ count: 3 });
    [a, b] = await Promise.all([login('a'), login('b')]);
  });
  after(async () => {
    await drives[Symbol.asyncDispose]();
    await nodes[Symbol.asyncDispose]();
  });

  test('each node has the same drives, whatever their device nodes are called', async () => {
    for (const site of [a, b]) {
      assert.deepEqual(
        site.drives.map(({ lun, naa }) => ({ lun, naa })),
        drives.all.map(({ lun, naa }) => ({ lun, naa })),
      );
      for (const { sd, sg, naa } of site.drives) {
        const { session } = site.node;
        assert.match(await session.succeed(`sg_vpd -p di ${sd}`), new RegExp(`0x${naa}`));
        assert.equal(
          await session.succeed(`ls /sys/block/${sd.slice(5)}/device/scsi_generic`),
          `${sg.slice(5)}\n`,
        );
      }
    }
  });

  test('statuses 0x22 and 0x18 arrive as the drive sends them', async () => {
    await using device = await open(a, 0);
    const good = await trylock(device, 'host one', 'exact');
    assert.deepEqual([good.status, good.maskedStatus, good.info & 1], [0, 0, 0]);
    const terminated = await trylock(device, 'host one', 'exact');
    assert.deepEqual(
      [terminated.status, terminated.maskedStatus, terminated.hostStatus, terminated.info & 1],
      [0x22, 0x11, 0, 1],
    );
    const conflict = await trylock(device, 'host two', 'exact');
    assert.deepEqual(
      [conflict.status, conflict.maskedStatus, conflict.hostStatus, conflict.info & 1],
      [0x18, 0x0c, 0, 1],
    );
    await proveExact(device, 'a');
  });

  test('an exclusive lock of one node is refused to the other one', async () => {
    await using first = await open(a, 1);
    await using second = await open(b, 1);
    assert.equal((await trylock(first, 'a')).status, 0);
    assert.equal((await trylock(second, 'b')).status, 0x18);
  });

  test('what one node writes the other one reads, and short answers have their residual', async () => {
    await using writer = await open(a, 2);
    await using reader = await open(b, 2, 'sd');
    const bytes = Buffer.from(Array.from({ length: 512 }, (_unused, index) => (index * 7) % 256));
    const write = Buffer.from('2a00000000050000010000000000', 'hex').subarray(0, 10);
    assert.equal((await writer.execute({ cdb: write, direction: 'write', dataOut: bytes })).status, 0);
    const read = Buffer.from('28000000000500000100', 'hex');
    const answer = await reader.execute({ cdb: read, direction: 'read', length: 512 });
    assert.deepEqual(answer.data, bytes);
    const inquiry = Buffer.from('120000002400', 'hex');
    const { data, residual } = await reader.execute({ cdb: inquiry, direction: 'read', length: 512 });
    assert.deepEqual([data.length, residual], [36, 476]);
  });

  test('a path that is lost fails commands after its time, and comes back by itself', async () => {
    const own = await Drives.serve({ count: 1, idm: false });
    try {
      const { node } = a;
      const drive = only(await node.initiator.login(own, { replacementSeconds: 1 }));
      await using device = await SgDevice.open(node.session, drive.sg);
      node.initiator.losePath('reset');
      const lost = await device.execute({ cdb: Buffer.alloc(6), direction: 'none' });
      assert.equal(lost.status, 0);
      // DID_NO_CONNECT, DID_TRANSPORT_DISRUPTED or DID_TRANSPORT_FAILFAST: nobody is there (any more).
      assert.ok([0x1, 0xe, 0xf].includes(lost.hostStatus), describeResult(lost));
      node.initiator.restorePath();
      // The state of the session tells; it is logged in again by iscsid's own retries.
      const again = 'while grep -qv LOGGED_IN /sys/class/iscsi_session/session*/state; do sleep 0.1; done';
      await node.session.succeed(again);
      await node.initiator.logout(own);
      assert.equal((await node.session.run(['test', '-e', drive.sd])).status, 1);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  test('what a silent path swallows arrives when it is back, unless that takes too long', async () => {
    await using device = await open(a, 1);
    const inquiry = { cdb: Buffer.from('120000002400', 'hex'), direction: 'read', length: 36 } as const;
    a.node.initiator.losePath('silence');
    let answered = false;
    const late = device.execute(inquiry).finally(() => (answered = true));
    await within(late, SILENCE_MS, 'nothing').catch(() => undefined);
    assert.equal(answered, false);
    a.node.initiator.restorePath();
    const { status, data } = await late;
    assert.deepEqual([status, data.length], [0, 36]);
  });

  test('a command without an answer is aborted by the guest, and the target does not answer it', async () => {
    await using device = await open(a, 2);
    const fault = drives.device.arm(2, {
      name: 'hangs',
      match: { opcodes: [0x00] },
      times: 1,
      does: { kind: 'hang' },
    });
    const hung = await device.execute({ cdb: Buffer.alloc(6), direction: 'none', timeoutMs: 1000 });
    assert.deepEqual([fault.met, hung.hostStatus], [1, 0x3]);
    assert.equal((await device.execute({ cdb: Buffer.alloc(6), direction: 'none' })).status, 0);
    fault.remove();
  });

  test("a plain disk through QEMU's own initiator is shared with a node that has its own", async () => {
    const plain = await Drives.serve({ count: 1, idm: false });
    try {
      const drive = only(plain.all);
      const passed = await a.node.passthrough.plug(plain, drive);
      const logged = only(await b.node.initiator.login(plain));
      await a.node.session.succeed(
        `echo over there | dd of=${passed.sd} bs=512 conv=sync oflag=direct status=none`,
      );
      assert.match(
        await b.node.session.succeed(`dd if=${logged.sd} bs=512 count=1 iflag=direct status=none`),
        /^over there\n/,
      );
      // What is withheld holds up neither a stop of the machine nor the removal of the disk.
      plain.device.arm(0, { name: 'hangs', match: { opcodes: [0x00] }, does: { kind: 'hang' } });
      await using device = await SgDevice.open(a.node.session, passed.sg);
      const hung = device.execute({ cdb: Buffer.alloc(6), direction: 'none' });
      while (plain.device.withheldCount === 0) await new Promise((resolve) => setImmediate(resolve));
      await a.node.passthrough.unplug(plain, drive);
      await hung.catch(() => undefined);
      assert.equal((await a.node.session.run(['test', '-e', passed.sd])).status, 1);
      await b.node.initiator.logout(plain);
      await assert.rejects(
        a.node.passthrough.plug(drives, only(drives.all)),
        /a refused lock would look like/,
      );
    } finally {
      await plain[Symbol.asyncDispose]();
    }
  });

  test("the proof refuses QEMU's own initiator: 0x22 arrives as success", async () => {
    const { node } = a;
    const own = await Drives.serve({ count: 1 });
    try {
      const { sg } = await node.passthrough.plug(own, only(own.all), true);
      await using device = await SgDevice.open(node.session, sg);
      await assert.rejects(
        proveExact(device, 'a'),
        /UNLOCK with another class .* should arrive as commandTerminated/,
      );
      await node.passthrough.unplug(own, only(own.all));
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  test('hundreds of commands a second go through one node', async (context) => {
    await using device = await open(a, 0);
    const count = 500;
    const began = performance.now();
    const turns = Array.from({ length: count }, () =>
      device.execute({ cdb: Buffer.alloc(6), direction: 'none' }),
    );
    for (const { status } of await Promise.all(turns)) assert.equal(status, 0);
    context.diagnostic(`${Math.round(count / ((performance.now() - began) / 1000))} commands a second`);
  });

  test('the sessions of a node without power end', async () => {
    const ofNode = (): number =>
      drives.target.sessions().filter(({ initiator }) => initiator === b.node.initiator.name).length;
    assert.equal(ofNode(), 1);
    await b.node.vm.cutPower();
    const gone = (async () => {
      while (ofNode() > 0) await new Promise((resolve) => setImmediate(resolve));
    })();
    await within(gone, 5000, 'the end of the session');
  });
});
