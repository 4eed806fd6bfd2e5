import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, contentKey, type Cache, type JsonValue } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { PrivateApt, archiveKeyring, hostMirror, hostTool } from './packages-apt.js';
import { PackageError } from './packages-errors.js';
import type { Mirror } from './packages-sources.js';

/** One package of one version, as the signed lists describe it. */
export interface ResolvedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Bytes of the .deb. */
  readonly size: number;
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

/** Lists older than this are fetched anew, milliseconds. */
const LISTS_FRESH_MS = 6 * 60 * 60 * 1000;

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
 * The packages of one Debian release: its main archive and its security archive, through an apt of our own.
 * What was resolved once is kept as a plan, so that a second run needs neither the network nor apt.
 */
export class PackageSource {
  #refreshed = false;

  private constructor(
    private readonly cache: Cache,
    private readonly progress: ProgressSink,
    /** e.g. `trixie`. */
    readonly codename: string,
    /** Lines of sources.list(5), for programs that have an apt of their own. */
    readonly sourceLines: readonly string[],
    private readonly mirror: Mirror,
  ) {}

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
    const mirror = await hostMirror();
    const keyring = await archiveKeyring(mirror);
    const codename = release === 'stable' ? await stableCodename(cache, mirror, keyring, progress) : release;
    const lines = [`deb [signed-by=${keyring}] ${mirror.main} ${codename} main`];
    if (mirror.security !== undefined) {
      lines.push(`deb [signed-by=${keyring}] ${mirror.security} ${codename}-security main`);
    }
    return new PackageSource(cache, progress, codename, lines, mirror);
  }

  /**
   * Which versions the wanted packages come down to. Asks the mirror only if the lists are older than six hours;
   * if it does not answer then, an older plan whose packages may be in the cache is used, and that is said.
   */
  async resolve(names: readonly string[], extent: Extent): Promise<Resolution> {
    return this.#withApt(async (apt, directory) => {
      const plan = join(directory, 'plans', `${contentKey({ names, extent })}.json`);
      return this.#planned(plan, directory, apt, () => this.#ask(apt, names, extent));
    });
  }

  /** Names of the packages whose name matches apt's regular expression, sorted. */
  async search(pattern: string): Promise<readonly string[]> {
    return this.#withApt(async (apt, directory) => {
      const plan = join(directory, 'plans', `${contentKey({ pattern })}.json`);
      const { found } = await this.#planned(plan, directory, apt, async () => ({
        found: await apt.search(pattern),
      }));
      return found;
    });
  }

  /** Downloads packages into `directory` as .deb files and gives their paths. Throws {@link PackageError}. */
  async fetch(packages: readonly ResolvedPackage[], directory: string, what: string): Promise<string[]> {
    await mkdir(directory, { recursive: true });
    await withProgress(
      this.progress,
      'fetch',
      `${what}: ${packagesText(packages)} from ${this.mirror.main}`,
      () => this.#withApt((apt) => apt.download(packages.map(pinned), directory)),
    );
    return (await readdir(directory))
      .filter((name) => name.endsWith('.deb'))
      .map((name) => join(directory, name));
  }

  /**
   * The packages unpacked into one tree, from the cache if all versions are the same as then. If the mirror has
   * meanwhile dropped a version that an older plan names, the lists are fetched anew once.
   */
  async tree(what: string, names: readonly string[], extent: Extent): Promise<PackageTree> {
    const first = await this.resolve(names, extent);
    try {
      return await this.unpack(what, first.packages);
    } catch (error) {
      if (!(error instanceof PackageError) || error.failure === 'host' || this.#refreshed) throw error;
      await this.#withApt((apt, directory) => this.#refresh(apt, directory));
      return this.unpack(what, (await this.resolve(names, extent)).packages);
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

  async #ask(apt: PrivateApt, names: readonly string[], extent: Extent): Promise<Resolution> {
    const wanted = extent === 'alone' ? names : await apt.closure(names);
    const packages = (await apt.stanzas(wanted)).map((stanza) => ({
      name: stanza.get('Package') ?? '',
      version: stanza.get('Version') ?? '',
      sha256: stanza.get('SHA256') ?? '',
      size: Number(stanza.get('Size')),
    }));
    packages.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { packages, resolvedAt: Date.now() };
  }

  /** A plan from disk while the lists are fresh, else asked anew (or, without network, the old plan). */
  async #planned<T extends object>(
    plan: string,
    directory: string,
    apt: PrivateApt,
    ask: () => Promise<T>,
  ): Promise<T> {
    const stored = await readFile(plan, 'utf8').then(
      (text) => JSON.parse(text) as T,
      () => undefined,
    );
    const age = Date.now() - (await listsFetchedAt(directory));
    if (stored !== undefined && age < LISTS_FRESH_MS) return stored;
    try {
      if (age >= LISTS_FRESH_MS) await this.#refresh(apt, directory);
      const answer = await ask();
      await mkdir(join(directory, 'plans'), { recursive: true });
      await writeAtomically(plan, canonicalJson(answer as unknown as JsonValue));
      return answer;
    } catch (error) {
      if (stored === undefined || !(error instanceof PackageError)) throw error;
      const days = (age / 86_400_000).toFixed(1);
      const what = `the mirror does not answer: packages as of ${days} days ago are used`;
      this.progress({ kind: 'begin', stage: 'fetch', what });
      this.progress({ kind: 'end', stage: 'fetch', what, ms: 0, detail: error.message.split('\n')[0] ?? '' });
      return stored;
    }
  }

  async #refresh(apt: PrivateApt, directory: string): Promise<void> {
    await withProgress(
      this.progress,
      'fetch',
      `lists of packages of ${this.codename} from ${this.mirror.main}`,
      () => apt.update(),
    );
    // Plans of older lists may name versions that are gone.
    await rm(join(directory, 'plans'), { recursive: true, force: true });
    await writeAtomically(join(directory, 'fetched.json'), JSON.stringify({ at: Date.now() }));
    this.#refreshed = true;
  }

  async #withApt<T>(use: (apt: PrivateApt, directory: string) => Promise<T>): Promise<T> {
    return this.cache.withState(
      `apt-${contentKey(this.sourceLines)}`,
      'lists of packages',
      async (directory) => use(await PrivateApt.create(directory, this.mirror, this.sourceLines), directory),
    );
  }
}

