import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk } from './node.js';

/** Default size of a disk in bytes: sparse, so only what is written costs anything. */
const DISK_BYTES = 64 * 1024 * 1024;

/** Creates an empty sparse disk of `bytes` for each serial in `directory`. */
export async function createDisks(
  directory: string,
  serials: readonly string[],
  bytes = DISK_BYTES,
): Promise<Disk[]> {
  const disks: Disk[] = [];
  for (const serial of serials) {
    const path = join(directory, `${serial}.img`);
    const file = await open(path, 'w');
    try {
      await file.truncate(bytes);
    } finally {
      await file.close();
    }
    disks.push({ serial, path });
  }
  return disks;
}
