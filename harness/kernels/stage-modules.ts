import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { runTool, ToolError, type Program } from '../setup/packages-tool.js';
import { KernelError } from './errors.js';
import { dependenciesOf, isKept, MODULE_FILE, moduleName } from './kept-modules.js';

/** A module file of a kernel. */
export interface ModuleFile {
  /** Where it will lie in the kernel's directory of modules: `kernel/drivers/md/dm-log.ko.xz`. */
  readonly path: string;
  /** Where it lies now. */
  readonly file: string;
}

/** What the build noted about modules, beside them. */
export const MODULE_NOTES = ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'] as const;

/**
 * The kept modules and all that they need, unpacked, below `target` (`kernel/drivers/...`), with the build's notes
 * from `notes`. Gives the files that were taken. Throws {@link KernelError}.
 */
export async function stageModules(
  modules: readonly ModuleFile[],
  notes: string,
  target: string,
  tools: { readonly xz: Program },
): Promise<ModuleFile[]> {
  const byName = new Map(modules.map((entry) => [moduleName(entry.path), entry]));
  const taken = new Map<string, ModuleFile>();
  let next = modules.filter(({ path }) => isKept(path.replace(/^kernel\//, '')));
  await mkdir(target, { recursive: true });
  while (next.length > 0) {
    for (const entry of next) taken.set(entry.path, entry);
    const needed = new Set<string>();
    for (const bytes of await unpack(next, target, tools)) {
      for (const name of dependenciesOf(bytes)) needed.add(name.replaceAll('-', '_'));
    }
    next = [...needed].flatMap((name) => {
      const entry = byName.get(name);
      return entry === undefined || taken.has(entry.path) ? [] : [entry];
    });
  }
  for (const name of MODULE_NOTES) {
    // Kernels before 5.2 have no modules.builtin.modinfo.
    await copyFile(join(notes, name), join(target, name)).catch(ignoreMissing);
  }
  return [...taken.values()];
}

/**
 * The modules whose bytes nodes may get: the kept ones, and all that they need. Where those of a kernel are packed by xz,
 * which takes a tool to read, all modules. Throws {@link KernelError}.
 */
export async function stagedModules(modules: readonly ModuleFile[]): Promise<readonly ModuleFile[]> {
  const kept = modules.filter(({ path }) => isKept(path.replace(/^kernel\//, '')));
  const byName = new Map(modules.map((entry) => [moduleName(entry.path), entry]));
  const taken = new Map(kept.map((entry) => [entry.path, entry]));
  // What is added meanwhile is looked at too.
  for (const { path, file } of taken.values()) {
    if (path.endsWith('.xz')) return modules;
    for (const name of dependenciesOf(inflate(path, await readFile(file)))) {
      const entry = byName.get(name.replaceAll('-', '_'));
      if (entry !== undefined) taken.set(entry.path, entry);
    }
  }
  return [...taken.values()];
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** Lays the modules, unpacked, below `target` and gives their bytes. */
async function unpack(
  modules: readonly ModuleFile[],
  target: string,
  tools: { readonly xz: Program },
): Promise<Buffer[]> {
  const packed: string[] = [];
  for (const { path, file } of modules) {
    const copy = join(target, path);
    await mkdir(dirname(copy), { recursive: true });
    if (copy.endsWith('.xz')) {
      await copyFile(file, copy);
      packed.push(copy);
    } else {
      await writeFile(copy.replace(/\.(zst|gz)$/, ''), inflate(path, await readFile(file)));
    }
  }
  if (packed.length > 0) {
    try {
      await runTool(tools.xz, ['--decompress', '--force', ...packed]);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw new KernelError(`modules of the kernel are damaged: ${error.message}`, { cause: error });
    }
  }
  return Promise.all(modules.map(({ path }) => readFile(join(target, unpackedName(path)))));
}

/** `dm-log.ko.xz` -> `dm-log.ko`. */
export function unpackedName(path: string): string {
  return path.replace(MODULE_FILE, '.ko');
}

function inflate(path: string, bytes: Buffer): Buffer {
  try {
    if (path.endsWith('.zst')) return Buffer.from(unzstd(bytes));
    return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  } catch (error) {
    throw new KernelError(`the module ${path} is damaged: ${(error as Error).message}`, { cause: error });
  }
}
