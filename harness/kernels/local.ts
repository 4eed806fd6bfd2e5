import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hostTool } from '../setup/packages-apt.js';
import { ToolError } from '../setup/packages-tool.js';
import { releaseOfImage } from './bzimage.js';
import { KernelError } from './errors.js';
import { installedFiles, installedReleases, isKernelTree, treeFiles } from './files.js';
import type { PackagesChoice, TreeChoice } from './kernel.js';
import { flavourOf, releaseOfPackage } from './offers.js';
import type { PathSpec } from './spec.js';
import { upstreamVersion, versionOfRelease } from './version.js';

/** A .deb file that is a part of a kernel. */
interface PackageFile {
  readonly spec: PathSpec;
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly depends: string;
  readonly release: string;
}

/**
 * The kernels that paths mean. Files of packages that are of one kernel belong together, however many specs they came
 * by. What is wrong with a path goes to `refuse`, and the others go on.
 */
export async function chooseLocal(
  specs: readonly PathSpec[],
  refuse: (spec: PathSpec, why: string) => void,
): Promise<(PackagesChoice | TreeChoice)[]> {
  const choices: (PackagesChoice | TreeChoice)[] = [];
  const packages: PackageFile[] = [];
  for (const spec of specs) {
    try {
      const found = await look(spec);
      if ('packages' in found) packages.push(...found.packages);
      else choices.push(found.tree);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      refuse(spec, error.message);
    }
  }
  for (const parts of groups(packages)) {
    const [first] = parts;
    if (first === undefined) continue;
    const lack = missingPart(parts);
    if (lack === undefined) choices.push(packagesChoice(first, parts));
    else refuse(first.spec, lack);
  }
  return choices;
}

async function look(
  spec: PathSpec,
): Promise<{ readonly packages: readonly PackageFile[] } | { readonly tree: TreeChoice }> {
  const path = resolve(spec.path);
  const kind = await stat(path).catch(() => undefined);
  if (kind === undefined) throw new KernelError('there is no such file or directory');
  if (!kind.isDirectory()) {
    if (!path.endsWith('.deb')) {
      throw new KernelError(
        'is a file, and no .deb: give the kernel tree that it was built in, or packages, or a directory that it ' +
          'is installed below',
      );
    }
    const part = await readPackage(spec, path);
    if (part === undefined)
      throw new KernelError('is no part of a kernel: linux-image, -binary, -modules, -base');
    return { packages: [part] };
  }
  if (await isKernelTree(path)) return { tree: await treeChoice(spec, path) };
  const releases = await installedReleases(path);
  if (releases.length > 1) {
    throw new KernelError(`several kernels are installed below it: ${releases.join(', ')}; give one alone`);
  }
  if (releases[0] !== undefined) return { tree: await installedChoice(spec, path, releases[0]) };
  const packages: PackageFile[] = [];
  for (const name of (await readdir(path)).filter((entry) => entry.endsWith('.deb')).sort()) {
    const part = await readPackage(spec, join(path, name));
    if (part !== undefined) packages.push(part);
  }
  if (packages.length > 0) return { packages };
  throw new KernelError(
    'holds no kernel: neither a kernel tree (arch/x86/boot/bzImage), nor boot/vmlinuz-*, nor packages of one',
  );
}

/** What the control file says; undefined for a package that is no part of a kernel. */
async function readPackage(spec: PathSpec, file: string): Promise<PackageFile | undefined> {
  let said: string;
  try {
    said = await hostTool('dpkg-deb', ['--field', file, 'Package', 'Version', 'Depends', 'Architecture']);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new KernelError(`${file} is damaged, or no Debian package: ${lastLine(error.output)}`, {
      cause: error,
    });
  }
  const field = (key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(said)?.[1] ?? '';
  const name = field('Package');
  const release = releaseOfPackage(name);
  if (release === undefined || field('Architecture') !== 'amd64') return undefined;
  return { spec, file, name, version: field('Version'), depends: field('Depends'), release };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function groups(packages: readonly PackageFile[]): PackageFile[][] {
  const byKernel = new Map<string, PackageFile[]>();
  for (const part of packages) {
    const key = `${part.release} ${part.version}`;
    byKernel.set(key, [...(byKernel.get(key) ?? []), part]);
  }
  return [...byKernel.values()];
}

/** Says which part of a kernel is not among the packages; undefined if all are there. */
function missingPart(parts: readonly PackageFile[]): string | undefined {
  const [first] = parts;
  const has = (kind: string): PackageFile | undefined =>
    parts.find(({ name }) => name.startsWith(`linux-${kind}-`));
  const image = has('image');
  if (image !== undefined && !image.depends.includes('linux-binary-')) return undefined;
  const lacking = ['binary', 'modules'].filter((kind) => has(kind) === undefined);
  // The configuration is in the modules' package, or in one that it depends on.
  if (has('modules')?.depends.includes('linux-base-') === true && has('base') === undefined) {
    lacking.push('base');
  }
  if (lacking.length === 0) return undefined;
  const names = lacking.map((kind) => `linux-${kind}-${first?.release ?? ''}`);
  return (
    `the kernel ${first?.release ?? ''} is split into packages, and ${names.join(' and ')} ` +
    `${names.length === 1 ? 'is' : 'are'} missing: give all of them, with commas between them, or their directory`
  );
}

function packagesChoice(first: PackageFile, parts: readonly PackageFile[]): PackagesChoice {
  const { release, version } = first;
  const upstream = upstreamVersion(version);
  return {
    source: 'packages',
    spec: [...new Set(parts.map(({ spec }) => spec.text))].join(','),
    label: release,
    release,
    version: /^\d+\.\d+(\.\d+)?(-rc\d+)?$/.test(upstream) ? upstream : versionOfRelease(release),
    packageVersion: version,
    suite: null,
    flavour: flavourOf(release),
    files: parts.map(({ file }) => file).sort(),
  };
}

async function treeChoice(spec: PathSpec, directory: string): Promise<TreeChoice> {
  const { image } = await treeFiles(directory);
  return choiceOfTree(spec, directory, releaseOfImage(await readFile(image)), 'built');
}

async function installedChoice(spec: PathSpec, directory: string, release: string): Promise<TreeChoice> {
  await installedFiles(directory, release);
  return choiceOfTree(spec, directory, release, 'installed');
}

function choiceOfTree(
  spec: PathSpec,
  directory: string,
  release: string,
  layout: TreeChoice['layout'],
): TreeChoice {
  return {
    source: 'tree',
    spec: spec.text,
    label: release,
    release,
    version: versionOfRelease(release),
    packageVersion: null,
    suite: null,
    flavour: flavourOf(release),
    directory,
    layout,
  };
}
