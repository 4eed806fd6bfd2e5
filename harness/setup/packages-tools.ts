import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache, JsonValue } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { exists } from './exists.js';
import { PackageError } from './packages-errors.js';
import { runTool, ToolError, type Program } from './packages-tool.js';
import { PackageSource, pinned, type ResolvedPackage } from './packages.js';

/** How QEMU is started on this host. */
export interface QemuTool extends Program {
  /** e.g. `10.0.13`. */
  readonly version: string;
  /** Directories for `-L`, one of them with qboot.rom; empty for a host's binary, which knows its own. */
  readonly firmwareDirs: readonly string[];
  /** Where it comes from, for `doctor`. */
  readonly origin: 'override' | 'host' | 'unpacked';
}

/** Programs that build images, each independent of what the host has installed. */
export interface ImageTools {
  readonly mkfsErofs: Program;
  readonly mmdebstrap: Program;
  readonly xz: Program;
  readonly depmod: Program;
  /** `name=version` of the packages that they come from; what these need of libraries is left out. */
  readonly identity: readonly string[];
}

/** Older ones lose boots of 6.12 under TCG and are several times slower at starting processes (spec vm 0). */
export const OLDEST_QEMU = 10;

const LIBRARIES = 'usr/lib/x86_64-linux-gnu';

/** Starts a program of an unpacked tree through the tree's own dynamic loader, so that any host will do. */
export function fromTree(
  tree: string,
  program: string,
  env: Readonly<Record<string, string>> = {},
  argv0: string = program,
): Program {
  const libraries = join(tree, LIBRARIES);
  const loader = join(libraries, 'ld-linux-x86-64.so.2');
  return {
    command: [loader, '--argv0', argv0, '--library-path', libraries, join(tree, program)],
    env,
  };
}

