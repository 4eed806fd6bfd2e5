import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk } from './node.js';

/** Size of each disk in bytes: sparse, so only what is written costs anything. */
const DISK_BYTES = 64 * 1024 * 1024;

/** Creates an empty sparse disk for each serial in `directory`. */
export async function createDisks(directory: string, serials: readonly string[]): Promise<Disk[]> {
  const disks: Disk[] = [];
  for (const serial of serials) {
    const path = join(directory, `${serial}.img`);
    const file = await open(path, 'w');
    try {
      await file.truncate(DISK_BYTES);
    } finally {
      await file.close();
    }
    disks.push({ serial, path });
  }
  return disks;
}
