import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentKey, type Cache, type JsonValue } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { isOffline } from './offline.js';
import { PrivateApt, archiveKeyring, hostMirror } from './packages-apt.js';
import { PackageError } from './packages-errors.js';
import { askOnce, noteOldPackages } from './packages-silence.js';
import { LISTS_FRESH_MS } from './packages-stable.js';
import { mirrorFor, type Mirror } from './packages-sources.js';
import {
  absenceIn,
  fetchedOf,
  keepPlan,
  noteAbsence,
  noteFetched,
  noteUse,
  planIn,
  stateName,
  statesOf,
  type Fetched,
} from './packages-states.js';

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

/**
 * What lists of packages hold, in words of sources.list(5). Those of sources are a state of their own, since they are
 * as large as those of packages, and hardly anybody needs them.
 */
export type ListType = 'deb' | 'deb-src';

/**
 * The lists of one Debian release: of its main archive and its security archive, through an apt of our own.
 * What was asked of them once is kept as a plan, so that a second run needs neither the network nor apt.
 *
 * When offline, or when the mirror does not answer, older plans are used, else older lists, and that is said.
 */
export class PackageLists {
  #refreshed = false;
  #archive: Promise<Archive> | undefined;

  constructor(
    private readonly cache: Cache,
    private readonly progress: ProgressSink,
    /** e.g. `trixie`, `trixie-backports`. */
    private readonly codename: string,
    private readonly type: ListType,
  ) {}

  /** Whether they were fetched anew through this object. */
  get refreshed(): boolean {
    return this.#refreshed;
  }

  /** Names the states of these lists, and what is taken from them into an archive. */
  get #release(): string {
    switch (this.type) {
      case 'deb':
        return this.codename;
      case 'deb-src':
        return `source-${this.codename}`;
    }
  }

  get #what(): string {
    return this.type === 'deb' ? 'lists of packages' : 'lists of source packages';
  }

  /** Fetches the lists anew, however old they are. Throws {@link PackageError}. */
  async refresh(): Promise<void> {
    await this.withApt((apt, directory) => this.#refresh(apt, directory));
  }

  /** The answer to a question, which is named `what` in errors: kept, or asked now. */
  async planned<T extends object>(question: JsonValue, what: string, asking: Asking<T>): Promise<T> {
    const key = contentKey(question);
    let answer: { readonly plan: T; readonly fetched: Fetched };
    if (isOffline()) {
      await this.#forbidAbsent();
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
    noteUse(this.cache, this.#release, answer.fetched.at, { key, plan: answer.plan });
    return answer.plan;
  }

  /** From the own mirror's state while its lists are fresh, else from new lists. */
  async #asked<T extends object>(key: string, asking: Asking<T>): Promise<Kept<T>> {
    const { directory: own } = await this.archive();
    const fresh = async (): Promise<Kept<T> | undefined> => {
      const fetched = await fetchedOf(own);
      if (Date.now() - fetched.at >= LISTS_FRESH_MS) return undefined;
      const plan = await planIn<T>(own, key);
      return plan === undefined ? undefined : { plan, fetched };
    };
    const kept = await fresh();
    if (kept !== undefined) return kept;
    const absent = await absenceIn(own, LISTS_FRESH_MS);
    if (absent !== undefined) throw new PackageError('no-suite', absent.why, { since: absent.at });
    return this.withApt(async (apt, directory) => {
      if (Date.now() - (await fetchedOf(directory)).at >= LISTS_FRESH_MS) await this.#refresh(apt, directory);
      // Who held the lock before us may have asked the same.
      const meanwhile = await fresh();
      if (meanwhile !== undefined) return meanwhile;
      const plan = await asking(apt);
      await keepPlan(directory, key, plan);
      return { plan, fetched: await fetchedOf(directory) };
    });
  }

  /** What the mirror was known not to have need not be fetched. Throws {@link PackageError}. */
  async #forbidAbsent(): Promise<void> {
    for (const { directory, fetched } of await statesOf(this.cache, this.#release)) {
      const absent = await absenceIn(directory, Infinity);
      if (absent !== undefined && fetched.at === 0) {
        throw new PackageError('no-suite', absent.why, { since: absent.at });
      }
    }
  }

  async #newestPlan<T extends object>(key: string): Promise<Kept<T> | undefined> {
    for (const { directory, fetched } of await statesOf(this.cache, this.#release)) {
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
    for (const { name, fetched } of await statesOf(this.cache, this.#release)) {
      if (fetched.at === 0 || fetched.imported !== undefined) continue;
      return this.cache.withState(name, this.#what, async (directory) => {
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
    const { mirror } = await this.archive();
    try {
      await askOnce(this.cache, mirror, apt, `${this.#what} of ${this.codename}`, this.progress);
    } catch (error) {
      if (error instanceof PackageError && error.failure === 'no-suite') {
        await noteAbsence(directory, error.message);
      }
      throw error;
    }
    // Plans of older lists may name versions that are gone.
    await rm(join(directory, 'plans'), { recursive: true, force: true });
    await noteFetched(directory, { at: Date.now() });
    this.#refreshed = true;
  }

  /** Runs `use` with an apt that knows the lists, as they are. */
  async withApt<T>(use: (apt: PrivateApt, directory: string) => Promise<T>): Promise<T> {
    const { name, lines, mirror } = await this.archive();
    return this.cache.withState(name, this.#what, async (directory) =>
      use(await PrivateApt.create(directory, mirror, lines), directory),
    );
  }

  /** Where the packages come from. Throws {@link PackageError}. */
  archive(): Promise<Archive> {
    return (this.#archive ??= this.#findArchive());
  }

  async #findArchive(): Promise<Archive> {
    const mirror = mirrorFor(await hostMirror(), this.codename);
    const keyring = await archiveKeyring(mirror);
    const lines = [`${this.type} [signed-by=${keyring}] ${mirror.main} ${this.codename} main`];
    if (mirror.security !== undefined) {
      lines.push(`${this.type} [signed-by=${keyring}] ${mirror.security} ${this.codename}-security main`);
    }
    const name = stateName(this.#release, lines);
    return { mirror, lines, name, directory: join(this.cache.directory, 'state', name) };
  }
}
