/** Requests and answers in a few words, for the puppet's log. */
import { requestName, type UlogMessage } from '../ulog/index.js';
import type { PuppetAnswer, PuppetReaction } from './api.js';

const LONGEST_HEX = 48;

/** 'IN_SYNC of U (luid 0xffff...), seq 12, 8 bytes 0500...'. */
export function describeMessage({ requestType, uuid, luid, seq, payload }: UlogMessage): string {
  const name = requestName(requestType);
  const text =
    name === 'CTR' ? ` "${Buffer.from(payload).toString('latin1').replace(/\0$/, '\\0')}"` : bytes(payload);
  return `${name ?? `type 0x${requestType.toString(16)}`} of ${uuid} (luid 0x${luid.toString(16)}), seq ${seq}${text}`;
}

/** 'error -22, no data'. */
export function describeAnswer(answer: PuppetAnswer): string {
  switch (answer.form) {
    case 'raw':
      return `a datagram of${bytes(answer.datagram)}`;
    case 'ack':
      return `a bare ack ${answer.errno}${otherSeq(answer.seq)}`;
    case 'full': {
      const claim = answer.dataSize === undefined ? '' : `, data_size ${answer.dataSize}`;
      return `error ${answer.error}${bytes(answer.payload)}${claim}${otherSeq(answer.seq)}`;
    }
  }
}

/** 'nothing', or every answer with its delay. */
export function describeReaction(reaction: PuppetReaction): string {
  if (reaction.length === 0) return 'no answer';
  return reaction
    .map(({ afterMs, answer }) => (afterMs > 0 ? `after ${afterMs} ms ` : '') + describeAnswer(answer))
    .join('; then ');
}

function otherSeq(seq: number | undefined): string {
  return seq === undefined ? '' : `, with seq ${seq}`;
}

function bytes(data: Uint8Array): string {
  if (data.length === 0) return ', no data';
  const hex = Buffer.from(data).toString('hex');
  return `, ${data.length} bytes ${hex.length > LONGEST_HEX ? `${hex.slice(0, LONGEST_HEX)}...` : hex}`;
}
