import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { forbidOffline } from './offline.js';
import { type PrivateApt, hostTool, networkSettings } from './packages-apt.js';
import { PackageError } from './packages-errors.js';
import { PackageLists } from './packages-lists.js';
import { filesInPool, httpProxy, poolPath } from './packages-pool.js';
import { stableCodename } from './packages-stable.js';

/** One package of one version, as the signed lists describe it. */
export interface ResolvedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /**
   * Path below the root of the archive, of a package that the signed lists name as a dependency only: it is in the
   * archive still, and nothing vouches for its bytes; `sha256` is empty.
   */
  readonly unlisted?: string;
}

/** One version of a package that a release offers. */
export interface AvailablePackage extends ResolvedPackage {
  /** Those that hold this version, e.g. `trixie` and `trixie-security`. */
  readonly suites: readonly string[];
  /** As the control file has it; empty without dependencies. */
  readonly depends: string;
}

/** What a list of wanted packages comes down to. */
export interface Resolution {
  /** Sorted by name. */
  readonly packages: readonly ResolvedPackage[];
  /** When it was read from the lists, milliseconds since 1970. */
  readonly resolvedAt: number;
}

/** Packages unpacked side by side, as `dpkg-deb -x` leaves them: no maintainer script has run. */
export interface PackageTree {
  readonly path: string;
  readonly packages: readonly ResolvedPackage[];
}

/** Whether what the packages depend on is wanted too. */
export type Extent = 'with-dependencies' | 'alone';

/** `libc6=2.41-12`, as apt takes it. */
export function pinned(entry: ResolvedPackage): string {
  return `${entry.name}=${entry.version}`;
}

/** How much is fetched, for progress: `1 package, 0.3 MB`. */
export function packagesText(packages: readonly ResolvedPackage[]): string {
  const megabytes = packages.reduce((sum, { size }) => sum + size, 0) / 1e6;
  return `${packages.length} package${packages.length === 1 ? '' : 's'}, ${megabytes.toFixed(1)} MB`;
}

/**
 * The packages of one Debian release: its main archive and its security archive; or of `experimental`, or of a suite
 * of backports, which stand alone here so that apt never weighs them against a release. Through an apt of our own.
 * What was resolved once is kept as a plan, so that a second run needs neither the network nor apt.
 *
 * When offline, or when the mirror does not answer, older plans are used, else older lists, and that is said.
 */
export class PackageSource {
  readonly #lists: PackageLists;

  private constructor(
    private readonly cache: Cache,
    private readonly progress: ProgressSink,
    /** e.g. `trixie`. */
    readonly codename: string,
  ) {
    this.#lists = new PackageLists(cache, progress, codename, 'deb');
  }

  /**
   * Opens a release by codename, or Debian's current stable one by the name `stable` (the codename is read from
   * the mirror's own signed InRelease file; security archives are asked by codename only, since mirrors keep
   * their `stable-security` alias less well). Throws {@link PackageError}.
   */
  static async open(
    cache: Cache,
    release: string,
    progress: ProgressSink = () => undefined,
  ): Promise<PackageSource> {
    const codename = release === 'stable' ? await stableCodename(cache, progress) : release;
    return new PackageSource(cache, progress, codename);
  }

  /** Lines of sources.list(5), for programs that have an apt of their own. Throws {@link PackageError}. */
  async sourceLines(): Promise<readonly string[]> {
    return (await this.#lists.archive()).lines;
  }

  /**
   * Which versions the wanted packages come down to. Asks the mirror only if the lists are older than six hours.
   * Throws {@link PackageError}.
   */
  async resolve(names: readonly string[], extent: Extent): Promise<Resolution> {
    const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(', ');
    return this.#lists.planned({ names, extent }, `the versions of ${shown}`, (apt) =>
      ask(apt, names, extent),
    );
  }

