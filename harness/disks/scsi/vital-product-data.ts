/** Vital product data pages (SPC-4, SBC-3). */
import { paddedAscii, type Identity } from './identity.js';
import { DIRECT_ACCESS } from './inquiry.js';
import { RELATIVE_PORT } from './port.js';
import { LIMITS } from './limits.js';

/** Page codes. */
export const VPD = {
  supportedPages: 0x00,
  serialNumber: 0x80,
  deviceIdentification: 0x83,
  extendedInquiry: 0x86,
  blockLimits: 0xb0,
  blockDevice: 0xb1,
  provisioning: 0xb2,
} as const;

/** What the pages tell. */
export interface VitalProduct {
  readonly identity: Identity;
  /** iSCSI name of the target that the initiator is logged in to. */
  readonly target: string;
  readonly thin: boolean;
  readonly volatileCache: boolean;
  /** Bytes of a block. */
  readonly blockSize: number;
  /** A physical block has two to the power of this logical ones. */
  readonly physicalExponent: number;
  /** Pages of a vendor's command set. */
  readonly vendorPages: ReadonlyMap<number, Buffer>;
}

/** The page with its 4-byte header; undefined if there is none of that code. */
export function vitalProductData(code: number, product: VitalProduct): Buffer | undefined {
  switch (code) {
    case VPD.supportedPages:
      return page(code, Buffer.from(pageCodes(product)));
    case VPD.serialNumber:
      return page(code, Buffer.from(product.identity.serial, 'latin1'));
    case VPD.deviceIdentification:
      return page(code, Buffer.concat(designators(product)));
    case VPD.extendedInquiry:
      return page(code, extendedInquiry(product));
    case VPD.blockLimits:
      return page(code, blockLimits(product));
    case VPD.blockDevice:
      return page(code, blockDevice());
    case VPD.provisioning:
      return page(code, provisioning(product));
    default:
      return product.vendorPages.get(code);
  }
}

function page(code: number, body: Buffer): Buffer {
  const header = Buffer.from([DIRECT_ACCESS, code, 0, 0]);
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

const pageCodes = ({ vendorPages }: VitalProduct): number[] =>
  [...new Set([...Object.values(VPD), ...vendorPages.keys()])].sort((a, b) => a - b);

/** Code sets of designators. */
const BINARY = 1;
const ASCII = 2;
const UTF8 = 3;
/** Associations: the unit, the target port, the target device. */
const UNIT = 0;
const PORT = 1;
const DEVICE = 2;
/** Designator types. */
const T10_VENDOR = 1;
const NAA = 3;
const RELATIVE_TARGET_PORT = 4;
const SCSI_NAME = 8;
/** Protocol identifier of iSCSI. */
const ISCSI = 5;

/** 4 bytes of header; of ports and devices it tells the protocol, with PIV set (SPC-4, designation descriptors). */
function designator(codeSet: number, association: number, type: number, value: Buffer): Buffer {
  const ofPort = association !== UNIT;
  const header = [ofPort ? (ISCSI << 4) | codeSet : codeSet, (ofPort ? 0x80 : 0) | (association << 4) | type];
  return Buffer.concat([Buffer.from([...header, 0, value.length]), value]);
}

/** UTF-8, ended by a NUL and padded with more to a multiple of 4 bytes (SPC-4, SCSI name string). */
function scsiName(name: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  return Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

function designators({ identity, target }: VitalProduct): Buffer[] {
  const { vendor, product, serial, naa } = identity;
  const t10 = Buffer.concat([
    paddedAscii(vendor, 8),
    paddedAscii(product, 16),
    Buffer.from(serial, 'latin1'),
  ]);
  const relativePort = Buffer.from([0, 0, 0, RELATIVE_PORT]);
  return [
    designator(BINARY, UNIT, NAA, naa),
    designator(ASCII, UNIT, T10_VENDOR, t10),
    designator(BINARY, PORT, RELATIVE_TARGET_PORT, relativePort),
    designator(
      UTF8,
      PORT,
      SCSI_NAME,
      scsiName(`${target},t,0x${RELATIVE_PORT.toString(16).padStart(4, '0')}`),
    ),
    designator(UTF8, DEVICE, SCSI_NAME, scsiName(target)),
  ];
}

/** 60 bytes: SIMPSUP in byte 5 (of the page), V_SUP in byte 6, LUICLR in byte 7 (SPC-4, extended INQUIRY data). */
function extendedInquiry({ volatileCache }: VitalProduct): Buffer {
  const body = Buffer.alloc(60);
  body[1] = 0x01;
  body[2] = volatileCache ? 0x01 : 0x00;
  body[3] = 0x01;
  return body;
}

/** 60 bytes of limits in blocks (SBC-3, block limits); offsets below are those of the page, less its header of 4. */
function blockLimits({ thin, blockSize, physicalExponent }: VitalProduct): Buffer {
  const body = Buffer.alloc(60);
  const most = Math.floor(LIMITS.transferBytes / blockSize);
  body[1] = LIMITS.compareAndWriteBlocks;
  body.writeUInt16BE(physicalExponent === 0 ? 0 : 1 << physicalExponent, 2);
  body.writeUInt32BE(most, 4);
  body.writeUInt32BE(0, 8);
  body.writeUInt32BE(most, 12);
  if (thin) {
    body.writeUInt32BE(LIMITS.unmapBlocks, 16);
    body.writeUInt32BE(LIMITS.unmapDescriptors, 20);
    body.writeUInt32BE(1, 24);
  }
  body.writeBigUInt64BE(BigInt(Math.floor(LIMITS.writeSameBytes / blockSize)), 32);
  return body;
}

/** 60 bytes: a medium that does not rotate, 2.5 inch (SBC-3, block device characteristics). */
function blockDevice(): Buffer {
  const body = Buffer.alloc(60);
  body.writeUInt16BE(1, 0);
  body[3] = 0x03;
  return body;
}

/** 4 bytes: LBPU, LBPWS, LBPWS10, LBPRZ and ANC_SUP in byte 5 (of the page), thin (2) or full (0) in 6 (SBC-3, logical block provisioning). */
function provisioning({ thin }: VitalProduct): Buffer {
  return thin ? Buffer.from([0, 0xe6, 0x02, 0]) : Buffer.alloc(4);
}
