/** The full form of a reply, built in place: a daemon answers thousands of requests in a second. */
import {
  CN_IDX_DM,
  CN_VAL_DM_USERSPACE_LOG,
  CONNECTOR_HEADER_SIZE,
  encodeConnectorHeaderInto,
  encodeNetlinkHeaderInto,
  NETLINK_HEADER_SIZE,
  NLMSG_DONE,
  ULOG_HEADER_SIZE,
} from '../../harness/ulog/index.js';

const HEADERS_SIZE = NETLINK_HEADER_SIZE + CONNECTOR_HEADER_SIZE;
const PAYLOAD_OFFSET = HEADERS_SIZE + ULOG_HEADER_SIZE;
/** Room for the largest answer that a kernel takes from us: a status text. */
const REPLY_SIZE = PAYLOAD_OFFSET + 1024;

/** Byte offsets of what differs from reply to reply (spec 2.2 and 3). */
const NETLINK_LENGTH = 0;
const NETLINK_SEQ = 8;
const CONNECTOR_SEQ = NETLINK_HEADER_SIZE + 8;
const CONNECTOR_LEN = NETLINK_HEADER_SIZE + 16;
const ERROR = HEADERS_SIZE + 144;
const DATA_SIZE = HEADERS_SIZE + 156;

/** One reply at a time. */
export class ReplyBuffer {
  readonly bytes = Buffer.alloc(REPLY_SIZE);

  constructor() {
    const connector = { idx: CN_IDX_DM, val: CN_VAL_DM_USERSPACE_LOG, seq: 0, ack: 0, len: 0, flags: 0 };
    encodeNetlinkHeaderInto(this.bytes, 0, { length: 0, type: NLMSG_DONE, flags: 0, seq: 0, pid: 0 });
    encodeConnectorHeaderInto(this.bytes, NETLINK_HEADER_SIZE, connector);
  }

  /**
   * Puts together the answer to the request in `datagram`, and returns its size in `bytes`. All that the kernel looks
   * at is seq, error, data_size and payload (spec 2.3); the rest is echoed.
   * @throws RangeError for a payload that has no room.
   */
  encode(datagram: Buffer, seq: number, error: number, payload: Uint8Array): number {
    const { bytes } = this;
    const size = PAYLOAD_OFFSET + payload.length;
    datagram.copy(bytes, HEADERS_SIZE, HEADERS_SIZE, PAYLOAD_OFFSET);
    bytes.writeUInt32LE(size, NETLINK_LENGTH);
    bytes.writeUInt32LE(seq, NETLINK_SEQ);
    bytes.writeUInt32LE(seq, CONNECTOR_SEQ);
    bytes.writeUInt16LE(size - HEADERS_SIZE, CONNECTOR_LEN);
    bytes.writeInt32LE(error, ERROR);
    bytes.writeUInt32LE(payload.length, DATA_SIZE);
    if (payload.length > 0) bytes.set(payload, PAYLOAD_OFFSET);
    return size;
  }
}
