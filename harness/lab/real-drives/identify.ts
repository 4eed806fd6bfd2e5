import { VERSION_PAGE } from '../../disks/idm/index.js';
import type { DriveIdentity } from '../../plan/real-drive.js';
import { describe } from '../drives/exact-path.js';
import type { SgDevice } from '../drives/sg-device.js';
import type { SgResult } from '../drives/sg-frames.js';
import { isGood } from './mutex-list.js';

/** A device that is no drive for tests of locks; nothing was written to it. */
export class DriveRefused extends Error {
  override readonly name = 'DriveRefused';
}

const STANDARD_BYTES = 96;
const PAGE_BYTES = 252;
const SERIAL_PAGE = 0x80;
const DESIGNATOR_PAGE = 0x83;
const TYPE_DISK = 0x00;
/** Where the major version is in VPD page C3h (spec idm 4). */
const MAJOR_AT = 0x60;
/** Designator types of SPC-4 7.8.6, the best first. */
const DESIGNATORS = [
  [3, 'naa'],
  [2, 'eui'],
  [1, 't10'],
] as const;

async function inquire(device: SgDevice, page: number | undefined, length: number): Promise<SgResult> {
  const cdb = Buffer.from([0x12, page === undefined ? 0 : 1, page ?? 0, 0, length, 0]);
  return await device.execute({ cdb, direction: 'read', length });
}

/** A page of vital product data without its header; undefined: the device has no such page. */
async function pageOf(device: SgDevice, page: number): Promise<Buffer | undefined> {
  const answer = await inquire(device, page, PAGE_BYTES);
  if (!isGood(answer) || answer.data.length < 4 || answer.data[1] !== page) return undefined;
  return answer.data.subarray(4, 4 + answer.data.readUInt16BE(2));
}

function text(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '')
    .trim();
}

/**
 * Who a device is, by INQUIRY alone, which every SCSI device answers. Throws {@link DriveRefused} when it is no disk, or
 * lacks the page of those with In-Drive-Mutexes and `versionPage` says that it must be there; then no command of theirs is
 * sent, for nobody knows what opcode F0h does to others.
 */
export async function identify(device: SgDevice, versionPage: boolean): Promise<DriveIdentity> {
  const standard = await inquire(device, undefined, STANDARD_BYTES);
  if (!isGood(standard) || standard.data.length < 36) {
    throw new DriveRefused(`${device.path}: is no SCSI device: INQUIRY ended with ${describe(standard)}`);
  }
  const { data } = standard;
  const type = data.readUInt8(0) & 0x1f;
  const who = {
    path: device.path,
    vendor: text(data.subarray(8, 16)),
    product: text(data.subarray(16, 32)),
    revision: text(data.subarray(32, 36)),
  };
  const named = [who.vendor, who.product, who.revision].filter(Boolean).join(' ');
  if (type !== TYPE_DISK) {
    throw new DriveRefused(
      `${device.path}: ${named} is no disk (its SCSI device type is ${type}). Name the sg device of a drive with ` +
        'In-Drive-Mutexes; lsscsi -g lists them.',
    );
  }
  const version = (await pageOf(device, VERSION_PAGE))?.at(MAJOR_AT - 4);
  if (version === undefined && versionPage) {
    throw new DriveRefused(
      `${device.path}: ${named} has no VPD page C3h, in which drives with In-Drive-Mutexes tell their version, so it was ` +
        'asked for nothing more. Nothing was written. If it has mutexes all the same, say versionPage: false in a ' +
        '--drive-profile (docs/real-drives.md).',
    );
  }
  const serial = text((await pageOf(device, SERIAL_PAGE)) ?? Buffer.alloc(0));
  const wwn = designator((await pageOf(device, DESIGNATOR_PAGE)) ?? Buffer.alloc(0));
  return { ...who, serial, wwn, version: version ?? null };
}

/** The best designator of the unit itself in page 83h, `naa.…`; empty: it has none. */
function designator(page: Buffer): string {
  const found = new Map<number, string>();
  for (let at = 0; at + 4 <= page.length; at += 4 + page.readUInt8(at + 3)) {
    const kind = page.readUInt8(at + 1);
    // Association 0: the logical unit.
    if ((kind & 0x30) !== 0) continue;
    const bytes = page.subarray(at + 4, at + 4 + page.readUInt8(at + 3));
    if (!found.has(kind & 0x0f)) found.set(kind & 0x0f, bytes.toString('hex'));
  }
  const best = DESIGNATORS.find(([type]) => found.has(type));
  return best === undefined ? '' : `${best[1]}.${found.get(best[0]) ?? ''}`;
}
