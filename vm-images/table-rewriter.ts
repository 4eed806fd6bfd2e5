import { join } from 'node:path';
import type { Cache } from '../harness/cache/index.js';
import type { ProgressSink } from '../harness/progress.js';
import { projectRoot } from '../harness/setup/root.mjs';
import { compiled } from './c-compiler.js';

/** Where LVM commands of a node find it (LD_PRELOAD). */
export const TABLE_REWRITER_PATH = '/usr/lib/ulogcheck/table-rewriter.so';

const SOURCE = join(projectRoot, 'vm-images/table-rewriter/table-rewriter.c');

/**
 * Path of the table rewriter, a shared library that LVM commands are started with so that their mirrors get a userspace
 * log (docs/lvm.md). Throws PackageError and ToolError.
 */
export async function tableRewriter(cache: Cache, progress?: ProgressSink): Promise<string> {
  return await compiled(cache, { name: 'table-rewriter', source: SOURCE, kind: 'library' }, progress);
}
