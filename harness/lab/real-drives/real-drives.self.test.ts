import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Drives } from '../../disks/drives.js';
import { DRIVE_MUTANTS, MUTEX_OPCODE } from '../../disks/idm/index.js';
import type { TraceRecord } from '../../disks/scsi/index.js';
import type { CommandResult } from '../../guest/index.js';
import { runResultsSchema, type RunResults } from '../../results/model.js';
import { Cache } from '../../cache/index.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import { BootKernel } from '../boot-kernel.js';
import { SgDevice } from '../drives/sg-device.js';
import { Mutex } from '../drives/mutex.js';
import type { RunEnvironment } from '../environment.js';
import { Node } from '../node.js';
import { prepareRun } from '../prepare.js';
import { PACKAGE_HOME, packageDisk } from './testing/package-image.js';

// The command line as it is installed, in a VM whose SCSI devices are emulated drives that know no test: their leases pass in
// real time. Nearer to a vendor's drive one cannot come without one.

/** Node, and what Playwright makes of it, takes its time in an emulated machine, the more so on a busy one. */
const COMMAND_MS = 20 * 60_000;
const MOUNT = '/run/package';
const WORK = '/run/work';

const skip =
  process.env['ULOGCHECK_SLOW_TESTS'] === undefined &&
  'set ULOGCHECK_SLOW_TESTS=1 (runs five minutes, and on a busy machine fifteen)';

