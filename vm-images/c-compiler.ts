import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../harness/cache/index.js';
import { withProgress, type ProgressSink } from '../harness/progress.js';
import { PackageSource } from '../harness/setup/packages.js';
import { runTool, type Program } from '../harness/setup/packages-tool.js';
import { sha256 } from './file-hash.js';

/** What is compiled for nodes. */
export interface Compilation {
  /** Kind of the cache's entry, and name of the file without its suffix. */
  readonly name: string;
  /** One file of C. */
  readonly source: string;
  readonly kind: 'library' | 'program';
}

/** The oldest userland: what is linked against its C library loads in all of them. */
const OLDEST = { userland: 'bullseye', gcc: '10' };

/** The compiler proper, assembler and linker; headers of the C library, the kernel and the compiler. */
const PACKAGES = [`cpp-${OLDEST.gcc}`, 'binutils', 'libc6-dev', `libgcc-${OLDEST.gcc}-dev`];

const LIBRARIES = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];

const COMPILE = ['-quiet', '-O2', '-fPIC', '-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];
// Build id and dates would make two builds differ.
const LINK = ['--build-id=none', '-z', 'relro', '-z', 'now', '-z', 'noexecstack', '--no-undefined'];
const LINK_AS = { library: ['-shared', ...LINK], program: ['-pie', ...LINK] };
/** Where the dynamic loader lies in every userland. */
const LOADER = '/lib64/ld-linux-x86-64.so.2';

/**
 * Path of a library or program for nodes of all userlands. Compiled with the tools of the oldest one, which run through
 * that tree's own dynamic loader: the host needs no compiler, and nobody needs root. Throws PackageError and ToolError.
 */
export async function compiled(
  cache: Cache,
  what: Compilation,
  progress: ProgressSink = () => undefined,
): Promise<string> {
  const { name, kind } = what;
  const source = await PackageSource.open(cache, OLDEST.userland, progress);
  const { packages } = await source.resolve(PACKAGES, 'with-dependencies');
  const inputs = {
    source: await sha256(what.source),
    options: [COMPILE, LINK_AS[kind]],
    packages: packages.map(({ name, version }) => [name, version]),
  };
  const file = kind === 'library' ? `${name}.so` : name;
  const entry = await cache.entry(name, inputs, async (directory) => {
    const tree = (await source.tree('a C compiler', PACKAGES, 'with-dependencies')).path;
    await withProgress(progress, 'build', file, () => build(tree, what, directory, join(directory, file)));
  });
  return join(entry, file);
}

async function build(
  tree: string,
  { source, kind }: Compilation,
  directory: string,
  output: string,
): Promise<void> {
  const [assembly, object] = [join(directory, 'unit.s'), join(directory, 'unit.o')];
  const compilerFiles = `usr/lib/gcc/x86_64-linux-gnu/${OLDEST.gcc}`;
  const headers = [`${compilerFiles}/include`, 'usr/include/x86_64-linux-gnu', 'usr/include'];
  const include = headers.flatMap((path) => ['-isystem', join(tree, path)]);
  await runTool(inTree(tree, `${compilerFiles}/cc1`), [...COMPILE, ...include, source, '-o', assembly]);
  await runTool(inTree(tree, 'usr/bin/as'), ['--64', '-o', object, assembly]);
  const libc = join(tree, 'lib/x86_64-linux-gnu/libc.so.6');
  const beside = (name: string): string => join(tree, 'usr/lib/x86_64-linux-gnu', name);
  const inputs =
    kind === 'library'
      ? [object, libc]
      : [beside('Scrt1.o'), beside('crti.o'), object, libc, beside('libc_nonshared.a'), beside('crtn.o')];
  // Not the host's own loader, which may be newer than this linker understands.
  const ofTree = ['-rpath-link', join(tree, 'lib/x86_64-linux-gnu')];
  const loader = kind === 'library' ? [] : ['-dynamic-linker', LOADER, ...ofTree];
  await runTool(inTree(tree, 'usr/bin/ld'), [...LINK_AS[kind], ...loader, '-o', output, ...inputs]);
  await Promise.all([rm(assembly), rm(object)]);
}

/** Starts a program of an unpacked tree whose /usr is not merged. */
function inTree(tree: string, program: string): Program {
  const loader = join(tree, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
  const libraries = LIBRARIES.map((path) => join(tree, path)).join(':');
  return { command: [loader, '--library-path', libraries, join(tree, program)], env: {} };
}
