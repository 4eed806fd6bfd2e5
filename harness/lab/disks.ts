import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A raw image on the host; several nodes may be given the same one. */
export interface Disk {
  readonly serial: string;
  readonly path: string;
}

/**
 * Serials of the disks that every node has from its boot on: two legs and a log device. Copies of a golden node get
 * images of their own for them; further disks are plugged in.
 */
export const BUILT_IN_SERIALS = ['leg0', 'leg1', 'log'] as const;

/** Default size of a disk in bytes, and that of the built-in ones: sparse, so only what is written costs anything. */
export const DISK_BYTES = 64 * 1024 * 1024;

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

/** Where the disks of a copy go. */
export interface PlacedDisks {
  /** Images of the built-in disks; undefined where the copy is given none. */
  readonly builtIn: readonly (Disk | undefined)[];
  /** To be plugged in, at the targets behind those. */
  readonly plugged: readonly Disk[];
  /** SCSI target of each disk, in the order in which they were given. */
  readonly targets: readonly number[];
}

/** A disk that has the serial and the size of a built-in one takes its place: the guest has learned both already. */
export async function placeDisks(disks: readonly Disk[]): Promise<PlacedDisks> {
  const builtIn: (Disk | undefined)[] = BUILT_IN_SERIALS.map(() => undefined);
  const plugged: Disk[] = [];
  const targets: number[] = [];
  for (const disk of disks) {
    const slot = BUILT_IN_SERIALS.findIndex((serial) => serial === disk.serial);
    const fits = slot >= 0 && builtIn[slot] === undefined && (await stat(disk.path)).size === DISK_BYTES;
    if (fits) builtIn[slot] = disk;
    else plugged.push(disk);
    targets.push(fits ? slot : BUILT_IN_SERIALS.length + plugged.length - 1);
  }
  return { builtIn, plugged, targets };
}
