import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Cache } from '../cache/index.js';
import { GuestCommandError, GuestCommandStalled } from '../guest/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { BootError, VirtualMachine, within } from '../vm/index.js';
import { BootKernel } from './boot-kernel.js';
import { READY_LINE, type RunEnvironment } from './environment.js';
import { Node } from './node.js';
import { prepareSelfTest } from './self-test-scene.js';

// These tests boot real VMs: the one thing that a simulation cannot tell is whether the parts fit together.

let environment: RunEnvironment;
let bootKernel: BootKernel;

before(async () => {
  ({ environment } = await prepareSelfTest('booted'));
  bootKernel = new BootKernel(await Cache.open(), environment.kernel);
});

after(async () => {
  await bootKernel[Symbol.asyncDispose]();
});

async function boot(directory: string): Promise<Node> {
  const subject = environment.subjects['reference'];
  assert.ok(subject);
  const vmlinux = await bootKernel.path();
  return await Node.boot({ environment, images: subject, name: 'selftest', directory, vmlinux });
}

describe('a node', () => {
  let node: Node;
  let directory: Awaited<ReturnType<typeof ownedTempDir>>;
  before(async () => {
    directory = await ownedTempDir('ulogcheck-test-');
    node = await boot(directory.path);
  });
  after(async () => {
    await node[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test('runs the asked kernel under its own name', async () => {
    assert.equal((await node.session.succeed('uname -r')).trim(), environment.kernel.release);
    assert.equal((await node.session.succeed('hostname')).trim(), 'selftest');
  });

  test('gives output, status and signal of a command apart', async () => {
    const result = await node.session.run('echo out; echo err >&2; exit 3');
    assert.deepEqual(
      [result.stdout, result.stderr, result.status, result.signal],
      ['out\n', 'err\n', 3, null],
    );
    assert.equal((await node.session.run('kill -TERM $$')).signal, 'TERM');
  });

  test('passes environment and input, and quotes arguments', async () => {
    const result = await node.session.run(['sh', '-c', 'cat; echo "$V"'], {
      stdin: 'in ',
      env: { V: "it's" },
    });
    assert.equal(result.stdout, "in it's\n");
  });

  test('carries files both ways byte by byte, with their mode', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_unused, index) => (index * 7) % 256);
    await node.session.writeFile('/tmp/blob', bytes, 0o750);
    assert.deepEqual(new Uint8Array(await node.session.readFile('/tmp/blob')), bytes);
    assert.equal((await node.session.succeed('stat -c %a /tmp/blob')).trim(), '750');
    await assert.rejects(node.session.readFile('/tmp/none'), GuestCommandError);
  });

  test('names the command that did not end within its deadline, and goes on', async () => {
    await assert.rejects(
      node.session.run('echo begun; exec sleep 600', { deadlineMs: 500 }),
      (error: unknown) => {
        assert.ok(error instanceof GuestCommandStalled);
        assert.equal(
          error.message,
          'in the guest, "echo begun; exec sleep 600" did not end within 500 ms; it had printed: begun',
        );
        return true;
      },
    );
    assert.equal(await node.session.succeed('echo alive'), 'alive\n');
  });

  test('reports a panic as a finding with the kernel’s own words, and keeps the scene', async () => {
    const qmp = await node.vm.qmp();
    const reported = new Promise<void>((resolve) => {
      qmp.on('event', ({ event }) => {
        if (event === 'GUEST_PANICKED') resolve();
      });
    });
    await node.session.start('echo c > /proc/sysrq-trigger');
    const panic = await node.vm.panicked;
    assert.ok(panic.source === 'pvpanic' || panic.text.includes('sysrq triggered crash'));
    await within(reported, 10_000, 'GUEST_PANICKED from pvpanic');
    assert.equal(((await qmp.execute('query-status')) as { status: string }).status, 'guest-panicked');
  });
});

test('a boot that fails tells the end of the console at once', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const started = performance.now();
  await assert.rejects(
    VirtualMachine.boot({
      qemu: environment.qemu,
      shape: {
        vmlinux: await bootKernel.path(),
        initramfs: environment.initramfs,
        memoryMib: 384,
        vcpus: 1,
        accelerator: environment.accelerator,
        disks: [], // no root filesystem
        ports: [],
        kernelArguments: [],
        scsi: false,
        scsiDisks: [],
        nic: false,
      },
      consolePath: join(directory.path, 'console.log'),
      readyLine: READY_LINE,
      deadlineMs: 60_000,
    }),
    (error: unknown) => {
      assert.ok(error instanceof BootError);
      assert.match(error.message, /no virtio-blk disk with the serial root/);
      return true;
    },
  );
  assert.ok(performance.now() - started < 30_000, 'it did not wait for the deadline');
  assert.match(await readFile(join(directory.path, 'console.log'), 'utf8'), /ulogcheck: boot failed/);
});
