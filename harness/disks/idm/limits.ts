/** Which limit of the table a new entry would break (spec idm 6.4). */
import type { MutexOutcome } from './answers.js';
import type { Limits } from './firmware.js';
import type { Entry, Mutex } from './mutex.js';

/** Hosts of all entries but one. */
export function hostsBut(mutexes: Iterable<Mutex>, but?: Entry): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const { entries } of mutexes) for (const entry of entries) if (entry !== but) hosts.add(entry.host);
  return hosts;
}

/**
 * The limit that one more entry of `host` would break, if any. The 33rd host of one mutex is told 42h although 32 hosts
 * are all that the drive takes, too (spec idm 11); among the others the order is nobody's.
 * @param joined the mutex that the entry is for, unless it is a new one
 */
export function limitReached(
  mutexes: readonly Mutex[],
  host: string,
  joined: Mutex | undefined,
  limits: Limits,
): MutexOutcome | undefined {
  if (joined !== undefined && joined.entries.length >= limits.hostsOfMutex) return 'hosts-of-mutex-full';
  if (mutexes.reduce((sum, { entries }) => sum + entries.length, 0) >= limits.entries) return 'entries-full';
  const hosts = hostsBut(mutexes);
  return !hosts.has(host) && hosts.size >= limits.hosts ? 'hosts-full' : undefined;
}