async function qemuVersion(program: Program): Promise<string | undefined> {
  try {
    return /version (\d+\.\d+[\d.]*)/.exec(await runTool(program, ['--version']))?.[1];
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

/**
 * QEMU 10 or newer: the one that the user named (`override`, or ULOGCHECK_QEMU), else the host's own if it is new
 * enough, else Debian stable's, unpacked into the cache with all its libraries. Throws {@link PackageError}.
 */
export async function qemuTool(
  cache: Cache,
  options: { readonly override?: string; readonly progress?: ProgressSink } = {},
): Promise<QemuTool> {
  const named = options.override ?? process.env['ULOGCHECK_QEMU'];
  const host = { command: [named ?? 'qemu-system-x86_64'], env: {} };
  const version = await qemuVersion(host);
  const major = Number(version?.split('.')[0]);
  if (version !== undefined && major >= OLDEST_QEMU) {
    return { ...host, version, firmwareDirs: [], origin: named === undefined ? 'host' : 'override' };
  }
  if (named !== undefined) {
    const seen = version === undefined ? 'does not start, or is no QEMU' : `is QEMU ${version}`;
    throw new PackageError('host', `${named} ${seen}: QEMU ${OLDEST_QEMU} or newer is needed`);
  }
  return unpackedQemu(cache, options.progress);
}

/** Debian stable's QEMU, unpacked into the cache with all its libraries. Throws {@link PackageError}. */
export async function unpackedQemu(cache: Cache, progress?: ProgressSink): Promise<QemuTool> {
  const source = await PackageSource.open(cache, 'stable', progress);
  // Of the block drivers in qemu-block-extra only iSCSI's is used; the others would bring 25 MB of libraries.
  const { path } = await source.tree(
    'QEMU and its libraries',
    ['qemu-system-x86', 'libiscsi7'],
    'with-dependencies',
    ['qemu-block-extra'],
  );
  const unpacked = fromTree(path, 'usr/bin/qemu-system-x86_64', {
    QEMU_MODULE_DIR: join(path, LIBRARIES, 'qemu'),
  });
  const unpackedVersion = await qemuVersion(unpacked);
  if (unpackedVersion === undefined) {
    throw new PackageError(
      'host',
      `the QEMU unpacked in ${path} does not start; try \`${unpacked.command.join(' ')} --version\``,
    );
  }
  const firmwareDirs: string[] = [];
  for (const directory of ['qemu', 'seabios', 'qboot']) {
    const firmware = join(path, 'usr/share', directory);
    if (await exists(firmware)) firmwareDirs.push(firmware);
  }
  return { ...unpacked, version: unpackedVersion, firmwareDirs, origin: 'unpacked' };
}

/** Packages of the programs that build images. */
const IMAGE_TOOLS = ['erofs-utils', 'kmod', 'mmdebstrap', 'perl', 'xz-utils'];

function identityOf(packages: readonly ResolvedPackage[]): string[] {
  return packages.filter(({ name }) => IMAGE_TOOLS.includes(name)).map(pinned);
}

/** Identities by cache, since each run asks for that of the tools several times. */
const identities = new WeakMap<Cache, Promise<readonly string[]>>();

/**
 * What {@link ImageTools.identity} will be, without the tools: an entry that is cached already needs them no more,
 * and they may have left the cache before it.
 */
async function imageToolsIdentity(cache: Cache, progress?: ProgressSink): Promise<readonly string[]> {
  const known = identities.get(cache);
  if (known !== undefined) return known;
  const asked = (async () => {
    const source = await PackageSource.open(cache, 'stable', progress);
    return identityOf((await source.resolve(IMAGE_TOOLS, 'with-dependencies')).packages);
  })();
  identities.set(cache, asked);
  return asked;
}

/** The tools are of other versions than was said: the mirror had dropped those. */
class ToolsMoved extends Error {}

/**
 * `cache.entry` for what the image tools make: their versions are among the inputs, since they decide the bytes
 * too. `build` gets the tools of just these versions. Throws {@link PackageError}, and what `build` throws.
 */
export async function toolMadeEntry(
  cache: Cache,
  kind: string,
  inputs: { readonly [name: string]: JsonValue },
  build: (directory: string, tools: ImageTools) => Promise<void>,
  progress?: ProgressSink,
): Promise<string> {
  const identity = await imageToolsIdentity(cache, progress);
  try {
    return await cache.entry(kind, { ...inputs, tools: identity }, async (directory) => {
      const tools = await imageTools(cache, progress);
      if (tools.identity.join() !== identity.join()) throw new ToolsMoved();
      await build(directory, tools);
    });
  } catch (error) {
    if (!(error instanceof ToolsMoved)) throw error;
    // The lists have been fetched anew by now, so that this happens once.
    identities.delete(cache);
    return toolMadeEntry(cache, kind, inputs, build, progress);
  }
}

/** What {@link toolMadeEntry} would give, if it is there already. Throws {@link PackageError}. */
export async function toolMadeIfThere(
  cache: Cache,
  kind: string,
  inputs: { readonly [name: string]: JsonValue },
  progress?: ProgressSink,
): Promise<string | undefined> {
  return cache.peek(kind, { ...inputs, tools: await imageToolsIdentity(cache, progress) });
}

/** The programs that build images, from Debian stable's packages. Throws {@link PackageError}. */
export async function imageTools(cache: Cache, progress?: ProgressSink): Promise<ImageTools> {
  const source = await PackageSource.open(cache, 'stable', progress);
  const { path, packages } = await source.tree(
    'the tools that build images',
    IMAGE_TOOLS,
    'with-dependencies',
  );
  const [perlVersion] = (await readdir(join(path, 'usr/share/perl'))).filter((name) =>
    /^\d+\.\d+$/.test(name),
  );
  if (perlVersion === undefined) throw new PackageError('host', `no Perl below ${path}/usr/share/perl`);
  const perlLibraries = [
    'usr/share/perl5',
    `usr/share/perl/${perlVersion}`,
    `${LIBRARIES}/perl/${perlVersion}`,
    `${LIBRARIES}/perl-base`,
  ];
  const perl = fromTree(path, 'usr/bin/perl', {
    PERL5LIB: perlLibraries.map((part) => join(path, part)).join(':'),
  });
  return {
    mkfsErofs: fromTree(path, 'usr/bin/mkfs.erofs'),
    mmdebstrap: { ...perl, command: [...perl.command, join(path, 'usr/bin/mmdebstrap')] },
    xz: fromTree(path, 'usr/bin/xz'),
    // kmod is one program that looks at the name it was called by.
    depmod: fromTree(path, 'usr/bin/kmod', {}, 'depmod'),
    identity: identityOf(packages),
  };
}
