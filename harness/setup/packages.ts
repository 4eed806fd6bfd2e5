import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentKey, type Cache, type JsonValue } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { forbidOffline, isOffline } from './offline.js';
import { PrivateApt, archiveKeyring, hostMirror, hostTool } from './packages-apt.js';
import { PackageError } from './packages-errors.js';
import { askOnce, noteOldPackages } from './packages-silence.js';
import { LISTS_FRESH_MS, stableCodename } from './packages-stable.js';
import { mirrorFor, type Mirror } from './packages-sources.js';
import {
  fetchedOf,
  keepPlan,
  noteFetched,
  noteUse,
  planIn,
  stateName,
  statesOf,
  type Fetched,
} from './packages-states.js';

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
 *
 * When offline, or when the mirror does not answer, older plans are used, else older lists, and that is said.
 */
export class PackageSource {
  #refreshed = false;
  #archive: Promise<Archive> | undefined;

  private constructor(
    private readonly cache: Cache,
    private readonly progress: ProgressSink,
    /** e.g. `trixie`. */
    readonly codename: string,
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
    const codename = release === 'stable' ? await stableCodename(cache, progress) : release;
    return new PackageSource(cache, progress, codename);
  }

  /** Lines of sources.list(5), for programs that have an apt of their own. Throws {@link PackageError}. */
  async sourceLines(): Promise<readonly string[]> {
    return (await this.#mirror()).lines;
  }

  /**
   * Which versions the wanted packages come down to. Asks the mirror only if the lists are older than six hours.
   * Throws {@link PackageError}.
   */
  async resolve(names: readonly string[], extent: Extent): Promise<Resolution> {
    const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(', ');
    return this.#planned({ names, extent }, `the versions of ${shown}`, (apt) => ask(apt, names, extent));
  }

  /** Names of the packages whose name matches apt's regular expression, sorted. */
  async search(pattern: string): Promise<readonly string[]> {
    const { found } = await this.#planned({ pattern }, `the names of packages (${pattern})`, async (apt) => ({
      found: await apt.search(pattern),
    }));
    return found;
  }

  /** Downloads packages into `directory` as .deb files and gives their paths. Throws {@link PackageError}. */
  async fetch(packages: readonly ResolvedPackage[], directory: string, what: string): Promise<string[]> {
    forbidOffline(`${what} (${packagesText(packages)})`);
    await mkdir(directory, { recursive: true });
    const { mirror } = await this.#mirror();
    await withProgress(this.progress, 'fetch', `${what}: ${packagesText(packages)} from ${mirror.main}`, () =>
      this.#withApt((apt) => apt.download(packages.map(pinned), directory)),
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
      if (!(error instanceof PackageError) || this.#refreshed) throw error;
      if (error.failure === 'host' || error.failure === 'offline') throw error;
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

  /** The answer to a question, which is named `what` in errors: kept, or asked now. */
  async #planned<T extends object>(question: JsonValue, what: string, asking: Asking<T>): Promise<T> {
    const key = contentKey(question);
    let answer: { readonly plan: T; readonly fetched: Fetched };
    if (isOffline()) {
      answer = await this.#kept(key, what, asking);
    } else {
      // Fetching the lists drops what was kept of the older ones.
      const before = await this.#newestPlan<T>(key);
      try {
        answer = await this.#asked(key, asking);
      } catch (error) {
        if (!(error instanceof PackageError)) throw error;
        answer = before ?? (await this.#kept(key, what, asking, error));
        noteOldPackages(this.cache, this.progress, this.codename, answer.fetched.at, error);
      }
    }
    noteUse(this.cache, this.codename, answer.fetched.at, { key, plan: answer.plan });
    return answer.plan;
  }

  /** From the own mirror's state while its lists are fresh, else from new lists. */
  async #asked<T extends object>(key: string, asking: Asking<T>): Promise<Kept<T>> {
    const { directory: own } = await this.#mirror();
    const fresh = async (): Promise<Kept<T> | undefined> => {
      const fetched = await fetchedOf(own);
      if (Date.now() - fetched.at >= LISTS_FRESH_MS) return undefined;
      const plan = await planIn<T>(own, key);
      return plan === undefined ? undefined : { plan, fetched };
    };
    const kept = await fresh();
    if (kept !== undefined) return kept;
    return this.#withApt(async (apt, directory) => {
      if (Date.now() - (await fetchedOf(directory)).at >= LISTS_FRESH_MS) await this.#refresh(apt, directory);
      // Who held the lock before us may have asked the same.
      const meanwhile = await fresh();
      if (meanwhile !== undefined) return meanwhile;
      const plan = await asking(apt);
      await keepPlan(directory, key, plan);
      return { plan, fetched: await fetchedOf(directory) };
    });
  }

  async #newestPlan<T extends object>(key: string): Promise<Kept<T> | undefined> {
    for (const { directory, fetched } of await statesOf(this.cache, this.codename)) {
      const plan = await planIn<T>(directory, key);
      if (plan !== undefined) return { plan, fetched };
    }
    return undefined;
  }

  /** From whatever plans and lists there are, however old; throws `trouble`, or that we are offline, if there are none. */
  async #kept<T extends object>(
    key: string,
    what: string,
    asking: Asking<T>,
    trouble?: PackageError,
  ): Promise<Kept<T>> {
    const kept = (await this.#newestPlan<T>(key)) ?? (await this.#fromOldLists(key, asking, trouble));
    if (kept === undefined) {
      throw (
        trouble ??
        new PackageError('offline', `offline, and not in the cache: ${what} in Debian ${this.codename}`)
      );
    }
    if (trouble === undefined) {
      noteOldPackages(this.cache, this.progress, this.codename, kept.fetched.at, 'offline');
    }
    return kept;
  }

  async #fromOldLists<T extends object>(
    key: string,
    asking: Asking<T>,
    trouble: PackageError | undefined,
  ): Promise<Kept<T> | undefined> {
    // The lists were asked and have it not, or there is no apt to ask them.
    if (trouble?.failure === 'unknown-package' || trouble?.failure === 'host') return undefined;
    for (const { name, fetched } of await statesOf(this.cache, this.codename)) {
      if (fetched.at === 0 || fetched.imported !== undefined) continue;
      return this.cache.withState(name, 'lists of packages', async (directory) => {
        const text = await readFile(join(directory, 'sources.list'), 'utf8').catch(() => '');
        if (text === '') return undefined;
        const lines = text.split('\n').filter((line) => line !== '');
        const apt = await PrivateApt.create(
          directory,
          { main: 'the kept lists', security: undefined },
          lines,
        );
        const plan = await asking(apt);
        await keepPlan(directory, key, plan);
        return { plan, fetched };
      });
    }
    return undefined;
  }

  async #refresh(apt: PrivateApt, directory: string): Promise<void> {
    const { mirror } = await this.#mirror();
    await askOnce(this.cache, mirror, apt, `lists of packages of ${this.codename}`, this.progress);
    // Plans of older lists may name versions that are gone.
    await rm(join(directory, 'plans'), { recursive: true, force: true });
    await noteFetched(directory, { at: Date.now() });
    this.#refreshed = true;
  }

  async #withApt<T>(use: (apt: PrivateApt, directory: string) => Promise<T>): Promise<T> {
    const { name, lines, mirror } = await this.#mirror();
    return this.cache.withState(name, 'lists of packages', async (directory) =>
      use(await PrivateApt.create(directory, mirror, lines), directory),
    );
  }

  #mirror(): Promise<Archive> {
    return (this.#archive ??= this.#findArchive());
  }

  async #findArchive(): Promise<Archive> {
    const mirror = mirrorFor(await hostMirror(), this.codename);
    const keyring = await archiveKeyring(mirror);
    const lines = [`deb [signed-by=${keyring}] ${mirror.main} ${this.codename} main`];
    if (mirror.security !== undefined) {
      lines.push(`deb [signed-by=${keyring}] ${mirror.security} ${this.codename}-security main`);
    }
    const name = stateName(this.codename, lines);
    return { mirror, lines, name, directory: join(this.cache.directory, 'state', name) };
  }
}

/** Where the packages of a release come from, and the state that holds what is known of it. */
interface Archive {
  readonly mirror: Mirror;
  readonly lines: readonly string[];
  readonly name: string;
  readonly directory: string;
}

/** A kept answer, and how old the lists are that it came from. */
interface Kept<T> {
  readonly plan: T;
  readonly fetched: Fetched;
}

type Asking<T> = (apt: PrivateApt) => Promise<T>;

async function ask(apt: PrivateApt, names: readonly string[], extent: Extent): Promise<Resolution> {
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
