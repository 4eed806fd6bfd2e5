import type { RunDescription } from '../harness/results/model.js';

interface NamedUserland {
  readonly userland: string;
  readonly lvmVersion?: string | undefined;
  readonly lvm?: RunDescription['options']['lvm'] | undefined;
}

/**
 * A userland as reports name it, with what is known of the LVM in it: `bullseye (LVM 2.03.11)`, and
 * `trixie (LVM 2.03.31 clustered)` where it is not the stock one.
 */
export function userlandText({ userland, lvmVersion, lvm = 'stock' }: NamedUserland): string {
  const words = [...(lvmVersion === undefined ? [] : [lvmVersion]), ...(lvm === 'stock' ? [] : [lvm])];
  return words.length === 0 ? userland : `${userland} (LVM ${words.join(' ')})`;
}
