import { cableNetdev } from './cable.js';

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

/** A raw disk on the SCSI bus, which the guest may write to; several machines may have the same one. */
export interface ScsiDisk {
  readonly serial: string;
  /** Raw image on the host. */
  readonly path: string;
}

/** Everything that decides what machine is started. */
export interface VmShape {
  /**
   * Uncompressed kernel with a PVH entry (spec vm 1: decompressing costs about a second under TCG). A machine that waits
   * for a snapshot needs none.
   */
  readonly vmlinux?: string;
  readonly initramfs: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly accelerator: 'tcg' | 'kvm';
  readonly disks: readonly VmDisk[];
  /** Names of the virtio-serial ports, as the guest sees them in /sys/class/virtio-ports. */
  readonly ports: readonly string[];
  /** Words added to the kernel command line. */
  readonly kernelArguments: readonly string[];
  /** A SCSI bus `scsi.0`, into which disks can be plugged while the machine runs (spec vm 2). */
  readonly scsi: boolean;
  /** Disks on that bus from power-on, by target: 0, 1, … */
  readonly scsiDisks: readonly ScsiDisk[];
  /** A network card, by whose address restored copies of a machine are told apart; see {@link Birth.cable}. */
  readonly nic: boolean;
}

/** Where the guest's RAM lies on the host, and who sees what the guest writes to it. */
export type Memory =
  /** In QEMU itself; the machine cannot become a snapshot. */
  | { readonly kind: 'own' }
  /** In a file that is to be the RAM of a snapshot: all writes land in it. */
  | { readonly kind: 'template'; readonly path: string }
  /** In a private copy, made page by page on writing, of a snapshot's file, which stays as it is. */
  | { readonly kind: 'copy'; readonly path: string };

/** How a machine comes to life. */
export interface Birth {
  readonly memory: Memory;
  /** It waits for the state of a snapshot instead of booting. */
  readonly incoming: boolean;
  /** It serves a debugger, see {@link gdbSocket}. */
  readonly gdb?: boolean;
  /** Its network card has a cable to the harness; see cable.ts. */
  readonly cable?: boolean;
}

/** A machine that boots and stays what it is. */
const PLAIN: Birth = { memory: { kind: 'own' }, incoming: false };

/**
 * Kernel words of every node, measured as one bundle (spec vm 1): no crypto self tests, no mitigations,
 * entropy from the CPU, no clock calibration, quick grace periods, one UART.
 * What the kernel reports about itself must reach the console, whole (docs/kernel-findings.md): with times, so that no
 * program's line is taken for the kernel's; from the first process on with informational lines too, which stacks of
 * hung tasks are; quiet before that, for the boot's own lines cost time. A task that hangs longer than any answer
 * of a daemon may take (15 s, spec 2.6) is told while the test still runs.
 * panic=-1: before pvpanic is loaded a panic must end QEMU at once instead of hanging.
 */
const KERNEL_ARGUMENTS = [
  'console=ttyS0',
  'loglevel=5',
  'printk.time=1',
  'sysctl.kernel.printk=7',
  'sysctl.kernel.hung_task_timeout_secs=30',
  'panic=-1',
  'cryptomgr.notests',
  'mitigations=off',
  'random.trust_cpu=on',
  'tsc=reliable',
  'rcupdate.rcu_expedited=1',
  '8250.nr_uarts=1',
  'net.ifnames=0',
];

/** Where QEMU serves one virtio-serial port. */
export function portSocket(directory: string, index: number): string {
  return `${directory}/port-${index}`;
}

/** Where the kernel of a machine lies that waits for a snapshot; see stub-kernel.ts. */
export function stubKernelPath(directory: string): string {
  return `${directory}/kernel`;
}

/**
 * A disk at a target of the bus `scsi.0`, in the words of QMP and of the command line. locking=off and share-rw:
 * several machines may hold it, which is what mirrors of a cluster are about.
 */
