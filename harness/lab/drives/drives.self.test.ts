import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Drives } from '../../disks/drives.js';
import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, MUTEX_OP, mutexWriteCdb } from '../../disks/idm/index.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import type { RunEnvironment } from '../environment.js';
import { loadGolden } from '../golden.js';
import { Node } from '../node.js';
import { prepareRun } from '../prepare.js';
import { proveExact } from './exact-path.js';
import type { NodeDrive } from './initiator.js';
import { SgDevice } from './sg-device.js';
import type { SgResult } from './sg-frames.js';

// Real VMs on emulated drives: whether what a drive answers is what a guest sees, nothing else can tell.

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

describe("drives through the guests' own initiators", () => {
  let environment: RunEnvironment;
  let directory: Awaited<ReturnType<typeof ownedTempDir>>;
  let drives: Drives;
  let nodes: Node[];
  let logins: (readonly NodeDrive[])[];

  const restore = async (name: string): Promise<Node> => {
    const own = join(directory.path, name);
    await mkdir(own);
    const { golden } = environment.plain;
    const options = { environment, images: environment.plain, name, directory: own, disks: [] };
    return await Node.restore({ ...options, golden: loadGolden(golden.ready ?? '') });
  };
  const open = async (node: number, lun: number, kind: 'sd' | 'sg' = 'sg'): Promise<SgDevice> =>
    await SgDevice.open(nodes[node]!.session, logins[node]![lun]![kind]);

  before(async () => {
    const machine = {
      kernel: process.env['ULOGCHECK_KERNEL'] ?? 'stable',
      userland: 'trixie',
      qemu: undefined,
    };
    const underTest = new Set(['kernel' as const]);
    const options = { ...machine, daemons: [], underTest, golden: 'ready' as const };
    environment = (await prepareRun(options, () => undefined)).environment as RunEnvironment;
    directory = await ownedTempDir('ulogcheck-test-');
    drives = await Drives.serve({ count: 3 });
    nodes = [await restore('a'), await restore('b')];
    logins = await Promise.all(nodes.map((node) => node.initiator.login(drives)));
  });
  after(async () => {
    await drives[Symbol.asyncDispose]();
    for (const node of nodes) await node[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test('each node has the same drives, whatever their device nodes are called', async () => {
    for (const [index, login] of logins.entries()) {
      assert.deepEqual(
        login.map(({ lun, naa }) => ({ lun, naa })),
        drives.all.map(({ lun, naa }) => ({ lun, naa })),
      );
      for (const { sd, sg, naa } of login) {
        const { session } = nodes[index]!;
        assert.match(await session.succeed(`sg_vpd -p di ${sd}`), new RegExp(`0x${naa}`));
        assert.equal(
          await session.succeed(`ls /sys/block/${sd.slice(5)}/device/scsi_generic`),
          `${sg.slice(5)}\n`,
        );
      }
    }
  });

  test('statuses 0x22 and 0x18 arrive as the drive sends them', async () => {
    await using device = await open(0, 0);
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
    await using a = await open(0, 1);
    await using b = await open(1, 1);
    assert.equal((await trylock(a, 'a')).status, 0);
    assert.equal((await trylock(b, 'b')).status, 0x18);
  });

  test('what one node writes the other one reads, and short answers have their residual', async () => {
    await using a = await open(0, 2);
    await using b = await open(1, 2, 'sd');
    const bytes = Buffer.from(Array.from({ length: 512 }, (_unused, index) => (index * 7) % 256));
    const write = Buffer.from('2a00000000050000010000000000', 'hex').subarray(0, 10);
    assert.equal((await a.execute({ cdb: write, direction: 'write', dataOut: bytes })).status, 0);
    const read = Buffer.from('28000000000500000100', 'hex');
    const answer = await b.execute({ cdb: read, direction: 'read', length: 512 });
    assert.deepEqual(answer.data, bytes);
    const inquiry = Buffer.from('120000002400', 'hex');
    const { data, residual } = await b.execute({ cdb: inquiry, direction: 'read', length: 512 });
    assert.deepEqual([data.length, residual], [36, 476]);
  });
});
