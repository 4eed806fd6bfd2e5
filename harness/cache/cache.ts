import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { withProgress, type ProgressSink } from '../progress.js';
import { makeDirectory } from '../setup/make-directory.js';
import { ownPath, releasePath } from '../setup/owned.mjs';
import { canonicalJson, contentKey, type JsonValue } from './key.js';
import { takeLock, tryLock } from './lock.js';
import { removeTree, sealTree } from './tree.js';
import { Users } from './users.js';

/** Raised when the meaning of entries changes; older entries are then never found, only evicted. */
const FORMAT = 1;

/** Lies in every entry: what it was made from. */
export const ENTRY_MANIFEST = '.ulogcheck-entry.json';

/** The cache cannot do what it was asked; the message says what and where. */
export class CacheError extends Error {
  override name = 'CacheError';
}

/** One complete entry, as `ulogcheck clean` lists it. */
export interface CacheUsage {
  readonly kind: string;
  readonly key: string;
  readonly path: string;
  readonly bytes: number;
  readonly lastUsed: Date;
  readonly inputs: JsonValue;
}

interface Manifest {
  readonly kind: string;
  readonly inputs: JsonValue;
  readonly bytes: number;
}

/** Golden nodes; they go when the disk is full, for they can be made again without the network. */
export const SNAPSHOT_KIND = 'snapshot';
/** Memories of golden nodes, unpacked for as long as somebody copies nodes from them. */
export const MEMORY_KIND = 'snapshot-memory';

/** Whether an error says that the disk is full, or one that caused it: of Node, or in the words of a program. */
function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return true;
  const said = 'output' in error && typeof error.output === 'string' ? error.output : error.message;
  return /No space left on device|Disk quota exceeded|enough free space/.test(said) || isNoSpace(error.cause);
}

/** The name of an entry of a kind: what it was made from, in short. */
export function entryKey(kind: string, inputs: JsonValue): string {
  return contentKey({ format: FORMAT, kind, inputs });
}

/** What is told of the entry at `path`; undefined when another process has evicted it meanwhile. */
async function readEntry(
  path: string,
): Promise<Pick<CacheUsage, 'bytes' | 'inputs' | 'lastUsed'> | undefined> {
  try {
    const { bytes, inputs } = JSON.parse(await readFile(join(path, ENTRY_MANIFEST), 'utf8')) as Manifest;
    return { bytes, inputs, lastUsed: (await stat(path)).mtime };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What an eviction did. */
export interface Eviction {
  readonly gone: readonly CacheUsage[];
  /** Would have gone, but another process uses or builds them. */
  readonly inUse: readonly CacheUsage[];
}

/** Where the cache is: ULOGCHECK_CACHE, else `~/.cache/ulogcheck` (XDG_CACHE_HOME is honoured). */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['ULOGCHECK_CACHE'];
  if (own !== undefined && own !== '') return resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg.startsWith('/') ? xdg : join(homedir(), '.cache'), 'ulogcheck');
}

/**
 * Directories named by what they were made from:
 *
 *     entries/KIND/KEY/   complete and sealed; they appear by one rename
 *     tmp/KIND-KEY.XXXXXX being built; its builder holds the lock of the same name
 *     locks/KIND-KEY      flock(2) files, never removed while the cache lives
 *     state/NAME/         mutable state with a lock of its own (lists of packages)
 *     users/ID            which entries a process uses, as long as it lives
 *
 * A directory below tmp/ whose lock is free is what a killed builder left; it is swept at the next open.
 */
export class Cache {
  readonly #building = new Map<string, Promise<string>>();
  readonly #users: Users;
  readonly #given = new Set<string>();

  private constructor(
    readonly directory: string,
    private readonly progress: ProgressSink,
  ) {
    this.#users = new Users(join(directory, 'users'));
  }

  /** Opens (and makes) the cache, and sweeps what killed builders left. Throws {@link CacheError}. */
  static async open(options: { directory?: string; progress?: ProgressSink } = {}): Promise<Cache> {
    const directory = options.directory ?? cacheDirectory();
    try {
      for (const part of ['entries', 'tmp', 'locks', 'state']) {
        await makeDirectory(join(directory, part));
      }
    } catch (error) {
      throw new CacheError(
        `cannot use the cache ${directory}: ${(error as Error).message}; set ULOGCHECK_CACHE to a directory that you may write`,
        { cause: error },
      );
    }
    const cache = new Cache(directory, options.progress ?? (() => undefined));
    await cache.#sweep();
    return cache;
  }

  /** Path of the entry if it is complete, else undefined. Never builds. Marks it as used. */
  async peek(kind: string, inputs: JsonValue): Promise<string | undefined> {
    return this.#complete(this.#entryPath(kind, inputs));
  }