export function scsiDiskOptions(
  { serial, path }: ScsiDisk,
  target: number,
): { readonly blockdev: Record<string, unknown>; readonly device: Record<string, unknown> } {
  const node = `scsi${target}`;
  const discard = 'unmap';
  const file = { driver: 'file', filename: path, locking: 'off', discard };
  const place = { bus: 'scsi.0', 'scsi-id': target, lun: 0 };
  return {
    blockdev: { driver: 'raw', 'node-name': node, discard, file },
    device: { driver: 'scsi-hd', id: node, ...place, drive: node, serial, 'share-rw': true },
  };
}

/** Where the harness waits for QEMU's control connection. */
export function qmpSocket(directory: string): string {
  return `${directory}/qmp`;
}

/** Where QEMU waits for a debugger. */
export function gdbSocket(directory: string): string {
  return `${directory}/gdb`;
}

/**
 * The RAM of a machine. rom=off and readonly=on: an ordinary user can map a sealed snapshot, and QEMU does not take
 * it for a ROM (spec vm 2).
 */
function memoryArguments(memory: Memory, mib: number): string[] {
  if (memory.kind === 'own') return [];
  const mapping = memory.kind === 'template' ? 'share=on' : 'share=off,readonly=on,rom=off';
  return [
    '-object',
    `memory-backend-file,id=ram,size=${mib}M,mem-path=${memory.path.replaceAll(',', ',,')},${mapping}`,
  ];
}

/** QEMU's argv for a machine whose sockets live in `directory`. Pure: touches nothing. */
export function qemuArguments(
  qemu: QemuProgram,
  shape: VmShape,
  directory: string,
  { memory, incoming, gdb = false, cable = false }: Birth = PLAIN,
): string[] {
  const argv = [...qemu.command];
  for (const firmware of qemu.firmwareDirs) argv.push('-L', firmware);
  argv.push(
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...memoryArguments(memory, shape.memoryMib),
    ...['-machine', `q35,hpet=off${memory.kind === 'own' ? '' : ',memory-backend=ram'}`],
    ...['-accel', shape.accelerator],
    ...['-cpu', shape.accelerator === 'kvm' ? 'host' : 'max'],
    ...['-m', `${shape.memoryMib}M`, '-smp', String(shape.vcpus)],
    // qboot boots PVH kernels quickest; it cannot drive PCIe root ports, which no node has yet (spec vm 1).
    ...['-bios', 'qboot.rom', '-kernel', incoming ? stubKernelPath(directory) : (shape.vmlinux ?? '')],
    ...['-initrd', shape.initramfs],
    ...['-append', [...KERNEL_ARGUMENTS, ...shape.kernelArguments].join(' ')],
    // A panic keeps the scene; a reboot (also of a panic before pvpanic is there) ends QEMU.
    ...['-action', 'panic=pause,reboot=shutdown,shutdown=poweroff'],
    ...['-device', 'pvpanic-pci'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=qmp,path=${qmpSocket(directory)}`, '-mon', 'chardev=qmp,mode=control'],
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
  if (shape.scsi) argv.push('-device', 'virtio-scsi-pci,id=scsi');
  shape.scsiDisks.forEach((disk, target) => {
    const { blockdev, device } = scsiDiskOptions(disk, target);
    argv.push('-blockdev', JSON.stringify(blockdev), '-device', JSON.stringify(device));
  });
  if (cable) argv.push('-netdev', cableNetdev('net0', directory));
  if (shape.nic) argv.push('-device', `virtio-net-pci,id=nic0,romfile=${cable ? ',netdev=net0' : ''}`);
  if (gdb) {
    argv.push(
      '-chardev',
      `socket,id=gdb,path=${gdbSocket(directory)},server=on,wait=off`,
      '-gdb',
      'chardev:gdb',
    );
  }
  if (incoming) argv.push('-incoming', 'defer');
  return argv;
}
