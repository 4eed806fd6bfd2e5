import { PackageError } from './packages-errors.js';

/** Set to anything but 0: nothing may be fetched. `--offline` sets it for this process and all that it starts. */
export const OFFLINE_VARIABLE = 'ULOGCHECK_OFFLINE';

/** Whether nothing may be fetched from the network. */
export function isOffline(env: NodeJS.ProcessEnv = process.env): boolean {
  const value = env[OFFLINE_VARIABLE] ?? '';
  return value !== '' && value !== '0';
}

/** From now on neither this process nor what it starts fetches anything. */
export function goOffline(): void {
  process.env[OFFLINE_VARIABLE] = '1';
}

/**
 * Stands before everything that asks the network. Throws a {@link PackageError} when offline: `missing` names what
 * the cache lacks.
 */
export function forbidOffline(missing: string): void {
  if (isOffline()) throw new PackageError('offline', `offline, and not in the cache: ${missing}`);
}
