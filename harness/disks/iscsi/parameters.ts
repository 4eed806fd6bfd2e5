/** What is negotiated, with the values that hold while nothing else was agreed on (RFC 7143 section 13). */

/** Of a session. */
export interface SessionParameters {
  maxConnections: number;
  initialR2T: boolean;
  immediateData: boolean;
  /** Bytes of one solicited sequence of data, either way. */
  maxBurstLength: number;
  /** Bytes of unsolicited data, immediate data included. */
  firstBurstLength: number;
  /** Seconds. */
  defaultTime2Wait: number;
  /** Seconds. */
  defaultTime2Retain: number;
  maxOutstandingR2T: number;
  dataPduInOrder: boolean;
  dataSequenceInOrder: boolean;
  errorRecoveryLevel: number;
  taskReporting: string;
  protocolLevel: number;
}

/** Of a connection. */
export interface ConnectionParameters {
  headerDigest: string;
  dataDigest: string;
  /** Bytes of a data segment that the initiator takes. */
  maxRecvDataSegmentLength: number;
}

/** What holds in a session until something else is agreed on: the defaults of RFC 7143 section 13. */
export function defaultSessionParameters(): SessionParameters {
  return {
    maxConnections: 1,
    initialR2T: true,
    immediateData: true,
    maxBurstLength: 262_144,
    firstBurstLength: 65_536,
    defaultTime2Wait: 2,
    defaultTime2Retain: 20,
    maxOutstandingR2T: 1,
    dataPduInOrder: true,
    dataSequenceInOrder: true,
    errorRecoveryLevel: 0,
    taskReporting: 'RFC3720',
    protocolLevel: 1,
  };
}

/** The same for a connection; lengths in bytes. */
export function defaultConnectionParameters(): ConnectionParameters {
  return { headerDigest: 'None', dataDigest: 'None', maxRecvDataSegmentLength: 8192 };
}

/** What this target would have, before the initiator had its say. */
export interface OwnWishes {
  readonly maxConnections: number;
  readonly initialR2T: boolean;
  readonly immediateData: boolean;
  readonly maxBurstLength: number;
  readonly firstBurstLength: number;
  readonly maxOutstandingR2T: number;
  /** Bytes of a data segment that this target takes; declared at login. */
  readonly maxRecvDataSegmentLength: number;
  readonly headerDigest: readonly string[];
  readonly dataDigest: readonly string[];
}

/** Unsolicited data is held before there is a way to slow the initiator down, so its length is kept small. */
export const DEFAULT_WISHES: OwnWishes = {
  maxConnections: 4,
  initialR2T: false,
  immediateData: true,
  maxBurstLength: 1_048_576,
  firstBurstLength: 65_536,
  maxOutstandingR2T: 4,
  maxRecvDataSegmentLength: 262_144,
  headerDigest: ['None', 'CRC32C'],
  dataDigest: ['None', 'CRC32C'],
};
