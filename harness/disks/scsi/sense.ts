/** Sense keys (SPC-4). */
export const SENSE_KEY = {
  noSense: 0x0,
  recoveredError: 0x1,
  notReady: 0x2,
  mediumError: 0x3,
  hardwareError: 0x4,
  illegalRequest: 0x5,
  unitAttention: 0x6,
  dataProtect: 0x7,
  blankCheck: 0x8,
  abortedCommand: 0xb,
  miscompare: 0xe,
} as const;

/** The field that is to blame for an ILLEGAL REQUEST (SPC-4, field pointer). */
export interface FieldPointer {
  readonly where: 'cdb' | 'parameters';
  /** Byte of the CDB or of the parameter list. */
  readonly byte: number;
  /** Its most significant bit, 7 to 0, if the field is less than a byte. */
  readonly bit?: number;
}

/** What sense data says, before it is laid out as bytes. */
export interface Sense {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  /** Field replaceable unit code; 0 by default. */
  readonly fru?: number;
  /** Information field: an LBA, or the offset of the first byte that differed. */
  readonly information?: number;
  readonly field?: FieldPointer;
}

/** The three sense-key specific bytes: SKSV, C/D, BPV and bit; then the byte, 16 bits. */
function writeFieldPointer(bytes: Buffer, offset: number, { where, byte, bit }: FieldPointer): void {
  bytes[offset] = 0x80 | (where === 'cdb' ? 0x40 : 0) | (bit === undefined ? 0 : 0x08 | bit);
  bytes.writeUInt16BE(byte, offset + 1);
}

/**
 * Fixed format (response code 70h, SPC-4), 18 bytes: valid bit and information in 0 and 3-6, key 2, ASC 12,
 * ASCQ 13, FRU 14, field pointer 15-17. An information beyond 32 bits cannot be said and is left out.
 */
export function fixedSense({ key, asc, ascq, fru = 0, information, field }: Sense): Buffer {
  const bytes = Buffer.alloc(18);
  bytes[0] = 0x70;
  bytes[2] = key;
  bytes[7] = 10;
  if (information !== undefined && information <= 0xffff_ffff) {
    bytes[0] = 0xf0;
    bytes.writeUInt32BE(information, 3);
  }
  bytes[12] = asc;
  bytes[13] = ascq;
  bytes[14] = fru;
  if (field !== undefined) writeFieldPointer(bytes, 15, field);
  return bytes;
}

/**
 * Descriptor format (response code 72h, SPC-4): key 1, ASC 2, ASCQ 3, additional length 7; then, where given, the
 * information (type 00h, 12 bytes), the field pointer (02h, 8 bytes) and the FRU (03h, 4 bytes).
 */
export function descriptorSense({ key, asc, ascq, fru, information, field }: Sense): Buffer {
  const descriptors: Buffer[] = [];
  if (information !== undefined) {
    const descriptor = Buffer.from([0x00, 0x0a, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    descriptor.writeBigUInt64BE(BigInt(information), 4);
    descriptors.push(descriptor);
  }
  if (field !== undefined) {
    const descriptor = Buffer.from([0x02, 0x06, 0, 0, 0, 0, 0, 0]);
    writeFieldPointer(descriptor, 4, field);
    descriptors.push(descriptor);
  }
  if (fru !== undefined) descriptors.push(Buffer.from([0x03, 0x02, 0, fru]));
  const body = Buffer.concat(descriptors);
  return Buffer.concat([Buffer.from([0x72, key, asc, ascq, 0, 0, 0, body.length]), body]);
}