  /**
   * Path of the entry made from `inputs`; `build` fills a fresh directory if there is none yet. Two runs that
   * want the same entry build it once: the second waits and says so. A `build` that throws leaves nothing.
   * All that decides the bytes must be in `inputs`.
   */
  async entry(kind: string, inputs: JsonValue, build: (directory: string) => Promise<void>): Promise<string> {
    const path = this.#entryPath(kind, inputs);
    const complete = await this.#complete(path);
    if (complete !== undefined) return complete;
    const running = this.#building.get(path);
    if (running !== undefined) return running;
    const building = this.#buildEntry(kind, inputs, path, build).finally(() => this.#building.delete(path));
    this.#building.set(path, building);
    this.#given.add(await building);
    return building;
  }

  /** The entries that were given out through this object, sorted by kind and key. */
  async given(): Promise<CacheUsage[]> {
    const all = await this.usage();
    const name = ({ kind, key }: CacheUsage): string => `${kind}/${key}`;
    return all.filter(({ path }) => this.#given.has(path)).sort((a, b) => (name(a) < name(b) ? -1 : 1));
  }

  /**
   * Runs `use` with `state/NAME/`, a directory for things that change, while no other run does the same.
   * `use` must leave it usable if it is killed at any moment. `what` names it for a run that has to wait.
   */
  async withState<T>(name: string, what: string, use: (directory: string) => Promise<T>): Promise<T> {
    const directory = join(this.directory, 'state', name);
    await mkdir(directory, { recursive: true });
    return this.#locked(`state-${name}`, what, () => use(directory));
  }

  /**
   * Runs `use` with an empty directory on the cache's file system, while no other run does the same under this
   * name. The directory goes away afterwards, or when this process ends. `what` names it for a run that has to wait.
   */
  async withScratch<T>(name: string, what: string, use: (directory: string) => Promise<T>): Promise<T> {
    return this.#locked(name, what, async () => {
      const directory = await this.#temporary(name);
      try {
        return await use(directory);
      } finally {
        await removeTree(directory);
        releasePath(directory);
      }
    });
  }

  /** All complete entries, the one longest unused first. */
  async usage(): Promise<CacheUsage[]> {
    const found: CacheUsage[] = [];
    for (const kind of await readdir(join(this.directory, 'entries'))) {
      for (const key of await readdir(join(this.directory, 'entries', kind))) {
        const path = join(this.directory, 'entries', kind, key);
        const entry = await readEntry(path);
        if (entry !== undefined) found.push({ kind, key, path, ...entry });
      }
    }
    return found.sort((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime());
  }

  /**
   * Removes the entries that nobody used for `unusedMs` milliseconds (0: all) and the mutable state if all go.
   * What another process was given stays as long as that one lives, and what is being built stays.
   */
  async evict(unusedMs: number): Promise<Eviction> {
    const gone: CacheUsage[] = [];
    const inUse: CacheUsage[] = [];
    const used = await this.#users.othersUse();
    for (const entry of await this.usage()) {
      if (Date.now() - entry.lastUsed.getTime() < unusedMs) continue;
      ((await this.#evictOne(entry, used)) ? gone : inUse).push(entry);
    }
    if (unusedMs === 0) {
      for (const name of await readdir(join(this.directory, 'state'))) {
        await using lock = await tryLock(this.#lockFile(`state-${name}`));
        if (lock !== undefined) await this.#discard(join(this.directory, 'state', name), `state-${name}`);
      }
    }
    return { gone, inUse };
  }

  /**
   * Removes entries of a kind, the longest unused first, until `enough` holds of those that are left, or none is left
   * that could go: what another process uses stays, and what this cache gave out. Tells what went.
   */
  async evictKind(
    kind: string,
    enough: (left: readonly CacheUsage[]) => Promise<boolean>,
  ): Promise<CacheUsage[]> {
    const gone: CacheUsage[] = [];
    let left = (await this.usage()).filter((entry) => entry.kind === kind);
    if (await enough(left)) return gone;
    const used = await this.#users.othersUse();
    for (const entry of left) {
      if (this.#given.has(entry.path) || !(await this.#evictOne(entry, used))) continue;
      gone.push(entry);
      left = left.filter((other) => other !== entry);
      if (await enough(left)) break;
    }
    return gone;
  }

  /** Removes these entries. What another process was given stays as long as that one lives. */
  async remove(entries: readonly CacheUsage[]): Promise<Eviction> {
    const gone: CacheUsage[] = [];
    const inUse: CacheUsage[] = [];
    const used = await this.#users.othersUse();
    for (const entry of entries) ((await this.#evictOne(entry, used)) ? gone : inUse).push(entry);
    return { gone, inUse };
  }

  /** These entries are not used any more by whom this cache gave them: they may go when the space is needed. */
  release(paths: readonly string[]): void {
    for (const path of paths) this.#given.delete(path);
  }

  async #buildEntry(
    kind: string,
    inputs: JsonValue,
    path: string,
    build: (directory: string) => Promise<void>,
  ): Promise<string> {
    const name = `${kind}-${basename(path)}`;
    return this.#locked(name, kind, async () => {
      // Whoever held the lock before us may have built it.
      const complete = await this.#complete(path);
      if (complete !== undefined) return complete;
      try {
        return await this.#buildLocked(name, kind, inputs, path, build);
      } catch (error) {
        // Who makes what goes first looks after space by himself.
        if (kind === SNAPSHOT_KIND || !isNoSpace(error)) throw error;
        return await this.#buildWithMoreSpace(kind, error, () =>
          this.#buildLocked(name, kind, inputs, path, build),
        );
      }
    });
  }

  /** Once more, without the entries that are the first to go. Throws {@link CacheError}. */
  async #buildWithMoreSpace(kind: string, cause: unknown, build: () => Promise<string>): Promise<string> {
    const gone: CacheUsage[] = [];
    for (const first of [MEMORY_KIND, SNAPSHOT_KIND]) {
      gone.push(...(await this.evictKind(first, () => Promise.resolve(false))));
    }
    try {
      if (gone.length > 0) return await build();
    } catch (error) {
      if (!isNoSpace(error)) throw error;
    }
    throw new CacheError(
      `the disk of the cache ${this.directory} is full, and ${kind} cannot be written: free some space ` +
        '(`ulogcheck cache` tells what the cache holds, `ulogcheck clean` and `ulogcheck kernels prune` remove ' +
        'it), or set ULOGCHECK_CACHE to a directory that has more',
      { cause },
    );
  }

  async #buildLocked(
    name: string,
    kind: string,
    inputs: JsonValue,
    path: string,
    build: (directory: string) => Promise<void>,
  ): Promise<string> {
    const temporary = await this.#temporary(name);
    try {
      await build(temporary);
      const manifest: Manifest = { kind, inputs, bytes: await sealTree(temporary) };
      await writeFile(join(temporary, ENTRY_MANIFEST), `${canonicalJson({ ...manifest })}\n`, {
        mode: 0o444,
      });
      await mkdir(join(this.directory, 'entries', kind), { recursive: true });
      await rename(temporary, path);
    } catch (error) {
      await removeTree(temporary);
      throw error;
    } finally {
      releasePath(temporary);
    }
    return path;
  }

  async #complete(path: string): Promise<string | undefined> {
    await this.#users.use(relative(join(this.directory, 'entries'), path));
    try {
      const now = new Date();
      await utimes(path, now, now);
      this.#given.add(path);
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      // A cache that another user made: readable, only its time of last use cannot be set.
      if (code === 'EPERM' || code === 'EACCES' || code === 'EROFS') {
        this.#given.add(path);
        return path;
      }
      throw error;
    }
  }

  /** Runs `use` while this process holds the lock; says so if it has to wait for another run. */
  async #locked<T>(name: string, what: string, use: () => Promise<T>): Promise<T> {
    await using lock = await takeLock(this.#lockFile(name), () => {
      const event = { stage: 'setup', what: `wait for another run that prepares ${what}` } as const;
      this.progress({ kind: 'begin', ...event });
      const started = performance.now();
      return () => this.progress({ kind: 'end', ...event, ms: performance.now() - started });
    });
    return await lock.hold(use);
  }

  #entryPath(kind: string, inputs: JsonValue): string {
    return join(this.directory, 'entries', kind, entryKey(kind, inputs));
  }

  #lockFile(name: string): string {
    return join(this.directory, 'locks', name);
  }

  /** False when the entry is in use, or being built. */
  async #evictOne(entry: CacheUsage, used: ReadonlySet<string>): Promise<boolean> {
    const name = `${entry.kind}/${entry.key}`;
    await using lock = await tryLock(this.#lockFile(name.replace('/', '-')));
    return !used.has(name) && lock !== undefined && (await this.#discardUnlessUsed(entry));
  }

  /** Out of sight by one rename, so that a kill in the middle of the removal leaves no half entry. */
  async #discard(path: string, name: string): Promise<void> {
    const grave = await this.#temporary(name);
    await rename(path, join(grave, 'old'));
    await removeTree(grave);
    releasePath(grave);
  }

  /**
   * Removes an entry whose lock is held, unless somebody begins to use it meanwhile: users note that before they look
   * whether it is there. Tells whether it is gone.
   */
  async #discardUnlessUsed({ kind, key, path }: CacheUsage): Promise<boolean> {
    const grave = await this.#temporary(`${kind}-${key}`);
    const name = `${kind}/${key}`;
    try {
      await rename(path, join(grave, 'old'));
      const taken = (await this.#users.othersNamed()).has(name);
      if (taken) await rename(join(grave, 'old'), path);
      return !taken;
    } catch (error) {
      // Who looked for space at the same time removed it before we held its lock.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return true;
    } finally {
      await removeTree(grave);
      releasePath(grave);
    }
  }

  /** A directory below tmp/ that goes away with this process; its name tells the lock that guards it. */
  async #temporary(name: string): Promise<string> {
    const path = ownPath(join(this.directory, 'tmp', `${name}.${randomUUID().slice(0, 8)}`));
    await mkdir(path);
    return path;
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(join(this.directory, 'tmp'))) {
      await using lock = await tryLock(this.#lockFile(name.replace(/\.[^.]*$/, '')));
      if (lock === undefined) continue;
      await withProgress(this.progress, 'clean', `remove what a killed run left (${name})`, () =>
        removeTree(join(this.directory, 'tmp', name)),
      );
    }
  }
}
