import type { OptionNeed } from '../harness/kernels/index.js';
import type { ModuleNeed } from './modules.js';
import { NODE_NEEDS } from './needs.js';

/** Options with one purpose. */
export interface OptionGroup {
  readonly title: string;
  readonly needs: readonly OptionNeed[];
}

function builtIn(option: string, why: string, without: string): OptionNeed {
  return { option, value: 'built-in', why, without };
}

const NO_BOOT = 'the node does not boot';
const NO_MODULE = 'the initramfs cannot be built for this kernel';
const NO_RECORD = 'nothing is recorded: every test is infra';

const BOOT: OptionGroup = {
  title: 'Boot: QEMU starts the uncompressed vmlinux by its PVH entry, on a q35 machine with one serial port',
  needs: [
    builtIn('CONFIG_64BIT', 'the recorder reads x86-64 kernels only', NO_RECORD),
    builtIn('CONFIG_HYPERVISOR_GUEST', 'PVH lies below it', NO_BOOT),
    builtIn('CONFIG_PVH', 'the entry that QEMU jumps to', 'the kernel is refused: it has no PVH entry'),
    builtIn('CONFIG_ACPI', 'finds the PCI bus, and ends the machine at power-off', NO_BOOT),
    builtIn('CONFIG_PCI', 'disks, ports and pvpanic are PCI devices', NO_BOOT),
    builtIn(
      'CONFIG_PCI_MSI',
      'interrupts of virtio devices',
      'every disk access is slow, or the boot stands still',
    ),
    builtIn('CONFIG_SERIAL_8250', 'the console', 'the node is never seen to be ready'),
    builtIn(
      'CONFIG_SERIAL_8250_CONSOLE',
      'the console, from the first line on',
      'the node is never seen to be ready',
    ),
    builtIn('CONFIG_BLK_DEV_INITRD', 'the initramfs', NO_BOOT),
    builtIn('CONFIG_DEVTMPFS', 'device nodes: no udevd runs', NO_BOOT),
    builtIn('CONFIG_TMPFS', 'everything that a node writes', NO_BOOT),
    builtIn('CONFIG_PROC_FS', 'the first process needs it', NO_BOOT),
    builtIn('CONFIG_SYSFS', 'disks and ports are found by their names in it', NO_BOOT),
    builtIn('CONFIG_BINFMT_ELF', 'programs', NO_BOOT),
    builtIn('CONFIG_BINFMT_SCRIPT', 'the first process is a script', NO_BOOT),
  ],
};

const GUEST: OptionGroup = {
  title: 'Programs of the node: the agent, Node.js, the daemons, sshd',
  needs: [
    builtIn('CONFIG_MODULES', 'modules are loaded one by one', NO_MODULE),
    {
      ...builtIn('CONFIG_UNIX', 'the processes of sshd talk through it', '`ulogcheck shell` does not work'),
      optional: true,
    },
    { ...builtIn('CONFIG_UNIX98_PTYS', 'terminals', '`ulogcheck shell` does not work'), optional: true },
    builtIn('CONFIG_EPOLL', 'the event loop of Node.js', 'the reference daemon does not start'),
    builtIn('CONFIG_EVENTFD', 'the event loop of Node.js', 'the reference daemon does not start'),
    builtIn('CONFIG_FUTEX', 'threads', 'the reference daemon does not start'),
    builtIn('CONFIG_SHMEM', 'memory shared by programs', 'programs of the node fail'),
    builtIn('CONFIG_NET', 'netlink, which carries the requests', 'there is nothing to test'),
    {
      option: 'CONFIG_CONNECTOR',
      value: 'any',
      why: 'the netlink family of dm-log-userspace',
      without: 'there is nothing to test',
    },
    builtIn('CONFIG_MD', 'device-mapper lies below it', 'there is nothing to test'),
  ],
};

const RECORDER: OptionGroup = {
  title: 'Recorder: kernel probes whose events are streamed out of the trace ring buffer (docs/recorder.md)',
  needs: [
    builtIn('CONFIG_KPROBES', 'probes on dm_consult_userspace and its neighbours', NO_RECORD),
    builtIn('CONFIG_FTRACE', 'the menu of the tracers', NO_RECORD),
    builtIn('CONFIG_KPROBE_EVENTS', 'probes that write into the ring buffer', NO_RECORD),
    builtIn('CONFIG_TRACING', 'the ring buffer and tracefs', NO_RECORD),
    builtIn(
      'CONFIG_PERF_EVENTS',
      'traps: a signal at exactly the n-th request (docs/faults.md)',
      'tests with traps end as infra',
    ),
    builtIn('CONFIG_KALLSYMS', 'probes are set by the names of functions', NO_RECORD),
    {
      option: 'CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY',
      value: 'absent',
      why: 'it forbids probes that read memory',
      without: NO_RECORD,
    },
  ],
};

