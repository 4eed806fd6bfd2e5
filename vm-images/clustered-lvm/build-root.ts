import { chown, lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines, OwnedCommandError, OwnedSpawnError, runOwned } from '../../harness/setup/owned.mjs';
import { mergeUsr } from '../merge-usr.js';
import { ImageError } from '../root-image.js';

/** Links that alternatives(7) would have made, where the package brings no such file. */
const LINKS: Readonly<Record<string, string>> = { 'usr/bin/awk': 'gawk', 'usr/bin/sh': 'dash' };

/** Programs whose package carries the version in their name. */
const VERSIONED = ['automake', 'aclocal'];

/** Owner of what is built when root builds it: nobody, so that root runs nothing of what was unpacked. */
const NOBODY = 65534;

/** A program in a build root may take so long, milliseconds: minutes on a machine that is busy with something else. */
const DEADLINE_MS = 30 * 60 * 1000;

/** The whole environment of what runs in a build root: that of the host must not decide what is built. */
const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/build',
  LC_ALL: 'C',
  SOURCE_DATE_EPOCH: '0',
};

/** A way to run a command with a directory as its root: the argv that the root and the command follow. */
export interface WayIn {
  readonly name: string;
  readonly argv: readonly string[];
}

/** Root makes the one device that shells cannot do without; everybody else binds the host's. */
const AS_ROOT: WayIn = {
  name: 'chroot',
  argv: [
    ...['/bin/sh', '-c'],
    '[ -e "$0/dev/null" ] || mknod -m 666 "$0/dev/null" c 1 3 || exit 126; ' +
      `exec chroot --userspec=${NOBODY}:${NOBODY} --groups=${NOBODY} "$0" "$@"`,
  ],
};
const IN_NAMESPACE: WayIn = {
  name: 'unshare --user --map-root-user',
  argv: [
    ...['unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-c'],
    '[ -e "$0/dev/null" ] || : >"$0/dev/null" || exit 126; ' +
      'mount --bind /dev/null "$0/dev/null" && exec chroot "$0" "$@"',
  ],
};

/** The ways that this user can try, the better one first. */
function waysIn(): readonly WayIn[] {
  return process.getuid?.() === 0 ? [AS_ROOT, IN_NAMESPACE] : [IN_NAMESPACE];
}

/**
 * Does in a tree of unpacked packages what their maintainer scripts would have done, as far as compilers need it, and
 * makes the directory /build in it, for whoever builds.
 */
export async function fixUpBuildRoot(root: string): Promise<void> {
  await mergeUsr(root);
  for (const directory of ['build', 'dev', 'etc', 'tmp'])
    await mkdir(join(root, directory), { recursive: true });
  const programs = (await readdir(join(root, 'usr/bin'))).sort();
  const versioned = VERSIONED.flatMap((name) => {
    const newest = programs.filter((program) => program.startsWith(`${name}-`)).at(-1);
    return newest === undefined ? [] : [[`usr/bin/${name}`, newest] as const];
  });
  for (const [link, target] of [...Object.entries(LINKS), ...versioned]) {
    if (!(await isThere(join(root, link)))) await symlink(target, join(root, link));
  }
  await writeFile(
    join(root, 'etc/passwd'),
    `root:x:0:0::/:/bin/sh\nnobody:x:${NOBODY}:${NOBODY}::/:/bin/sh\n`,
  );
}

/**
 * The first way by which a shell of the tree below `root` starts here and can use /dev/null.
 * Throws {@link ImageError} with what each said when there is none; `purpose` tells what cannot be had then.
 */
export async function findWayIn(
  root: string,
  purpose: string,
  ways: readonly WayIn[] = waysIn(),
): Promise<WayIn> {
  const said: string[] = [];
  for (const way of ways) {
    try {
      await enter(way, root, [
        '/bin/sh',
        '-c',
        ': </dev/null >/dev/null && : >/build/probe && rm /build/probe',
      ]);
      return way;
    } catch (error) {
      if (!(error instanceof OwnedCommandError || error instanceof OwnedSpawnError)) throw error;
      said.push(
        `${way.name}: ${error instanceof OwnedCommandError ? lastLines(error.stderr, 3) : error.message}`,
      );
    }
  }
  throw new ImageError(
    `cannot build ${purpose}: a compiler of that userland must run in a root directory of its own, and this machine ` +
      'allows neither that to root nor user namespaces to others ' +
      '(kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces). ' +
      `Nothing else of ulogcheck needs this.\n${said.join('\n')}`,
  );
}

/** Gives what lies below /build to who builds, when that is somebody else. */
export async function handOver(root: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const build = join(root, 'build');
  for (const path of ['.', ...(await readdir(build))]) await chown(join(build, path), NOBODY, NOBODY);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Runs a command in a build root to its end. Throws OwnedCommandError. */
export async function enter(way: WayIn, root: string, command: readonly string[]): Promise<void> {
  await runOwned([...way.argv, root, ...command], { env: ENVIRONMENT, deadlineMs: DEADLINE_MS });
}
