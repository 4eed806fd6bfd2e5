import { constants } from 'node:fs';
import { access, readdir, realpath, stat } from 'node:fs/promises';
import { DriveRefused } from './identify.js';

/** Character devices of SCSI generic (Documentation/admin-guide/devices.txt). */
const SG_MAJOR = 21;

const majorOf = (device: number): number => (device >>> 8) & 0xfff;
const minorOf = (device: number): number => (device & 0xff) | ((device >>> 12) & 0xfff00);

/**
 * Looks whether a path is the node of a SCSI generic device that may be opened, and touches nothing. Gives the path without
 * links. Throws DriveRefused, which tells what it is instead and, of a disk, what its SCSI generic device is.
 */
export async function checkDeviceFile(path: string): Promise<string> {
  const refuse = (why: string): never => {
    throw new DriveRefused(`--drive ${path}: ${why}`);
  };
  const real = await realpath(path).catch((error: unknown) => {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return refuse(
      code === 'ENOENT'
        ? 'there is no such device. `lsscsi -g` lists them; without any /dev/sg* load the module: modprobe sg'
        : `cannot be looked at (${code})`,
    );
  });
  const file = await stat(real);
  if (file.isBlockDevice()) return refuse(await ofBlockDevice(`${majorOf(file.rdev)}:${minorOf(file.rdev)}`));
  if (!file.isCharacterDevice())
    return refuse('is no device. Give the SCSI generic device of a drive: /dev/sgN');
  if (majorOf(file.rdev) !== SG_MAJOR)
    return refuse('is no SCSI generic device. Give that of a drive, /dev/sgN; `lsscsi -g` lists them');
  await access(real, constants.R_OK | constants.W_OK).catch(() =>
    refuse(
      'this user may not read and write it. Run as root, which mutex commands need anyway (CAP_SYS_RAWIO)',
    ),
  );
  return real;
}

/** What to say of a block device. */
async function ofBlockDevice(number: string): Promise<string> {
  const sysfs = `/sys/dev/block/${number}`;
  const isPartition = await stat(`${sysfs}/partition`).then(
    () => true,
    () => false,
  );
  const disk = isPartition ? `${sysfs}/..` : sysfs;
  const [generic] = await readdir(`${disk}/device/scsi_generic`).catch((): string[] => []);
  const what = isPartition ? 'is a partition, and mutexes are those of a whole drive' : 'is a block device';
  return generic === undefined
    ? `${what}; its disk has no SCSI generic device (no SCSI disk, or the module sg is not loaded)`
    : `${what}. Give the drive's SCSI generic device: /dev/${generic}`;
}
