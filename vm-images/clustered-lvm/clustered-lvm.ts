import { chmod, copyFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cache, JsonValue } from '../../harness/cache/index.js';
import { withProgress, type ProgressSink } from '../../harness/progress.js';
import { lastLines, OwnedCommandError } from '../../harness/setup/owned.mjs';
import { PackageSource } from '../../harness/setup/packages.js';
import { projectRoot } from '../../harness/setup/root.mjs';
import { SourceArchive, sourceVersion } from '../../harness/setup/source-package.js';
import { layer } from '../layers.js';
import { ImageError } from '../root-image.js';
import { enter, findWayIn, fixUpBuildRoot, handOver } from './build-root.js';

/** Changes when the way of building does, besides the recipe. */
const LAYOUT = 2;

/** Where the command lies in a node; the others (lvcreate, pvmove, ...) are links to it. */
const COMMAND = 'usr/sbin/lvm';

/** The sources' own requirements without those of daemons that are not built, and the commands that a build is made of. */
const BUILD_PACKAGES = [
  ...[
    'base-files',
    'bash',
    'coreutils',
    'dash',
    'diffutils',
    'findutils',
    'gawk',
    'grep',
    'gzip',
    'hostname',
  ],
  ...['libc-bin', 'sed', 'tar', 'xz-utils'],
  ...['autoconf-archive', 'automake', 'dpkg-dev', 'gcc', 'libc6-dev', 'make', 'patch', 'pkg-config'],
  ...['libaio-dev', 'libblkid-dev', 'libselinux1-dev', 'libsystemd-dev', 'libudev-dev'],
];

const patchDirectory = join(projectRoot, 'patches/lvm2');
const recipe = join(projectRoot, 'vm-images/clustered-lvm/build.sh');

/** What the command is made of. */
interface Ingredients {
  /** Directory with the files of the source package. */
  readonly sources: string;
  readonly patches: readonly (readonly [name: string, text: string])[];
  readonly script: string;
}

/**
 * Path of the read-only layer that lays a rebuilt `lvm` over the one of a userland: Debian's sources of the same version
 * with the patches of `patches/lvm2`, by which it asks for a clustered log when LVM_CLUSTERED_MIRROR is in its
 * environment, and otherwise does what the stock one does (spec lvm 1, b). Built with the compiler and the libraries of
 * the userland, in a root directory of its own; half a minute of two cores. `userland` is a codename such as `trixie`.
 * Throws PackageError, and {@link ImageError} when it cannot be built.
 */
export async function clusteredLvm(options: {
  readonly cache: Cache;
  readonly userland: string;
  readonly progress?: ProgressSink;
}): Promise<string> {
  const { cache, userland, progress = () => undefined } = options;
  const binaries = await PackageSource.open(cache, userland, progress);
  const [lvm] = (await binaries.resolve(['lvm2'], 'alone')).packages;
  if (lvm === undefined) throw new ImageError(`Debian ${userland} has no package lvm2`);
  const archive = new SourceArchive(cache, userland, progress);
  const source = await archive.resolve('lvm2', sourceVersion(lvm.version));
  const { packages } = await binaries.resolve(BUILD_PACKAGES, 'with-dependencies');
  const patches = await readPatches();
  const script = await readFile(recipe, 'utf8');
  const name = `LVM ${source.version} that asks for a clustered log`;
  const contents: JsonValue = [
    'clustered LVM',
    source.version,
    LAYOUT,
    source.files.map(({ sha256 }) => sha256),
    patches,
    script,
    packages.map((entry) => [entry.name, entry.version, entry.sha256]),
  ];
  const fill = (layerRoot: string): Promise<void> =>
    cache.withScratch(`clustered-lvm-${userland}`, name, async (scratch) => {
      const sources = await archive.fetch(source);
      await binaries.unpackInto(`a compiler for ${userland}`, packages, scratch);
      await withProgress(progress, 'build', name, async () => {
        const built = await build(scratch, name, { sources, patches, script });
        const target = join(layerRoot, COMMAND);
        await mkdir(dirname(target), { recursive: true });
        await copyFile(built, target);
        await chmod(target, 0o755);
      });
    });
  return layer(cache, name, contents, fill, progress);
}

/** Our patches by name, in the order of their names. */
async function readPatches(): Promise<[string, string][]> {
  const names = (await readdir(patchDirectory)).filter((name) => name.endsWith('.patch')).sort();
  const read = async (name: string): Promise<[string, string]> => [
    name,
    await readFile(join(patchDirectory, name), 'utf8'),
  ];
  return Promise.all(names.map(read));
}

/** Builds the command in the tree of packages below `root`, and gives its path. Throws {@link ImageError}. */
async function build(root: string, what: string, { sources, patches, script }: Ingredients): Promise<string> {
  await fixUpBuildRoot(root);
  const directory = join(root, 'build');
  await cp(sources, directory, { recursive: true });
  await mkdir(join(directory, 'patches'));
  for (const [name, text] of patches) await writeFile(join(directory, 'patches', name), text);
  await writeFile(join(directory, 'build.sh'), script);
  await handOver(root);
  const way = await findWayIn(root, what);
  try {
    await enter(way, root, ['/bin/sh', '/build/build.sh']);
  } catch (error) {
    if (!(error instanceof OwnedCommandError)) throw error;
    throw new ImageError(
      `${what} cannot be built (${way.name}); the last that was said:\n${lastLines(error.stderr.trim() === '' ? error.stdout : error.stderr, 15)}`,
      { cause: error },
    );
  }
  return join(directory, 'lvm');
}
