/** A puppet's answer as a datagram. */
import {
  bareAck,
  CN_IDX_DM,
  CN_VAL_DM_USERSPACE_LOG,
  encodeDatagram,
  encodeUlog,
  type UlogMessage,
} from '../ulog/index.js';
import type { PuppetAnswer } from './api.js';

/** What a full answer that no request asked for says of the log. */
export const NO_REQUEST: UlogMessage = {
  luid: 0n,
  uuid: '',
  version: 3,
  error: 0,
  seq: 0,
  requestType: 0,
  dataSize: 0,
  payload: new Uint8Array(0),
};

/**
 * The datagram for an answer to `request`, whose log and type it echoes; its seq unless the answer has its own.
 * cn.len is that of what is really there, whatever `dataSize` claims (spec 2.3).
 * @throws UlogFormatError when a number does not fit its field
 */
export function encodeAnswer(answer: PuppetAnswer, request: UlogMessage): Uint8Array {
  switch (answer.form) {
    case 'raw':
      return answer.datagram;
    case 'ack':
      return encodeDatagram(bareAck(answer.seq ?? request.seq, answer.errno));
    case 'full': {
      const { error, payload, seq = request.seq, dataSize = payload.length } = answer;
      const body = encodeUlog({ ...request, error, seq, dataSize, payload });
      return encodeDatagram({
        idx: CN_IDX_DM,
        val: CN_VAL_DM_USERSPACE_LOG,
        seq,
        ack: 0,
        len: body.length,
        flags: 0,
        body,
      });
    }
  }
}
