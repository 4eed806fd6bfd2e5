import { join } from 'node:path';
import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { isOffline } from './offline.js';
import { PrivateApt, archiveKeyring, hostMirror } from './packages-apt.js';
import { PackageError } from './packages-errors.js';
import { askOnce } from './packages-silence.js';
import {
  codenameIn,
  fetchedOf,
  keepCodename,
  noteFetched,
  noteUse,
  stateName,
  statesOf,
  type Fetched,
} from './packages-states.js';

/** Lists older than this are fetched anew, milliseconds. */
export const LISTS_FRESH_MS = 6 * 60 * 60 * 1000;

interface Known {
  readonly codename: string;
  readonly fetched: Fetched;
}

/**
 * The codename of Debian's current stable release, as the mirror says if it was not asked for six hours; as it was
 * last known if we are offline or the mirror does not answer. Throws {@link PackageError}.
 */
export async function stableCodename(cache: Cache, progress: ProgressSink): Promise<string> {
  const { codename, fetched } = isOffline() ? await lastKnown(cache) : await asked(cache, progress);
  noteUse(cache, 'stable', fetched.at, { codename });
  return codename;
}

async function lastKnown(cache: Cache, trouble?: PackageError): Promise<Known> {
  for (const { directory, fetched } of await statesOf(cache, 'stable')) {
    const codename = await codenameIn(directory);
    if (codename !== undefined) return { codename, fetched };
  }
  throw (
    trouble ??
    new PackageError('offline', "offline, and not in the cache: the name of Debian's stable release")
  );
}

async function asked(cache: Cache, progress: ProgressSink): Promise<Known> {
  try {
    const mirror = await hostMirror();
    const keyring = await archiveKeyring(mirror);
    // `target=none` fetches the signed InRelease file and no list at all.
    const lines = [`deb [target=none signed-by=${keyring}] ${mirror.main} stable main`];
    const name = stateName('stable', lines);
    const fresh = await freshIn(join(cache.directory, 'state', name));
    if (fresh !== undefined) return fresh;
    return await cache.withState(name, 'the name of the stable release', async (directory) => {
      const meanwhile = await freshIn(directory);
      if (meanwhile !== undefined) return meanwhile;
      const apt = await PrivateApt.create(directory, mirror, lines);
      await askOnce(cache, mirror, apt, "name of Debian's stable release", progress);
      const codename = await apt.releaseField('stable', 'Codename');
      if (codename === undefined) {
        throw new PackageError('mirror', `${mirror.main}/dists/stable/InRelease names no codename`);
      }
      const fetched = { at: Date.now() };
      await keepCodename(directory, codename);
      await noteFetched(directory, fetched);
      return { codename, fetched };
    });
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return lastKnown(cache, error);
  }
}

async function freshIn(directory: string): Promise<Known | undefined> {
  const fetched = await fetchedOf(directory);
  const codename = await codenameIn(directory);
  return codename !== undefined && Date.now() - fetched.at < LISTS_FRESH_MS
    ? { codename, fetched }
    : undefined;
}
