/** Limits that the Block Limits page tells, and that commands are held to. */
export const LIMITS = {
  /** Bytes of a READ, WRITE or VERIFY. */
  transferBytes: 16 * 1024 * 1024,
  /** Bytes that one WRITE SAME fills: no more than what can be written and read back at once. */
  writeSameBytes: 16 * 1024 * 1024,
  /** Blocks of a COMPARE AND WRITE; the field has 8 bits. */
  compareAndWriteBlocks: 255,
  /** Blocks that one UNMAP may name in all its descriptors: a file takes zeros for them. */
  unmapBlocks: 1 << 19,
  unmapDescriptors: 256,
} as const;
