/** Standard INQUIRY data (SPC-4). */
import { paddedAscii, type Identity } from './identity.js';

/** SAM-5, SPC-4, SBC-3 and iSCSI, no version claimed (SPC-4, version descriptors). */
const VERSION_DESCRIPTORS = [0x00a0, 0x0460, 0x04c0, 0x0960];
const LENGTH = 96;

/** Direct access, connected: byte 0 of every INQUIRY answer of a unit that is there. */
export const DIRECT_ACCESS = 0x00;

/**
 * 96 bytes: peripheral device type 0, not removable, version 6 (SPC-4), HISUP and response data format 2, CMDQUE;
 * vendor 8-15, product 16-31, revision 32-35, version descriptors from 58.
 */
export function standardInquiry({ vendor, product, revision }: Identity): Buffer {
  const bytes = Buffer.alloc(LENGTH);
  bytes[0] = DIRECT_ACCESS;
  bytes[2] = 0x06;
  bytes[3] = 0x12;
  bytes[4] = LENGTH - 5;
  bytes[7] = 0x02;
  paddedAscii(vendor, 8).copy(bytes, 8);
  paddedAscii(product, 16).copy(bytes, 16);
  paddedAscii(revision, 4).copy(bytes, 32);
  VERSION_DESCRIPTORS.forEach((version, index) => bytes.writeUInt16BE(version, 58 + 2 * index));
  return bytes;
}

/** Of a LUN where there is no unit: qualifier 3 and type 1Fh (SPC-4, peripheral qualifier), the rest as for others. */
export function absentUnitInquiry(): Buffer {
  const bytes = standardInquiry({
    vendor: '',
    product: '',
    revision: '',
    serial: '',
    naa: Buffer.alloc(8),
  });
  bytes[0] = 0x7f;
  return bytes;
}
