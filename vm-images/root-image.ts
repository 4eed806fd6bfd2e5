import { chmod, copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../harness/cache/index.js';
import { withProgress, type ProgressSink } from '../harness/progress.js';
import { forbidOffline } from '../harness/setup/offline.js';
import { networkSettings } from '../harness/setup/packages-apt.js';
import { PackageSource, packagesText, pinned, type ResolvedPackage } from '../harness/setup/packages.js';
import { toolMadeEntry, toolMadeIfThere, type ImageTools } from '../harness/setup/packages-tools.js';
import { runTool } from '../harness/setup/packages-tool.js';
import { projectRoot } from '../harness/setup/root.mjs';
import { packErofs } from './erofs.js';
import { fixUpRoot, readGuestFiles } from './fixups.js';
import { sha256 } from './file-hash.js';
import { TABLE_REWRITER_PATH, tableRewriter } from './table-rewriter.js';
import { LEFT_OUT, USERLANDS } from './userlands.js';

/** An image was asked that cannot be built; the message says what would be right. */
export class ImageError extends Error {
  override name = 'ImageError';
}

const KIND = 'root-image';

/** Changes when the fix-ups or the way of packing do. */
const LAYOUT = 3;

/** Which root image is wanted. */
export interface RootImageOptions {
  readonly cache: Cache;
  readonly progress?: ProgressSink;
  /** Codename of a Debian release, e.g. `trixie`. */
  readonly userland: string;
  /** Further packages of that release, for subjects that bring none of their own. */
  readonly extraPackages?: readonly string[];
}

/** The files that are laid into the guest: `root/` into the root image, `initramfs/` into the initramfs. */
export const guestDirectory = join(projectRoot, 'vm-images/guest');

/**
 * Path of the read-only root image (erofs) of a userland; nodes find it by the disk serial `root`.
 * The packages are unpacked by mmdebstrap without running any of their scripts, which needs neither root nor user
 * namespaces and gives the same bytes to everybody; our own fix-ups do what the scripts would have done.
 */
export async function rootImage(options: RootImageOptions): Promise<string> {
  const { cache, progress = () => undefined } = options;
  const { userland, source, packages, guestFiles, rewriter, inputs } = await planRoot(options);
  const build = async (directory: string, tools: ImageTools): Promise<void> => {
    forbidOffline(`the root image of ${userland.codename} (${packagesText(packages)})`);
    const root = join(directory, 'root');
    const temporary = join(directory, 'tmp');
    await mkdir(temporary);
    const sources = join(directory, 'sources.list');
    const lines = await source.sourceLines();
    await writeFile(sources, lines.map((line) => `${line}\n`).join(''));
    const settings = await networkSettings();
    const what = `root of ${userland.codename}: ${packagesText(packages)}`;
    await withProgress(progress, 'fetch', what, () =>
      runTool(
        tools.mmdebstrap,
        [
          ...['--mode=chrootless', '--variant=extract', '--format=directory', '--architectures=amd64'],
          // Chrootless is unsafe as root when maintainer scripts run; none does here.
          ...['--skip=check/chrootless'],
          ...['Acquire::Languages "none"', ...settings].map(
            (setting) => `--aptopt=${setting.replace(/;$/, '')}`,
          ),
          ...[`--include=${packages.map(pinned).join(',')}`, userland.codename, root, sources],
        ],
        { env: { TMPDIR: temporary, SOURCE_DATE_EPOCH: '0' } },
      ),
    );
    await withProgress(
      progress,
      'build',
      `root image of ${userland.codename}`,
      async () => {
        await fixUpRoot(root, guestFiles);
        await copyFile(rewriter, join(root, TABLE_REWRITER_PATH));
        await chmod(join(root, TABLE_REWRITER_PATH), 0o644);
        await packErofs(tools, root, join(directory, 'root.erofs'));
        for (const name of await readdir(directory)) {
          if (name !== 'root.erofs') await rm(join(directory, name), { recursive: true, force: true });
        }
        return (await stat(join(directory, 'root.erofs'))).size;
      },
      (bytes) => `${(bytes / 1e6).toFixed(0)} MB`,
    );
  };
  const entry = await toolMadeEntry(cache, KIND, inputs, build, progress);
  return join(entry, 'root.erofs');
}

/** What a root image is, or will be, made of. */
export interface ImagePackages {
  /** Sorted by name. */
  readonly packages: readonly ResolvedPackage[];
  /** Path of the image, if it is built already. */
  readonly image: string | undefined;
}

/** The packages of the root image that a run would use now; builds nothing. Throws what {@link rootImage} does. */
export async function imagePackages(options: RootImageOptions): Promise<ImagePackages> {
  const { packages, inputs } = await planRoot(options);
  const entry = await toolMadeIfThere(options.cache, KIND, inputs, options.progress);
  return { packages, image: entry === undefined ? undefined : join(entry, 'root.erofs') };
}

/**
 * Version of LVM in a root image, without Debian's revision: `2.03.31`. Needs no image and builds none. Throws
 * {@link ImageError} and PackageError.
 */
export async function lvmVersion(options: RootImageOptions): Promise<string> {
  const { packages } = await resolveRoot(options);
  const version = packages.find(({ name }) => name === 'lvm2')?.version;
  if (version === undefined) throw new ImageError(`userland ${options.userland} has no package lvm2`);
  return version.replace(/^\d+:/, '').replace(/-[^-]*$/, '');
}

async function resolveRoot({
  cache,
  progress = () => undefined,
  userland: codename,
  extraPackages = [],
}: RootImageOptions) {
  const userland = USERLANDS.get(codename);
  if (userland === undefined) {
    throw new ImageError(`unknown userland "${codename}": known are ${[...USERLANDS.keys()].join(', ')}`);
  }
  const source = await PackageSource.open(cache, userland.codename, progress);
  const wanted = [...new Set([...userland.packages, ...extraPackages])].sort();
  const { packages } = await source.resolve(wanted, 'with-dependencies');
  return { userland, source, packages };
}

async function planRoot(options: RootImageOptions) {
  const { cache, progress } = options;
  const { userland, source, packages } = await resolveRoot(options);
  const guestFiles = await readGuestFiles(join(guestDirectory, 'root'));
  const rewriter = await tableRewriter(cache, progress);
  const inputs = {
    layout: LAYOUT,
    leftOut: LEFT_OUT,
    guest: [...guestFiles],
    rewriter: await sha256(rewriter),
    packages: packages.map((entry) => [entry.name, entry.version, entry.sha256]),
  };
  return { userland, source, packages, guestFiles, rewriter, inputs };
}
