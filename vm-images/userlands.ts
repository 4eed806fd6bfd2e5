/** A Debian release as the nodes' userland. */
export interface Userland {
  readonly codename: string;
  readonly packages: readonly string[];
}

/** What a node can do without any subject: device-mapper, LVM, SSH, and the usual commands. */
const BASE_PACKAGES = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'coreutils',
    'dash',
    'diffutils',
    'findutils',
    'grep',
    'gzip',
    'hostname',
  ],
  ...[
    'libc-bin',
    'mawk',
    'mount',
    'perl-base',
    'procps',
    'sed',
    'tar',
    'util-linux',
    'iproute2',
    'kmod',
    'udev',
  ],
  ...['dmsetup', 'lvm2', 'e2fsprogs', 'sg3-utils', 'openssh-server'],
  // The guest's own initiator, which drives are reached by (docs/disks.md).
  'open-iscsi',
  // busybox: poweroff and reboot without an init system. libstdc++6: for the guest's Node.
  ...['busybox-static', 'libstdc++6'],
];

/** The userlands that images can be built of, by codename, oldest first. */
export const USERLANDS: ReadonlyMap<string, Userland> = new Map(
  ['bullseye', 'bookworm', 'trixie', 'sid'].map((codename) => [
    codename,
    { codename, packages: BASE_PACKAGES },
  ]),
);

/** The userland of nodes unless told otherwise. */
export const DEFAULT_USERLAND = 'trixie';

/** Documentation and data that no command of a node reads: they would only make the image larger. */
export const LEFT_OUT: readonly string[] = [
  ...[
    'doc',
    'man',
    'info',
    'locale',
    'lintian',
    'bug',
    'bash-completion',
    'gcc',
    'gdb',
    'initramfs-tools',
  ].map((name) => `usr/share/${name}`),
  ...[
    'usr/share/zoneinfo',
    'usr/share/debconf',
    'usr/share/pixmaps',
    'usr/share/doc-base',
    'usr/share/polkit-1',
  ],
  ...['usr/lib/udev/hwdb.d', 'usr/lib/x86_64-linux-gnu/gconv', 'usr/lib/x86_64-linux-gnu/audit'],
  ...['var/cache', 'var/lib/apt', 'var/lib/dpkg', 'var/log', 'boot', 'etc/apt'],
];
