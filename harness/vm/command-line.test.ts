import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type QemuProgram, type VmShape, qemuArguments } from './command-line.js';

const qemu: QemuProgram = { command: ['ld.so', 'qemu'], version: '10.0.13', firmwareDirs: ['/fw'], env: {} };
const shape: VmShape = {
  vmlinux: '/k/vmlinux',
  initramfs: '/k/initramfs',
  memoryMib: 384,
  vcpus: 1,
  accelerator: 'tcg',
  disks: [{ serial: 'root', path: '/i/root, with comma', readOnly: true }],
  ports: ['ulogcheck.ssh', 'ulogcheck.recorder.0'],
  kernelArguments: ['extra=1'],
  scsi: false,
  scsiDisks: [],
  nic: false,
};

function valuesOf(argv: readonly string[], option: string): string[] {
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));
}

test('starts with the program and its firmware directories', () => {
  assert.deepEqual(qemuArguments(qemu, shape, '/run').slice(0, 4), ['ld.so', 'qemu', '-L', '/fw']);
});

test('gives every port a socket of its own and the name that the guest sees', () => {
  const argv = qemuArguments(qemu, shape, '/run');
  assert.ok(valuesOf(argv, '-chardev').includes('socket,id=port1,path=/run/port-1,server=on,wait=off'));
  assert.ok(
    valuesOf(argv, '-device').includes(
      'virtserialport,bus=serial.0,nr=2,chardev=port1,name=ulogcheck.recorder.0',
    ),
  );
});

test('passes disk paths as JSON, so that a comma in a path stays a comma', () => {
  const [blockdev] = valuesOf(qemuArguments(qemu, shape, '/run'), '-blockdev').map(
    (json) => JSON.parse(json) as { file: { filename: string }; 'read-only': boolean },
  );
  assert.equal(blockdev?.file.filename, '/i/root, with comma');
  assert.equal(blockdev['read-only'], true);
});

test('appends the kernel words of the shape', () => {
  assert.match(
    valuesOf(qemuArguments(qemu, shape, '/run'), '-append')[0] ?? '',
    /^console=ttyS0 .* extra=1$/,
  );
});

test('a cable ends at a socket of the harness, and changes nothing of the card', () => {
  const birth = { memory: { kind: 'own' }, incoming: false } as const;
  const withCard = { ...shape, nic: true };
  const plain = qemuArguments(qemu, withCard, '/run,1', birth);
  const cabled = qemuArguments(qemu, withCard, '/run,1', { ...birth, cable: true });
  assert.deepEqual(valuesOf(plain, '-netdev'), []);
  assert.deepEqual(valuesOf(cabled, '-netdev'), [
    'stream,id=net0,server=off,addr.type=unix,addr.path=/run,,1/cable',
  ]);
  assert.ok(valuesOf(plain, '-device').includes('virtio-net-pci,id=nic0,romfile='));
  assert.ok(valuesOf(cabled, '-device').includes('virtio-net-pci,id=nic0,romfile=,netdev=net0'));
});
