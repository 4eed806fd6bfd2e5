import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, contentKey, type Cache, type JsonValue } from '../cache/index.js';

/**
 * What is known of a Debian release without asking anybody: directories `state/apt-RELEASE-NAME/` of the cache, one
 * for each mirror that was asked and one for each archive that was imported:
 *
 *     fetched.json   when the lists were fetched, and when they were imported from another machine, if they were
 *     plans/KEY.json what a question came down to: packages with versions and hashes
 *     absent.json    when and why the mirror said that it has no such release
 *     codename       of RELEASE `stable` only
 *     sources.list   and lists/: apt's own; an imported one has none
 */
export interface ReleaseState {
  /** Name of the directory. */
  readonly name: string;
  readonly directory: string;
  readonly fetched: Fetched;
}

/** Milliseconds since 1970. */
export interface Fetched {
  /** When the lists were fetched; 0 for never. */
  readonly at: number;
  /** When they came from another machine. */
  readonly imported?: number;
}

/** What was resolved from the lists of one release, and taken up by a run. */
export interface UsedPlans {
  readonly release: string;
  /** When the lists were fetched, milliseconds since 1970. */
  readonly fetchedAt: number;
  /** Of release `stable`. */
  readonly codename?: string | undefined;
  readonly plans: Readonly<Record<string, JsonValue>>;
}

/** Name of the state of a release: `which` tells its origin. */
export function stateName(release: string, which: JsonValue): string {
  return `apt-${release}-${contentKey(which)}`;
}

/** The states of a release, the one last fetched or imported first. */
export async function statesOf(cache: Cache, release: string): Promise<ReleaseState[]> {
  const states: ReleaseState[] = [];
  for (const name of await readdir(join(cache.directory, 'state'))) {
    // Names of releases begin with those of others: `trixie-backports`.
    const key = name.startsWith(`apt-${release}-`) ? name.slice(`apt-${release}-`.length) : '';
    if (key === '' || key.includes('-')) continue;
    const directory = join(cache.directory, 'state', name);
    states.push({ name, directory, fetched: await fetchedOf(directory) });
  }
  const recency = ({ fetched }: ReleaseState): number => Math.max(fetched.at, fetched.imported ?? 0);
  return states.sort((a, b) => recency(b) - recency(a));
}

/** When the lists of a state were fetched. */
export async function fetchedOf(directory: string): Promise<Fetched> {
  return (await readJson<Fetched>(join(directory, 'fetched.json'))) ?? { at: 0 };
}

/** Notes when the lists of a state were fetched. */
export async function noteFetched(directory: string, fetched: Fetched): Promise<void> {
  await writeAtomically(join(directory, 'fetched.json'), JSON.stringify(fetched));
}

/** A mirror has not the release of a state. */
export interface Absence {
  /** When it said so, milliseconds since 1970. */
  readonly at: number;
  readonly why: string;
}

/** That the mirror of a state has not its release, if it said so less than `freshMs` milliseconds ago. */
export async function absenceIn(directory: string, freshMs: number): Promise<Absence | undefined> {
  const absence = await readJson<Absence>(join(directory, 'absent.json'));
  return absence !== undefined && Date.now() - absence.at < freshMs ? absence : undefined;
}

/** Notes that the mirror of a state has not its release. */
export async function noteAbsence(directory: string, why: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeAtomically(join(directory, 'absent.json'), JSON.stringify({ at: Date.now(), why }));
}

/** The codename that the state of the release `stable` holds. */
export async function codenameIn(directory: string): Promise<string | undefined> {
  return readFile(join(directory, 'codename'), 'utf8').catch(() => undefined);
}

/** Keeps the codename of the release `stable`. */
export async function keepCodename(directory: string, codename: string): Promise<void> {
  await writeAtomically(join(directory, 'codename'), codename);
}

/** A kept answer, or undefined. */
export async function planIn<T extends object>(directory: string, key: string): Promise<T | undefined> {
  return readJson<T>(join(directory, 'plans', `${key}.json`));
}

/** Keeps the answer to a question. */
export async function keepPlan(directory: string, key: string, answer: object): Promise<void> {
  await mkdir(join(directory, 'plans'), { recursive: true });
  await writeAtomically(join(directory, 'plans', `${key}.json`), canonicalJson(answer as JsonValue));
}

const used = new WeakMap<Cache, Map<string, UsedPlans>>();

/** Notes that somebody who works with this cache took up an answer: what an export must carry. */
export function noteUse(
  cache: Cache,
  release: string,
  fetchedAt: number,
  answer: { readonly codename: string } | { readonly key: string; readonly plan: object },
): void {
  const releases = used.get(cache) ?? new Map<string, UsedPlans>();
  used.set(cache, releases);
  const before = releases.get(release) ?? { release, fetchedAt, plans: {} };
  releases.set(release, {
    ...before,
    fetchedAt: Math.min(before.fetchedAt, fetchedAt),
    ...('codename' in answer
      ? { codename: answer.codename }
      : { plans: { ...before.plans, [answer.key]: answer.plan as JsonValue } }),
  });
}

/** All answers that were taken up through this cache, by release. */
export function usedPlans(cache: Cache): UsedPlans[] {
  return [...(used.get(cache)?.values() ?? [])].sort((a, b) => (a.release < b.release ? -1 : 1));
}

/** Lays what another machine resolved into the cache, where it is found before what this one resolved earlier. */
export async function importPlans(cache: Cache, imported: UsedPlans, now = Date.now()): Promise<void> {
  const { release, fetchedAt, codename, plans } = imported;
  const name = stateName(release, { imported: plans, codename: codename ?? null });
  await cache.withState(name, 'lists of packages', async (directory) => {
    for (const [key, plan] of Object.entries(plans)) await keepPlan(directory, key, plan as object);
    if (codename !== undefined) await keepCodename(directory, codename);
    // Last: a state without it is the last to be looked at.
    await noteFetched(directory, { at: fetchedAt, imported: now });
  });
}

async function readJson<T>(path: string): Promise<T | undefined> {
  return readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as T,
    () => undefined,
  );
}

/** Appears whole or not at all. */
async function writeAtomically(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