/** When the lists of a private apt were last fetched, milliseconds since 1970; 0 for never. */
async function listsFetchedAt(directory: string): Promise<number> {
  return readFile(join(directory, 'fetched.json'), 'utf8').then(
    (text) => (JSON.parse(text) as { at: number }).at,
    () => 0,
  );
}

async function stableCodename(
  cache: Cache,
  mirror: Mirror,
  keyring: string,
  progress: ProgressSink,
): Promise<string> {
  // `target=none` fetches the signed InRelease file and no list at all.
  const lines = [`deb [target=none signed-by=${keyring}] ${mirror.main} stable main`];
  return cache.withState(`apt-${contentKey(lines)}`, 'the name of the stable release', async (directory) => {
    const stored = await readFile(join(directory, 'codename'), 'utf8').catch(() => undefined);
    if (stored !== undefined && Date.now() - (await listsFetchedAt(directory)) < LISTS_FRESH_MS)
      return stored;
    try {
      const apt = await PrivateApt.create(directory, mirror, lines);
      await withProgress(progress, 'fetch', `name of Debian's stable release from ${mirror.main}`, () =>
        apt.update(),
      );
      const codename = await apt.releaseField('stable', 'Codename');
      if (codename === undefined) {
        throw new PackageError('mirror', `${mirror.main}/dists/stable/InRelease names no codename`);
      }
      await writeAtomically(join(directory, 'codename'), codename);
      await writeAtomically(join(directory, 'fetched.json'), JSON.stringify({ at: Date.now() }));
      return codename;
    } catch (error) {
      if (stored !== undefined && error instanceof PackageError) return stored;
      throw error;
    }
  });
}

/** Appears whole or not at all. */
async function writeAtomically(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
