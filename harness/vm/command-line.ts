/** How QEMU is called on this host: a host binary, or an unpacked one behind its own dynamic loader. */
export interface QemuProgram {
  /** argv prefix; QEMU's options follow. */
  readonly command: readonly string[];
  /** e.g. `10.0.13`. */
  readonly version: string;
  /** Directories for `-L`; one of them holds qboot.rom. Empty for a host binary with its own defaults. */
  readonly firmwareDirs: readonly string[];
  /** Added to the environment of QEMU (QEMU_MODULE_DIR and the like). */
  readonly env: Readonly<Record<string, string>>;
}

/** A disk that the VM has from power-on; the guest finds it by its serial. */
export interface VmDisk {
  /** virtio-blk serial, at most 20 bytes. */
  readonly serial: string;
  /** Raw image on the host. */
  readonly path: string;
  readonly readOnly: boolean;
}

/** Everything that decides what machine is started. */
export interface VmShape {
  /** Uncompressed kernel with a PVH entry (spec vm 1: decompressing costs about a second under TCG). */
  readonly vmlinux: string;
  readonly initramfs: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly accelerator: 'tcg' | 'kvm';
  readonly disks: readonly VmDisk[];
  /** Names of the virtio-serial ports, as the guest sees them in /sys/class/virtio-ports. */
  readonly ports: readonly string[];
  /** Words added to the kernel command line. */
  readonly kernelArguments: readonly string[];
}

/**
 * Kernel words of every node, measured as one bundle (spec vm 1): no crypto self tests, no mitigations,
 * entropy from the CPU, no clock calibration, quick grace periods, one UART.
 * panic=-1: before pvpanic is loaded a panic must end QEMU at once instead of hanging.
 */
const KERNEL_ARGUMENTS = [
  'console=ttyS0',
  'loglevel=5',
  'panic=-1',
  'cryptomgr.notests',
  'mitigations=off',
  'random.trust_cpu=on',
  'tsc=reliable',
  'rcupdate.rcu_expedited=1',
  '8250.nr_uarts=1',
  'net.ifnames=0',
];

/** Where QEMU's sockets of one VM are: `dir/qmp` and one `dir/port-N` for each port in order. */
export function portSocket(directory: string, index: number): string {
  return `${directory}/port-${index}`;
}

/** QEMU's argv for a machine whose sockets live in `directory`. Pure: touches nothing. */
export function qemuArguments(qemu: QemuProgram, shape: VmShape, directory: string): string[] {
  const argv = [...qemu.command];
  for (const firmware of qemu.firmwareDirs) argv.push('-L', firmware);
  argv.push(
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', 'q35,hpet=off', '-accel', shape.accelerator],
    ...['-cpu', shape.accelerator === 'kvm' ? 'host' : 'max'],
    ...['-m', `${shape.memoryMib}M`, '-smp', String(shape.vcpus)],
    // qboot boots PVH kernels quickest; it cannot drive PCIe root ports, which no node has yet (spec vm 1).
    ...['-bios', 'qboot.rom', '-kernel', shape.vmlinux, '-initrd', shape.initramfs],
    ...['-append', [...KERNEL_ARGUMENTS, ...shape.kernelArguments].join(' ')],
    // A panic keeps the scene; a reboot (also of a panic before pvpanic is there) ends QEMU.
    ...['-action', 'panic=pause,reboot=shutdown,shutdown=poweroff'],
    ...['-device', 'pvpanic-pci'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...[
      '-chardev',
      `socket,id=qmp,path=${directory}/qmp,server=on,wait=off`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
    ...['-device', `virtio-serial-pci,id=serial,max_ports=${Math.max(shape.ports.length + 1, 8)}`],
  );
  shape.ports.forEach((name, index) => {
    argv.push(
      ...['-chardev', `socket,id=port${index},path=${portSocket(directory, index)},server=on,wait=off`],
      ...['-device', `virtserialport,bus=serial.0,nr=${index + 1},chardev=port${index},name=${name}`],
    );
  });
  shape.disks.forEach((disk, index) => {
    const blockdev = {
      driver: 'raw',
      'node-name': `disk${index}`,
      'read-only': disk.readOnly,
      file: { driver: 'file', filename: disk.path, 'read-only': disk.readOnly, locking: 'off' },
    };
    argv.push(
      ...['-blockdev', JSON.stringify(blockdev)],
      ...['-device', `virtio-blk-pci,drive=disk${index},serial=${disk.serial}`],
    );
  });
  return argv;
}
