import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ourJanitor } from './janitor.mjs';

/** Files, sockets and directories that do not outlive us; owned.mjs tells how. */

/** @type {Map<string, import('./janitor.mjs').Entry>} */
const ownedPaths = new Map();

/**
 * From now on the file, socket or directory tree at `path` is removed when this process ends, however that
 * happens. Call it BEFORE the path is made; a path that never comes to be does no harm.
 * @param {string} path
 * @returns {string} the absolute path
 */
export function ownPath(path) {
  const absolute = resolve(path);
  if (absolute.includes('\n'))
    throw new Error(`cannot own a path with a newline: ${JSON.stringify(absolute)}`);
  for (const precious of ['/', homedir(), process.cwd(), tmpdir()]) {
    if (`${precious}/`.startsWith(absolute === '/' ? '/' : `${absolute}/`)) {
      throw new Error(`refusing to own ${absolute}: ${precious} is in it`);
    }
  }
  if (!ownedPaths.has(absolute)) ownedPaths.set(absolute, ourJanitor().addPath(absolute));
  return absolute;
}

/**
 * The path stays when this process ends (for instance because it has been renamed to its final place).
 * @param {string} path
 */
export function releasePath(path) {
  const absolute = resolve(path);
  ownedPaths.get(absolute)?.strike();
  ownedPaths.delete(absolute);
}

/**
 * Removes an owned path (file or tree) now. If that fails it stays owned: the janitor tries again.
 * @param {string} path
 */
export async function removeOwned(path) {
  await rm(path, { recursive: true, force: true });
  releasePath(path);
}

/**
 * Makes a temporary directory (mode 0700) that is removed on disposal, or when this process ends.
 * @param {string} prefix of its name, e.g. 'ulogcheck-vm-'
 * @param {string} [parent] default: the system's directory for temporary files
 * @returns {Promise<AsyncDisposable & { readonly path: string }>}
 */
export async function ownedTempDir(prefix, parent = tmpdir()) {
  const path = ownPath(join(parent, prefix + randomUUID().slice(0, 8)));
  await mkdir(path, { mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => removeOwned(path) };
}