describe('run --drive', { skip }, () => {
  let directory: Awaited<ReturnType<typeof ownedTempDir>>;
  let node: Node;
  const made: Drives[] = [];
  const trace: TraceRecord[] = [];

  /** Drives of this process, and the SCSI generic device that the first of them is in the node. */
  const serve = async (options: Partial<Parameters<typeof Drives.serve>[0]>): Promise<string> => {
    const drives = await Drives.serve({ count: 1, observe: (record) => trace.push(record), ...options });
    made.push(drives);
    const [drive] = await node.initiator.login(drives, { prove: false });
    assert.ok(drive);
    return drive.sg;
  };
  const ulogcheck = async (...argv: readonly string[]): Promise<CommandResult> => {
    const command = ['node', `${MOUNT}/${PACKAGE_HOME}/dist/harness/cli/main.js`, ...argv];
    const env = { HOME: WORK };
    return await node.session.run(['sh', '-c', `cd ${WORK} && exec "$@"`, 'sh', ...command], {
      ...{ env, deadlineMs: COMMAND_MS },
    });
  };
  const results = async (out: string): Promise<RunResults> => {
    const text = Buffer.from(await node.session.readFile(`${out}/results.json`)).toString();
    return runResultsSchema.parse(JSON.parse(text));
  };
  /** Mutex commands since `from`, as the drives saw them. */
  const mutexCommands = (from: number): string[] =>
    trace
      .slice(from)
      .flatMap((record) => (record.kind === 'command' ? [record.cdb] : []))
      .filter((cdb) => cdb.startsWith(MUTEX_OPCODE.toString(16)));

  before(async () => {
    const underTest = new Set(['kernel' as const]);
    const kernel = process.env['ULOGCHECK_KERNEL'] ?? 'stable';
    const options = { kernel, userland: 'trixie', qemu: undefined, daemons: [], underTest };
    const prepared = await prepareRun({ ...options, golden: 'ready' }, () => undefined);
    const environment = prepared.environment as RunEnvironment;
    directory = await ownedTempDir('ulogcheck-test-');
    const own = join(directory.path, 'node');
    await mkdir(own);
    const disk = await packageDisk(directory.path);
    await using bootKernel = new BootKernel(await Cache.open({}), environment.kernel);
    // Copies of golden nodes have too little memory for Node three times over.
    node = await Node.boot({
      ...{ environment, images: environment.plain, name: 'desk', directory: own, disks: [disk] },
      ...{ vmlinux: await bootKernel.path(), vcpus: 2, memoryMib: 1024, cable: true },
    });
    await node.session.succeed(
      `mkdir -p ${MOUNT} ${WORK} && mount -t erofs -o ro ${node.disks[0] ?? ''} ${MOUNT}`,
    );
    const profile = 'leases: { factor: 0.1, slackPercent: 20 }\n';
    await node.session.writeFile(`${WORK}/slow.yaml`, profile);
  });
  after(async () => {
    for (const drives of made) await drives[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test('a good drive: nothing is written without consent, then all that applies passes, and nothing is left', async (context) => {
    const sg = await serve({});
    await using device = await SgDevice.open(node.session, sg);
    await device.untilReady();
    let call = 0;
    const site = { ...{ device, drive: '', node: '' }, nextCall: () => call++, record: () => undefined };
    await new Mutex({ ...site, now: () => 0n, wallClock: () => 0n }, 'volume', 'a-host').trylock({
      lease: 3_600_000,
    });
    const from = trace.length;
    const asked = await ulogcheck('run', '--drive', sg, '--wipe-mutexes');
    assert.equal(asked.status, 64, asked.stderr);
    assert.match(asked.stderr, /drive {2}\/dev\/sg\d+ {2}ULOGCHK IDM DISK 0001\n/);
    assert.match(
      asked.stderr,
      /1 entry in its mutex table, 1 LIVE, of 1 hosts\n {4}LIVE .* host a-host .* volume/,
    );
    assert.match(asked.stderr, /--wipe-mutexes --wipe-live-locks\n$/);
    // Reads have 01h in byte 1.
    assert.ok(mutexCommands(from).length > 0);
    assert.deepEqual(
      mutexCommands(from).filter((cdb) => !cdb.startsWith('f001')),
      [],
    );

    const out = `${WORK}/good`;
    const consent = ['--wipe-mutexes', '--wipe-live-locks', '--drive-profile', `${WORK}/slow.yaml`];
    const ran = await ulogcheck('run', '--drive', sg, ...consent, '--no-html', '--out', out);
    context.diagnostic(ran.stdout.split('\n').slice(-4).join(' '));
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
    const { requirements, kernels } = await results(out);
    const verdicts = requirements.filter(({ tests }) => tests.length > 0);
    assert.ok(verdicts.length > 50, String(verdicts.length));
    for (const { id, verdict, reason, subjectName, tests } of verdicts) {
      assert.equal(subjectName, 'ULOGCHK IDM DISK 0001');
      assert.ok(['pass', 'not-applicable'].includes(verdict), `${id}: ${verdict} ${reason}`);
      // No sentence is left out but those of tests that need more than a drive.
      if (verdict !== 'pass') assert.match(reason, /as they are, without VMs|needs \d drives/, id);
      assert.ok(tests.length > 0);
    }
    assert.equal(kernels[0]?.release, (await node.session.succeed('uname -r')).trim());
    const report = await ulogcheck('report', out);
    assert.equal(report.status, 0, report.stderr);
    assert.match(report.stdout, /ULOGCHK IDM DISK 0001/);
    const again = await device.execute({
      ...{ cdb: Buffer.from('f0010000000000000000000000' + '01ff00', 'hex'), direction: 'read', length: 512 },
    });
    assert.equal(again.data.readUInt16BE(0), 0);
  });

  test('a drive that has two exclusive holders fails for that, and its lease is as it should be', async () => {
    const mutant = DRIVE_MUTANTS.find(({ name }) => name === 'two-exclusive-holders');
    assert.ok(mutant);
    const sg = await serve({ mutexes: mutant.create });
    const out = `${WORK}/broken`;
    const select = ['-g', 'idm/exclusive', '-g', 'idm/lease'];
    const argv = ['--drive-profile', `${WORK}/slow.yaml`, '--wipe-mutexes', '--no-html', '--out', out];
    const ran = await ulogcheck('run', '--drive', sg, ...argv, ...select);
    assert.equal(ran.status, 1, ran.stdout + ran.stderr);
    const told = new Map((await results(out)).requirements.map(({ id, verdict }) => [id, verdict]));
    assert.deepEqual([told.get('IDM-24'), told.get('IDM-38')], ['fail', 'pass']);
  });

  test('disks without mutexes are refused before they are asked for any', async () => {
    const plain = await serve({ idm: false });
    const from = trace.length;
    const refused = await ulogcheck('run', '--drive', plain, '--wipe-mutexes');
    assert.equal(refused.status, 64);
    assert.match(refused.stderr, /EMULATED DISK 0001 has no VPD page C3h.*Nothing was written/);
    assert.deepEqual(mutexCommands(from), []);
    // QEMU's own disk, by the name of its block device.
    const block = await ulogcheck('run', '--drive', node.disks[0] ?? '', '--wipe-mutexes');
    assert.equal(block.status, 64);
    assert.match(block.stderr, /is a block device\. Give the drive's SCSI generic device: \/dev\/sg0/);
  });
});
