/** Sense keys (SPC-4 4.5.6). */
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

/** What sense data says, before it is laid out as bytes. */
export interface Sense {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  /** Field replaceable unit code; 0 by default. */
  readonly fru?: number;
  /** Information field: an LBA, or the offset of the first byte that differed. */
  readonly information?: number;
}

/** Fixed format (response code 70h), 18 bytes: valid bit and information in 0 and 3-6, key 2, ASC 12, ASCQ 13, FRU 14. */
export function fixedSense({ key, asc, ascq, fru = 0, information }: Sense): Buffer {
  const bytes = Buffer.alloc(18);
  bytes[0] = 0x70;
  bytes[2] = key;
  bytes[7] = 10;
  if (information !== undefined) {
    bytes[0] = 0xf0;
    bytes.writeUInt32BE(information, 3);
  }
  bytes[12] = asc;
  bytes[13] = ascq;
  bytes[14] = fru;
  return bytes;
}
