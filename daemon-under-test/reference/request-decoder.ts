/** From a datagram to the request in it. */
import {
  CN_IDX_DM,
  CN_VAL_DM_USERSPACE_LOG,
  CONNECTOR_HEADER_SIZE,
  decodeDatagram,
  decodeUlog,
  isUlogConnector,
  NETLINK_HEADER_SIZE,
  ULOG_HEADER_SIZE,
  type UlogMessage,
} from '../../harness/ulog/index.js';

const NOTHING = new Uint8Array(0);

/** Byte offsets in a datagram (spec 2.2 and 3). */
const CONNECTOR_IDX = NETLINK_HEADER_SIZE;
const CONNECTOR_VAL = NETLINK_HEADER_SIZE + 4;
const CONNECTOR_LEN = NETLINK_HEADER_SIZE + 16;
const REQUEST = NETLINK_HEADER_SIZE + CONNECTOR_HEADER_SIZE;
const SEQ = REQUEST + 148;
const TYPE = REQUEST + 152;
const DATA_SIZE = REQUEST + 156;
const PAYLOAD = REQUEST + ULOG_HEADER_SIZE;
/** luid, uuid and version lead the request. */
const IDENTITY_SIZE = 144;

/**
 * Decodes requests. Thousands in a row are of one log, and only seq, type and payload differ: those are read where
 * they are. Whatever is not like the one before goes through the decoders of the wire format.
 */
export class RequestDecoder {
  readonly #identity = Buffer.alloc(IDENTITY_SIZE);
  #last: UlogMessage | undefined;

  /**
   * Undefined for a message of another connector. The payload is a view of the datagram.
   * @throws UlogFormatError, and nothing else, for a damaged datagram.
   */
  decode(datagram: Buffer): UlogMessage | undefined {
    return this.#decodeNext(datagram) ?? this.#decodeAny(datagram);
  }

  /** A well-formed request of the log that the last one was of, or undefined. */
  #decodeNext(datagram: Buffer): UlogMessage | undefined {
    const last = this.#last;
    if (last === undefined || datagram.length < PAYLOAD) return undefined;
    const dataSize = datagram.readUInt32LE(DATA_SIZE);
    const length = PAYLOAD + dataSize;
    const regular =
      length <= datagram.length &&
      datagram.readUInt32LE(0) === length &&
      datagram.readUInt16LE(CONNECTOR_LEN) === ULOG_HEADER_SIZE + dataSize &&
      datagram.readUInt32LE(CONNECTOR_IDX) === CN_IDX_DM &&
      datagram.readUInt32LE(CONNECTOR_VAL) === CN_VAL_DM_USERSPACE_LOG &&
      this.#identity.compare(datagram, REQUEST, REQUEST + IDENTITY_SIZE) === 0;
    if (!regular) return undefined;
    return {
      luid: last.luid,
      uuid: last.uuid,
      version: last.version,
      error: 0,
      seq: datagram.readUInt32LE(SEQ),
      requestType: datagram.readUInt32LE(TYPE),
      dataSize,
      payload: dataSize === 0 ? NOTHING : datagram.subarray(PAYLOAD, length),
    };
  }

  #decodeAny(datagram: Buffer): UlogMessage | undefined {
    const connector = decodeDatagram(datagram);
    if (!isUlogConnector(connector)) return undefined;
    const request = decodeUlog(connector.body);
    this.#identity.set(connector.body.subarray(0, IDENTITY_SIZE));
    this.#last = { ...request, payload: NOTHING };
    return request;
  }
}
