import { join } from 'node:path';
import type { Cache } from '../harness/cache/index.js';
import type { ProgressSink } from '../harness/progress.js';
import { projectRoot } from '../harness/setup/root.mjs';
import { compiled } from './c-compiler.js';

const SOURCE = join(projectRoot, 'vm-images/disk-load/disk-load.c');

/** Path of the program that puts load on a disk from within a node; its source says how. Throws PackageError and ToolError. */
export async function diskLoad(cache: Cache, progress?: ProgressSink): Promise<string> {
  return await compiled(cache, { name: 'disk-load', source: SOURCE, kind: 'program' }, progress);
}
