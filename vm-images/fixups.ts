import { chmod, lstat, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LVM_CONF } from './lvm-conf.js';
import { mergeUsr } from './merge-usr.js';
import { LEFT_OUT } from './userlands.js';

/** Lines that maintainer scripts would have added to passwd(5) and group(5). */
const USERS = ['sshd:x:990:65534::/run/sshd:/usr/sbin/nologin'];
const GROUPS = ['kvm:x:991:', 'render:x:992:', 'input:x:993:', 'sgx:x:994:', 'clock:x:995:', '_ssh:x:996:'];

const DIRECTORIES = [
  'dev',
  'proc',
  'sys',
  'run',
  'tmp',
  'mnt',
  'root',
  'var/lib',
  'var/log',
  'var/tmp',
  'var/cache',
];

/** Written whole, in this order of meaning: names, name services, hosts, what identifies a machine (nothing), LVM. */
const FILES: Readonly<Record<string, string>> = {
  'etc/nsswitch.conf':
    'passwd: files\ngroup: files\nshadow: files\nhosts: files\nnetworks: files\nprotocols: files\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n',
  'etc/hostname': 'node\n',
  'etc/machine-id': '',
  'etc/shells': '/bin/sh\n/bin/bash\n/bin/dash\n',
  'etc/fstab': '',
  'etc/resolv.conf': '',
  'etc/default/locale': 'LANG=C.UTF-8\n',
  'etc/lvm/lvm.conf': LVM_CONF,
};

const LINKS: Readonly<Record<string, string>> = {
  'etc/mtab': '../proc/self/mounts',
  'usr/bin/awk': 'mawk',
  'usr/sbin/poweroff': '../bin/busybox',
  'usr/sbin/reboot': '../bin/busybox',
  'usr/sbin/halt': '../bin/busybox',
  'var/run': '/run',
  'var/lock': '/run/lock',
};

/**
 * Does in a tree of unpacked packages what their maintainer scripts would have done, as far as nodes need it, and
 * lays our own guest files in. Modes and contents depend on the packages only, never on who runs it.
 */
export async function fixUpRoot(root: string, guestFiles: ReadonlyMap<string, string>): Promise<void> {
  await mergeUsr(root);
  for (const path of LEFT_OUT) await rm(join(root, path), { recursive: true, force: true });
  // Devices that mmdebstrap could or could not make, depending on who ran it.
  await rm(join(root, 'dev'), { recursive: true, force: true });
  for (const path of DIRECTORIES) await mkdir(join(root, path), { recursive: true });
  await mkdir(join(root, 'usr/lib/ulogcheck'), { recursive: true });
  await evenModes(root);
  for (const path of ['tmp', 'var/tmp']) await chmod(join(root, path), 0o1777);
  await chmod(join(root, 'root'), 0o700);
  await accounts(root);
  for (const [path, text] of Object.entries(FILES)) await lay(root, path, text, 0o644);
  for (const [path, target] of Object.entries(LINKS)) {
    await rm(join(root, path), { recursive: true, force: true });
    await symlink(target, join(root, path));
  }
  for (const [path, text] of guestFiles) {
    await lay(root, `usr/lib/ulogcheck/${path}`, text, text.startsWith('#!') ? 0o755 : 0o644);
  }
}

/**
 * Takes away what depends on who unpacked: set-user and set-group bits (tar keeps them for root only; nodes have no
 * other user than root), and the modes of directories (the umask).
 */
async function evenModes(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await evenModes(path);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o777);
  }
}

/** passwd, group and shadow from base-passwd's masters; root has no password, so only a key lets it in. */
async function accounts(root: string): Promise<void> {
  const master = async (name: string): Promise<string[]> =>
    (await readFile(join(root, 'usr/share/base-passwd', `${name}.master`), 'utf8')).trim().split('\n');
  // Nobody needs bash to start a command: dash starts in a third of the time.
  const users = [...(await master('passwd')), ...USERS]
    .map((line) => line.replace(/^([^:]*):[^:]*:/, '$1:x:'))
    .map((line) => (line.startsWith('root:') ? 'root:x:0:0:root:/root:/bin/sh' : line));
  const groups = [...(await master('group')), ...GROUPS].map((line) =>
    line.replace(/^([^:]*):[^:]*:/, '$1:x:'),
  );
  const names = users.map((line) => line.split(':')[0] ?? '');
  await lay(root, 'etc/passwd', `${users.join('\n')}\n`, 0o644);
  await lay(root, 'etc/group', `${groups.join('\n')}\n`, 0o644);
  // `*`: no password fits, but (unlike `!`) the account is not locked for keys.
  await lay(root, 'etc/shadow', names.map((name) => `${name}:*:20000:0:99999:7:::\n`).join(''), 0o600);
}

async function lay(root: string, path: string, text: string, mode: number): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { force: true });
  await writeFile(target, text, { mode });
  await chmod(target, mode);
}

/** The files of a directory by name. */
export async function readGuestFiles(directory: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of (await readdir(directory)).sort()) {
    files.set(name, await readFile(join(directory, name), 'utf8'));
  }
  return files;
}
