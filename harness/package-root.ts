import { projectRoot } from './setup/root.mjs';

/**
 * The directory of this package: the nearest one above this module that holds a `package.json`. The same for
 * a source checkout (`dist/harness/…` below it) and for a copy installed in somebody's `node_modules`.
 */
export function packageRoot(): string {
  return projectRoot;
}
