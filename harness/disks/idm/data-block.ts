/** The 512-byte data block of mutex commands, the same for data-out and for each entry of data-in (spec idm 3). */

/** Bytes of a data block, and of what a mutex read gives per entry. */
export const BLOCK_BYTES = 512;
export const RESOURCE_BYTES = 64;
export const HOST_BYTES = 32;
export const METADATA_BYTES = 64;
/** Bytes of a lock value block that a drive keeps; the eighth is the control code's place. */
export const LVB_BYTES = 7;

/** State field of an entry (spec idm 3.2). */
export const STATE = {
  uninitialised: 0x0000n,
  locked: 0x0101n,
  unlocked: 0x0102n,
  multipleLocked: 0x0103n,
  timeout: 0x0104n,
  endMarker: 0xdeadn,
} as const;

/** Class of a lock (spec idm 1). */
export const LOCK_CLASS = { exclusive: 0n, protectedWrite: 1n, sharedProtectedRead: 2n } as const;

/** Countdown of a lease without an end: all ones, the API's timeout of -1 (spec idm 6.1). */
export const ENDLESS = 0xffff_ffff_ffff_ffffn;

/** Control codes of the LVB, wire byte 20h of data-out (spec idm 3.4). */
export const LVB_CONTROL = { keep: 0, store: 1, storeValid: 2, clear: 3 } as const;

/** Where the fields lie. */
const AT = {
  state: 0x00,
  timeNow: 0x08,
  countdown: 0x10,
  lockClass: 0x18,
  control: 0x20,
  lvb: 0x21,
  resourceId: 0x40,
  metadata: 0x80,
  hostId: 0xc0,
} as const;

/** The fields of a block. Byte strings are as on the wire: a drive compares and echoes them, nothing more. */
export interface DataBlock {
  /** See {@link STATE}; 0 in data-out. */
  readonly state: bigint;
  /** UTC milliseconds of the host. */
  readonly timeNow: bigint;
  /** Length of the lease in milliseconds. */
  readonly countdown: bigint;
  /** See {@link LOCK_CLASS}. */
  readonly lockClass: bigint;
  /** Wire byte 20h: {@link LVB_CONTROL} in data-out, 0 in data-in. */
  readonly control: number;
  /** Wire bytes 21h-27h. */
  readonly lvb: Buffer;
  readonly resourceId: Buffer;
  readonly metadata: Buffer;
  readonly hostId: Buffer;
}

/** Copies the fields out of 512 bytes; whatever is reserved is ignored. Throws RangeError for fewer bytes. */
export function decodeDataBlock(bytes: Buffer): DataBlock {
  if (bytes.length < BLOCK_BYTES) throw new RangeError(`a data block has 512 bytes, not ${bytes.length}`);
  const copy = (from: number, length: number) => Buffer.from(bytes.subarray(from, from + length));
  return {
    state: bytes.readBigUInt64BE(AT.state),
    timeNow: bytes.readBigUInt64BE(AT.timeNow),
    countdown: bytes.readBigUInt64BE(AT.countdown),
    lockClass: bytes.readBigUInt64BE(AT.lockClass),
    control: bytes.readUInt8(AT.control),
    lvb: copy(AT.lvb, LVB_BYTES),
    resourceId: copy(AT.resourceId, RESOURCE_BYTES),
    metadata: copy(AT.metadata, METADATA_BYTES),
    hostId: copy(AT.hostId, HOST_BYTES),
  };
}

/** Lays the fields out as 512 bytes, the reserved ones 0. Throws RangeError for byte strings of other lengths. */
export function encodeDataBlock(block: DataBlock): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.writeBigUInt64BE(block.state, AT.state);
  bytes.writeBigUInt64BE(block.timeNow, AT.timeNow);
  bytes.writeBigUInt64BE(block.countdown, AT.countdown);
  bytes.writeBigUInt64BE(block.lockClass, AT.lockClass);
  bytes.writeUInt8(block.control, AT.control);
  const put = (value: Buffer, at: number, length: number) => {
    if (value.length !== length) throw new RangeError(`${length} bytes are wanted, not ${value.length}`);
    value.copy(bytes, at);
  };
  put(block.lvb, AT.lvb, LVB_BYTES);
  put(block.resourceId, AT.resourceId, RESOURCE_BYTES);
  put(block.metadata, AT.metadata, METADATA_BYTES);
  put(block.hostId, AT.hostId, HOST_BYTES);
  return bytes;
}

/** A block behind the last entry: state DEADh, all else 0 (spec idm 3.2, 6.6). */
export function endMarkerBlock(): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.writeBigUInt64BE(STATE.endMarker, AT.state);
  return bytes;
}

/** A resource id, host id or LVB in the other of its two orders: hosts send them reversed (spec idm 3.1). */
export function reversed(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.toReversed());
}