  /** Names of the packages whose name matches apt's regular expression, sorted. */
  async search(pattern: string): Promise<readonly string[]> {
    const { found } = await this.#lists.planned(
      { pattern },
      `the names of packages (${pattern})`,
      async (apt) => ({
        found: await apt.search(pattern),
      }),
    );
    return found;
  }

  /**
   * All versions of the packages whose name matches apt's regular expression, however apt would rank them. Throws
   * {@link PackageError}.
   */
  async available(pattern: string): Promise<readonly AvailablePackage[]> {
    const { versions } = await this.#lists.planned(
      { versions: pattern },
      `the versions of packages (${pattern})`,
      async (apt) => ({ versions: await availableOf(apt, pattern) }),
    );
    return versions;
  }

  /**
   * Which of these packages of the source package `source` the archive still holds although its lists name them no
   * more, as happens to parts of a kernel between two versions. Throws {@link PackageError}.
   */
  async unlisted(
    source: string,
    wanted: readonly { readonly name: string; readonly version: string }[],
  ): Promise<readonly ResolvedPackage[]> {
    if (wanted.length === 0) return [];
    const asked = wanted.map(({ name, version }) => ({
      name,
      version,
      path: poolPath(source, name, version),
    }));
    const paths = asked.map(({ path }) => path);
    const { packages } = await this.#lists.planned(
      { unlisted: paths },
      `which of ${paths.length} files there are`,
      async () => {
        forbidOffline(`which of ${paths.length} files the mirror has`);
        const { mirror } = await this.#lists.archive();
        const sizes = await filesInPool(mirror.main, paths, httpProxy(await networkSettings()));
        return {
          packages: asked.flatMap(({ name, version, path }) => {
            const size = sizes.get(path);
            return size === undefined ? [] : [{ name, version, sha256: '', size, unlisted: path }];
          }),
        };
      },
    );
    return packages;
  }

  /** Downloads packages into `directory` as .deb files and gives their paths. Throws {@link PackageError}. */
  async fetch(packages: readonly ResolvedPackage[], directory: string, what: string): Promise<string[]> {
    forbidOffline(`${what} (${packagesText(packages)})`);
    await mkdir(directory, { recursive: true });
    const { mirror } = await this.#lists.archive();
    const bare = packages.filter(({ unlisted }) => unlisted !== undefined).map(({ name }) => name);
    const remark = bare.length === 0 ? '' : `; no signed list vouches for ${bare.join(', ')}`;
    const told = `${what}: ${packagesText(packages)} from ${mirror.main}${remark}`;
    await withProgress(this.progress, 'fetch', told, () =>
      this.#lists.withApt(async (apt) => {
        const listed = packages.filter(({ unlisted }) => unlisted === undefined);
        if (listed.length > 0) await apt.download(listed.map(pinned), directory);
        for (const { unlisted } of packages) {
          if (unlisted !== undefined) await apt.downloadFile(unlisted, directory);
        }
      }),
    );
    return (await readdir(directory))
      .filter((name) => name.endsWith('.deb'))
      .map((name) => join(directory, name));
  }

  /**
   * The packages unpacked into one tree, from the cache if all versions are the same as then. If the mirror has
   * meanwhile dropped a version that an older plan names, the lists are fetched anew once. `bare` packages come without
   * what they depend on: plug-ins for many libraries, of which a few are wanted.
   */
  async tree(
    what: string,
    names: readonly string[],
    extent: Extent,
    bare: readonly string[] = [],
  ): Promise<PackageTree> {
    const all = async (): Promise<readonly ResolvedPackage[]> => {
      const { packages } = await this.resolve(names, extent);
      return bare.length === 0 ? packages : [...packages, ...(await this.resolve(bare, 'alone')).packages];
    };
    const first = await all();
    try {
      return await this.unpack(what, first);
    } catch (error) {
      if (!(error instanceof PackageError) || this.#lists.refreshed) throw error;
      if (error.failure === 'host' || error.failure === 'offline') throw error;
      await this.#lists.refresh();
      return this.unpack(what, await all());
    }
  }

  /** The given packages unpacked into one tree, cached by their hashes. */
  async unpack(what: string, packages: readonly ResolvedPackage[]): Promise<PackageTree> {
    const inputs = packages.map(({ name, version, sha256 }) => [name, version, sha256]);
    const path = await this.cache.entry('packages', inputs, async (directory) => {
      await this.unpackInto(what, packages, directory);
    });
    return { path, packages };
  }

  /** The given packages unpacked below `directory`, which is also what it gives. */
  async unpackInto(what: string, packages: readonly ResolvedPackage[], directory: string): Promise<string> {
    const archives = join(directory, '.archives');
    const files = await this.fetch(packages, archives, what);
    await withProgress(this.progress, 'build', `unpack ${what}`, async () => {
      for (const file of files.sort()) await hostTool('dpkg-deb', ['-x', file, directory]);
      await rm(archives, { recursive: true });
    });
    return directory;
  }
}

function resolved(stanza: ReadonlyMap<string, string>): ResolvedPackage {
  return {
    name: stanza.get('Package') ?? '',
    version: stanza.get('Version') ?? '',
    sha256: stanza.get('SHA256') ?? '',
    size: Number(stanza.get('Size')),
  };
}

async function availableOf(apt: PrivateApt, pattern: string): Promise<AvailablePackage[]> {
  const names = await apt.search(pattern);
  if (names.length === 0) return [];
  const suites = await apt.suites(names);
  const versions = new Map<string, AvailablePackage>();
  for (const stanza of await apt.stanzas(names, 'all')) {
    const entry = resolved(stanza);
    versions.set(pinned(entry), {
      ...entry,
      suites: suites.get(pinned(entry)) ?? [],
      depends: stanza.get('Depends') ?? '',
    });
  }
  return [...versions.values()];
}

async function ask(apt: PrivateApt, names: readonly string[], extent: Extent): Promise<Resolution> {
  const wanted = extent === 'alone' ? names : await apt.closure(names);
  const packages = (await apt.stanzas(wanted)).map(resolved);
  packages.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { packages, resolvedAt: Date.now() };
}
