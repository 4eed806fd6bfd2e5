/** Request types, what each may be answered with, and what a protocol version announces. */

/** Names of the request types; the index is the type number (spec 4). Number 0 is no request. */
export const REQUEST_NAMES = [
  undefined,
  'CTR',
  'DTR',
  'PRESUSPEND',
  'POSTSUSPEND',
  'RESUME',
  'GET_REGION_SIZE',
  'IS_CLEAN',
  'IN_SYNC',
  'FLUSH',
  'MARK_REGION',
  'CLEAR_REGION',
  'GET_RESYNC_WORK',
  'SET_REGION_SYNC',
  'GET_SYNC_COUNT',
  'STATUS_INFO',
  'STATUS_TABLE',
  'IS_REMOTE_RECOVERING',
] as const;

/** Name of a request type. */
export type RequestName = Exclude<(typeof REQUEST_NAMES)[number], undefined>;

/** Type number of each request (spec 4). */
export const RequestType = {
  CTR: 1,
  DTR: 2,
  PRESUSPEND: 3,
  POSTSUSPEND: 4,
  RESUME: 5,
  GET_REGION_SIZE: 6,
  IS_CLEAN: 7,
  IN_SYNC: 8,
  FLUSH: 9,
  MARK_REGION: 10,
  CLEAR_REGION: 11,
  GET_RESYNC_WORK: 12,
  SET_REGION_SYNC: 13,
  GET_SYNC_COUNT: 14,
  STATUS_INFO: 15,
  STATUS_TABLE: 16,
  IS_REMOTE_RECOVERING: 17,
} as const satisfies { readonly [K in RequestName]: number };

/** Only the low 8 bits of request_type are the type; the upper 24 are reserved (spec 3, TRN-20). */
export const REQUEST_TYPE_MASK = 0xff;

/** Name of a raw request_type (upper 24 bits ignored), or undefined for 0 and 18..255. */
export function requestName(type: number): RequestName | undefined {
  return REQUEST_NAMES[type & REQUEST_TYPE_MASK];
}

/** What the kernel has room for, and what it expects, in a full reply. */
export interface ReplySize {
  /** Largest data_size that the kernel accepts; more completes the request with -ENOSPC. */
  readonly capacity: number;
  /** Exact data_size of a good answer; 'string': any text; 'ctr': 0, or a device path with its NUL. */
  readonly expected: number | 'string' | 'ctr';
}

/** STATUS_INFO writes into what is left of the ioctl result buffer, about 16 KiB by default (spec 2.4). */
const STATUS_CAPACITY = 16_384;

/**
 * Capacity and expected size of the answer to a raw request_type: the table of spec 2.4.
 *
 * A CTR sent on reconnect (its payload ends in NUL) has capacity 0: pass `reconnect`.
 * STATUS_TABLE, which current kernels never send, is given the size of STATUS_INFO.
 */
export function expectedReplySize(type: number, reconnect = false): ReplySize {
  switch (type & REQUEST_TYPE_MASK) {
    case RequestType.CTR:
      return reconnect ? { capacity: 0, expected: 0 } : { capacity: 128, expected: 'ctr' };
    case RequestType.GET_REGION_SIZE:
    case RequestType.IS_CLEAN:
    case RequestType.IN_SYNC:
    case RequestType.GET_SYNC_COUNT:
      return { capacity: 8, expected: 8 };
    case RequestType.GET_RESYNC_WORK:
    case RequestType.IS_REMOTE_RECOVERING:
      return { capacity: 16, expected: 16 };
    case RequestType.STATUS_INFO:
    case RequestType.STATUS_TABLE:
      return { capacity: STATUS_CAPACITY, expected: 'string' };
    default:
      return { capacity: 0, expected: 0 };
  }
}

/** What a kernel announces with the version field of its requests. */
export interface Capabilities {
  /** The generation to serve: 0 (no version field yet) is 1, anything above 3 is 3 (spec 3, TRN-19). */
  readonly version: 1 | 2 | 3;
  /** CTR may be answered with the name of a device to pin, on construction only. */
  readonly deviceName: boolean;
  /** The word integrated_flush is understood, so FLUSH may carry regions to mark. */
  readonly integratedFlush: boolean;
}

/** What the `version` field of a request announces (spec 3, layout generations B to E). */
export function capabilities(version: number): Capabilities {
  if (version >= 3) return { version: 3, deviceName: true, integratedFlush: true };
  if (version === 2) return { version: 2, deviceName: true, integratedFlush: false };
  return { version: 1, deviceName: false, integratedFlush: false };
}
