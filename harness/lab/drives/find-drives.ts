import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GuestSession, shellCommand } from '../../guest/index.js';
import { projectRoot } from '../../setup/root.mjs';

const SOURCE = join(projectRoot, 'harness/lab/guest/find-drives.pl');
/** Where it lies in the guest. */
const PROGRAM = '/run/ulogcheck-find-drives';
const SECONDS = 60;
const DEADLINE_MS = 90_000;

/** Where the guest's sysfs has the units of all its own iSCSI sessions. */
export const IN_SESSIONS = '/sys/class/iscsi_session/session*/device/target*/*:*:*:*';
/** The same for a disk that was plugged into the bus of virtio-scsi at this id. */
export const PLUGGED_AT = (scsiId: number): string => `/sys/bus/scsi/devices/*:0:${scsiId}:0`;

/** Device nodes of a disk in the guest, by the designator that both sides know. */
export interface FoundDrive {
  readonly naa: string;
  readonly sd: string;
  readonly sg: string;
}

/**
 * Waits until the guest has, or has no more, the disks with these NAA designators below `place`; for `come` their device
 * nodes, in the same order. `first` is shell text that is run before in the same command; the disks are looked for when it
 * succeeds. Throws GuestCommandError or GuestCommandStalled.
 */
export async function findDrives(
  guest: GuestSession,
  what: 'come' | 'go',
  place: string,
  naas: readonly string[],
  first: readonly string[] = [],
): Promise<FoundDrive[]> {
  await guest.writeFile(PROGRAM, await readFile(SOURCE), 0o755);
  const find = shellCommand([PROGRAM, String(SECONDS), what, place, ...naas]);
  const output = await guest.succeed([...first, `exec ${find}`].join(' && '), { deadlineMs: DEADLINE_MS });
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [naa = '', sd = '', sg = ''] = line.split(' ');
      return { naa, sd, sg };
    });
}
