import type { Cache } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import type { PrivateApt } from './packages-apt.js';
import { PackageError } from './packages-errors.js';
import type { Mirror } from './packages-sources.js';

/** Mirrors that did not answer, by cache: all parts of a run share one. */
const silent = new WeakMap<Cache, Map<string, PackageError>>();

/**
 * Brings the lists up to date, unless the mirror has not answered before: a run waits for a silent one once.
 * `what` is fetched, for progress. Throws {@link PackageError}.
 */
export async function askOnce(
  cache: Cache,
  mirror: Mirror,
  apt: PrivateApt,
  what: string,
  progress: ProgressSink,
): Promise<void> {
  const mirrors = silent.get(cache) ?? new Map<string, PackageError>();
  silent.set(cache, mirrors);
  const before = mirrors.get(mirror.main);
  if (before !== undefined) throw before;
  try {
    await withProgress(progress, 'fetch', `${what} from ${mirror.main}`, () => apt.update());
  } catch (error) {
    // One that lacks a release, or has an old one, does answer.
    if (error instanceof PackageError && error.failure === 'network') mirrors.set(mirror.main, error);
    throw error;
  }
}

/** What was said already, by cache: all parts of a run share one. */
const said = new WeakMap<Cache, Set<string>>();

/** `3.2 days`, `5.0 hours`. */
export function ageText(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 48 ? `${(hours / 24).toFixed(1)} days` : `${hours.toFixed(1)} hours`;
}

function because(trouble: PackageError | 'offline'): string {
  if (trouble === 'offline') return 'offline';
  switch (trouble.failure) {
    case 'network':
      return 'the mirror does not answer';
    case 'no-suite':
    case 'unknown-package':
      return 'the mirror has not what is asked';
    case 'expired':
      return 'the mirror has stood still';
    case 'host':
    case 'mirror':
    case 'keyring':
    case 'offline':
      return 'no mirror can be asked';
  }
}

/** Says once that packages of a release are taken as they were when the lists were fetched (`fetchedAt`, ms). */
export function noteOldPackages(
  cache: Cache,
  progress: ProgressSink,
  codename: string,
  fetchedAt: number,
  trouble: PackageError | 'offline',
): void {
  const age = ageText(Date.now() - fetchedAt);
  const what = `${because(trouble)}: packages of ${codename} as of ${age} ago are used`;
  const before = said.get(cache) ?? new Set<string>();
  said.set(cache, before);
  if (before.has(what)) return;
  before.add(what);
  progress({ kind: 'begin', stage: 'setup', what });
  const detail = trouble === 'offline' ? {} : { detail: trouble.message.split('\n')[0] ?? '' };
  progress({ kind: 'end', stage: 'setup', what, ms: 0, ...detail });
}
