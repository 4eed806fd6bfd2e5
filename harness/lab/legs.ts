import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { VmDisk } from '../vm/index.js';

/** Size of each mirror leg in bytes: sparse, so only what is written costs anything. */
const LEG_BYTES = 64 * 1024 * 1024;

/** Creates `count` empty sparse disks leg0, leg1, … in `directory`. */
export async function createLegs(directory: string, count: number): Promise<VmDisk[]> {
  const disks: VmDisk[] = [];
  for (let index = 0; index < count; index++) {
    const serial = `leg${index}`;
    const path = join(directory, `${serial}.img`);
    const file = await open(path, 'w');
    try {
      await file.truncate(LEG_BYTES);
    } finally {
      await file.close();
    }
    disks.push({ serial, path, readOnly: false });
  }
  return disks;
}
