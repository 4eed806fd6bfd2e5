/** Additional header segments (RFC 7143 11.2.2). */
import { AHS_TYPE } from './codes.js';

/** What additional headers add to a SCSI command. */
export interface CommandExtras {
  /** Bytes of the CDB from the 17th on. */
  readonly cdbRest?: Buffer;
  /** Expected bytes of data-in of a command that transfers both ways. */
  readonly expectedReadLength?: number;
}

/**
 * Reads all segments: each is a length (2 bytes; counts what follows the type), a type (1), content, padding to 4.
 * Undefined if they do not fit each other: unknown types, lengths that leave the header, repeated segments.
 */
export function readAdditionalHeaders(additional: Buffer): CommandExtras | undefined {
  let extras: CommandExtras = {};
  for (let at = 0; at < additional.length;) {
    const length = additional.readUInt16BE(at);
    const type = additional.readUInt8(at + 2) & 0x3f;
    const end = at + 3 + length;
    if (length === 0 || end > additional.length) return undefined;
    // The first byte of the content is reserved.
    const content = additional.subarray(at + 4, end);
    if (type === AHS_TYPE.extendedCdb && extras.cdbRest === undefined) {
      extras = { ...extras, cdbRest: content };
    } else if (
      type === AHS_TYPE.bidirectionalReadLength &&
      content.length === 4 &&
      extras.expectedReadLength === undefined
    ) {
      extras = { ...extras, expectedReadLength: content.readUInt32BE(0) };
    } else {
      return undefined;
    }
    at = end + (-end & 3);
  }
  return extras;
}

/** One segment; the inverse of {@link readAdditionalHeaders}. */
export function additionalHeader(type: number, content: Buffer): Buffer {
  const end = 4 + content.length;
  const bytes = Buffer.alloc(end + (-end & 3));
  bytes.writeUInt16BE(content.length + 1, 0);
  bytes[2] = type;
  content.copy(bytes, 4);
  return bytes;
}
