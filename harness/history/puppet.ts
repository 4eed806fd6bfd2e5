import type { History } from './history.js';

/** What the header of a history calls the puppet, the daemon whose answers the test decides (docs/puppet.md). */
export const PUPPET_DAEMON = 'puppet';

/** What it calls the daemon where there is none: drives are under test. */
export const NO_DAEMON = 'none';

/** True when the puppet answered the kernel: what it does wrong, it was told to do. */
export function isPuppetHistory({ header }: Pick<History, 'header'>): boolean {
  return header.daemon === PUPPET_DAEMON;
}
