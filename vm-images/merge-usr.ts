import { lstat, mkdir, readdir, readlink, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';

/** What older releases keep beside usr/, and newer ones as links into it. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/**
 * Moves /bin, /sbin, /lib and /lib64 of an unpacked root into usr/ and leaves links, as Debian's installer has done
 * since buster; packages bring the links themselves since trixie only. Everything else then finds one layout in all
 * releases. Throws when a file lies in both places.
 */
export async function mergeUsr(root: string): Promise<void> {
  for (const name of MERGED) {
    const place = join(root, name);
    const found = await lstat(place).catch(() => undefined);
    if (found?.isSymbolicLink() === true) continue;
    await mkdir(join(root, 'usr', name), { recursive: true });
    if (found !== undefined) await moveInto(root, name, `usr/${name}`);
    await symlink(`usr/${name}`, place);
  }
}

/** Moves the contents of one directory into another one that exists, and takes the empty one away. */
async function moveInto(root: string, from: string, to: string): Promise<void> {
  for (const entry of await readdir(join(root, from), { withFileTypes: true })) {
    const source = posix.join(from, entry.name);
    const target = posix.join(to, entry.name);
    const there = await lstat(join(root, target)).catch(() => undefined);
    if (entry.isDirectory() && (there === undefined || there.isDirectory())) {
      // Not moved whole: there may be links in it.
      await mkdir(join(root, target), { recursive: true });
      await moveInto(root, source, target);
      continue;
    }
    if (there !== undefined) await clear(root, source, target);
    if (entry.isSymbolicLink()) await moveLink(root, source, target);
    else await rename(join(root, source), join(root, target));
  }
  await rmdir(join(root, from));
}

/** Makes room for `source` at `target`: only a link that meant just `source` may be taken away. */
async function clear(root: string, source: string, target: string): Promise<void> {
  const link = await readlink(join(root, target)).catch(() => undefined);
  if (link === undefined || posix.resolve('/', dirname(target), link) !== `/${source}`) {
    throw new Error(`/${source} and /${target} are both there: these packages cannot be merged`);
  }
  await rm(join(root, target));
}

/** A relative link that leads out of its top directory would lead elsewhere from one level deeper. */
async function moveLink(root: string, source: string, target: string): Promise<void> {
  const link = await readlink(join(root, source));
  const meant = posix.resolve('/', dirname(source), link);
  const stays = meant.startsWith(`/${source.split('/')[0] ?? ''}/`);
  await symlink(posix.isAbsolute(link) || stays ? link : meant, join(root, target));
  await rm(join(root, source));
}