/** Why a node needs a module, by its option; a unit test sees that none is missing. */
const WHY: Readonly<Record<string, string>> = {
  CONFIG_VIRTIO_PCI: 'carries all virtio devices',
  CONFIG_VIRTIO_BLK: 'root image and layers',
  CONFIG_VIRTIO_CONSOLE: 'ports: commands, the recording, the puppet, terminals',
  CONFIG_VIRTIO_NET: 'the network card that each node has',
  CONFIG_SCSI_VIRTIO: 'legs and logs of mirrors: disks that are plugged in while the node runs',
  CONFIG_EROFS_FS: 'root image and layers',
  CONFIG_OVERLAY_FS: 'stacks the layers, with a tmpfs on top',
  CONFIG_BLK_DEV_DM: 'device-mapper',
  CONFIG_DM_MIRROR: 'the mirror target',
  CONFIG_DM_LOG_USERSPACE: 'what is tested',
  CONFIG_PVPANIC_MMIO: 'tells the host of a panic',
  CONFIG_PVPANIC_PCI: 'tells the host of a panic',
  CONFIG_BLK_DEV_LOOP: 'block devices out of files',
  CONFIG_DM_DELAY: 'legs that are slow',
  CONFIG_DM_FLAKEY: 'legs that fail',
  CONFIG_DM_SNAPSHOT: 'snapshots of mirrors',
  CONFIG_BLK_DEV_RAM: 'disks in memory',
  CONFIG_CHR_DEV_SG: 'SCSI commands to disks',
  CONFIG_BLK_DEV_SD: 'SCSI disks',
  CONFIG_ISCSI_TCP: "drives, through the guest's own initiator",
};

/** One `pvpanic` up to 5.11. */
const ONE_PVPANIC = { version: [5, 12], option: 'CONFIG_PVPANIC' } as const;

/** The options behind a list of modules that nodes need. */
export function moduleOptions(needs: readonly ModuleNeed[] = NODE_NEEDS): OptionNeed[] {
  return needs.map(({ option, load, optional }) => ({
    option,
    value: 'any',
    why: `${WHY[option] ?? ''}${load ? '' : '; loaded when a test asks for it'}`,
    without: optional === undefined ? NO_MODULE : 'tests with drives are not applicable',
    ...(optional !== undefined && { optional }),
    ...(option.startsWith('CONFIG_PVPANIC_') && { before: ONE_PVPANIC }),
  }));
}

/** All that a kernel's .config must say, by purpose. */
export const KERNEL_OPTIONS: readonly OptionGroup[] = [
  BOOT,
  GUEST,
  RECORDER,
  { title: 'Modules that the initramfs carries', needs: moduleOptions() },
];

/** Off in `make tinyconfig` only. */
const TAKEN_FOR_GRANTED = [
  ...['PRINTK', 'BUG', 'MULTIUSER', 'INET', 'FILE_LOCKING', 'POSIX_TIMERS', 'HIGH_RES_TIMERS', 'SIGNALFD'],
  ...['TIMERFD', 'INOTIFY_USER', 'PROC_SYSCTL', 'ADVISE_SYSCALLS', 'MEMBARRIER', 'AIO', 'TMPFS_XATTR'],
  ...['MODULE_UNLOAD'],
];

/** The groups as a fragment for the kernel's scripts/kconfig/merge_config.sh; each option with its reason above it. */
export function configFragment(groups: readonly OptionGroup[] = KERNEL_OPTIONS): string {
  const lines = [
    '# What ulogcheck needs of a kernel (x86-64). In a kernel tree with a .config:',
    '#   scripts/kconfig/merge_config.sh .config THIS_FILE && make olddefconfig',
    '# Menus that must be open for the options below',
    'CONFIG_BLOCK=y',
    'CONFIG_TTY=y',
    'CONFIG_NETDEVICES=y',
    'CONFIG_NET_CORE=y',
    'CONFIG_VIRTIO_MENU=y',
    'CONFIG_MISC_FILESYSTEMS=y',
    'CONFIG_PVPANIC=y',
    'CONFIG_SCSI=y',
    'CONFIG_SCSI_LOWLEVEL=y',
    'CONFIG_BLK_DEV=y',
    '# What every kernel has that was not made tiny (tinyconfig), and programs take for granted',
    ...TAKEN_FOR_GRANTED.map((option) => `CONFIG_${option}=y`),
  ];
  const said = new Set<string>();
  for (const { title, needs } of groups) {
    lines.push('', `## ${title}`);
    for (const { option, value, why } of needs) {
      if (said.has(option)) continue;
      said.add(option);
      lines.push(`# ${why}`);
      lines.push(value === 'absent' ? `# ${option} is not set` : `${option}=${value === 'any' ? 'm' : 'y'}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
