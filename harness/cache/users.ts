import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from '../setup/file-lock.mjs';
import { ownPath } from '../setup/owned.mjs';
import { tryLock } from './lock.js';

/**
 * Who uses which entries: `users/ID`, one file for each process that was given entries, with the name of an entry
 * (`KIND/KEY`) on each line. The process holds a flock(2) on its file for as long as it lives, so that a file
 * whose lock is free says nothing. A file that has no lock yet is called `.ID`.
 */
export class Users {
  #mine: Promise<string | undefined> | undefined;
  readonly #named = new Set<string>();

  constructor(private readonly directory: string) {}

  /** Notes that this process uses an entry from now on. Call it BEFORE looking whether the entry is there. */
  async use(name: string): Promise<void> {
    const file = await (this.#mine ??= this.#begin());
    if (file === undefined || this.#named.has(name)) return;
    this.#named.add(name);
    appendFileSync(file, `${name}\n`);
  }

  /** Names of the entries that living processes use, this one not counted. Removes the files of dead ones. */
  async othersUse(): Promise<ReadonlySet<string>> {
    for (const file of await this.#others()) {
      await using free = await tryLock(file);
      if (free !== undefined) await rm(file, { force: true });
    }
    return this.othersNamed();
  }

  /** The same, without looking who is dead: quicker, and may name too many. */
  async othersNamed(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (const file of await this.#others()) {
      const text = await readFile(file, 'utf8').catch(() => '');
      for (const name of text.split('\n')) if (name !== '') names.add(name);
    }
    return names;
  }

  async #others(): Promise<string[]> {
    const mine = await this.#mine;
    const ids = await readdir(this.directory).catch(() => []);
    return ids
      .filter((id) => !id.startsWith('.'))
      .map((id) => join(this.directory, id))
      .filter((file) => file !== mine);
  }

  async #begin(): Promise<string | undefined> {
    const id = randomUUID().slice(0, 13);
    const unlocked = ownPath(join(this.directory, `.${id}`));
    const file = ownPath(join(this.directory, id));
    try {
      await mkdir(this.directory, { recursive: true });
      await writeFile(unlocked, '');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A cache that another user made, and that we cannot clean either.
      if (code === 'EPERM' || code === 'EACCES' || code === 'EROFS') return undefined;
      throw error;
    }
    await lockFile(unlocked, 'exclusive', () => undefined);
    await rename(unlocked, file);
    return file;
  }
}
