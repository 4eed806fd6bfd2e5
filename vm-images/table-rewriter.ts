import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './file-hash.js';
import type { Cache } from '../harness/cache/index.js';
import { withProgress, type ProgressSink } from '../harness/progress.js';
import { PackageSource } from '../harness/setup/packages.js';
import { runTool, type Program } from '../harness/setup/packages-tool.js';
import { projectRoot } from '../harness/setup/root.mjs';

/** Where LVM commands of a node find it (LD_PRELOAD). */
export const TABLE_REWRITER_PATH = '/usr/lib/ulogcheck/table-rewriter.so';

const SOURCE = join(projectRoot, 'vm-images/table-rewriter/table-rewriter.c');

/** The oldest userland: what is linked against its C library loads in all of them. */
const OLDEST = { userland: 'bullseye', gcc: '10' };

/** The compiler proper, assembler and linker; headers of the C library, the kernel and the compiler. */
const PACKAGES = [`cpp-${OLDEST.gcc}`, 'binutils', 'libc6-dev', `libgcc-${OLDEST.gcc}-dev`];

const LIBRARIES = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];

const COMPILE = ['-quiet', '-O2', '-fPIC', '-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];
// Build id and dates would make two builds differ.
const LINK = [
  '-shared',
  '--build-id=none',
  '-z',
  'relro',
  '-z',
  'now',
  '-z',
  'noexecstack',
  '--no-undefined',
];

/**
 * Path of the table rewriter, a shared library that LVM commands are started with so that their mirrors get a userspace
 * log (docs/lvm.md). Compiled with the tools of the oldest userland, which run through that tree's own dynamic loader:
 * the host needs no compiler, and nobody needs root. Throws PackageError and ToolError.
 */
export async function tableRewriter(cache: Cache, progress: ProgressSink = () => undefined): Promise<string> {
  const source = await PackageSource.open(cache, OLDEST.userland, progress);
  const { packages } = await source.resolve(PACKAGES, 'with-dependencies');
  const inputs = {
    source: await sha256(SOURCE),
    options: [COMPILE, LINK],
    packages: packages.map(({ name, version }) => [name, version]),
  };
  const entry = await cache.entry('table-rewriter', inputs, async (directory) => {
    const tree = (await source.tree('a C compiler', PACKAGES, 'with-dependencies')).path;
    await withProgress(progress, 'build', 'the table rewriter', () => build(tree, directory));
  });
  return join(entry, 'table-rewriter.so');
}

async function build(tree: string, directory: string): Promise<void> {
  const [assembly, object] = [join(directory, 'table-rewriter.s'), join(directory, 'table-rewriter.o')];
  const compilerFiles = `usr/lib/gcc/x86_64-linux-gnu/${OLDEST.gcc}`;
  const headers = [`${compilerFiles}/include`, 'usr/include/x86_64-linux-gnu', 'usr/include'];
  const include = headers.flatMap((path) => ['-isystem', join(tree, path)]);
  await runTool(inTree(tree, `${compilerFiles}/cc1`), [...COMPILE, ...include, SOURCE, '-o', assembly]);
  await runTool(inTree(tree, 'usr/bin/as'), ['--64', '-o', object, assembly]);
  const libc = join(tree, 'lib/x86_64-linux-gnu/libc.so.6');
  const library = join(directory, 'table-rewriter.so');
  await runTool(inTree(tree, 'usr/bin/ld'), [...LINK, '-o', library, object, libc]);
  await Promise.all([rm(assembly), rm(object)]);
}

/** Starts a program of an unpacked tree whose /usr is not merged. */
function inTree(tree: string, program: string): Program {
  const loader = join(tree, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
  const libraries = LIBRARIES.map((path) => join(tree, path)).join(':');
  return { command: [loader, '--library-path', libraries, join(tree, program)], env: {} };
}
