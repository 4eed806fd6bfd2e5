/** Replies as messages: TRN-07, TRN-09, and silence: ERR-02, ERR-04, RECOV-14 (spec 2.3, 2.5, 10). */
import { ULOG_HEADER_SIZE } from '../../ulog/index.js';
import {
  describeRequest,
  HOST_STALLED,
  type Exchange,
  type History,
  type ReplyEvent,
} from '../../history/index.js';
import type { Report } from '../deviation.js';
import type { Life, Lives } from '../life.js';
import type { Knowledge } from '../model.js';
import { isLifeCycle } from './refusals.js';

/** TRN-07: a full reply's cn.len is 160 + data_size, a bare ack's 0; what lies between is no reply. */
export function consistentLength(reply: ReplyEvent, exchange: Exchange | undefined, report: Report): void {
  const { len } = reply.connector;
  const expected = reply.form === 'ack' ? 0 : ULOG_HEADER_SIZE + reply.dataSize;
  if (reply.form !== 'malformed' && len === expected) return;
  const name = exchange === undefined ? 'a request' : describeRequest(exchange);
  report.add('daemon', 'TRN-07', 'length', {
    expected:
      reply.form === 'malformed'
        ? `cn.len of 0 (bare ack) or at least ${ULOG_HEADER_SIZE}`
        : `cn.len ${expected}, that is ${ULOG_HEADER_SIZE} + data_size ${reply.dataSize}`,
    seen: `cn.len ${len} in the reply to ${name} (seq ${reply.seq})`,
    by: [reply],
  });
}

/**
 * TRN-07: a reply carries the seq of a request. Not judged before the first recorded request, which may have had
 * predecessors, nor in a recording with gaps.
 */
export function strayReply(reply: ReplyEvent, history: History, report: Report): void {
  const first = history.events.find((event) => event.kind === 'transmission' && event.node === reply.node);
  if (first?.kind !== 'transmission' || history.place(first) > history.place(reply)) return;
  const before = (reply.seq - first.seq) >>> 0 >= 2 ** 31;
  if (before || reply.form === 'malformed') return;
  report.add('daemon', 'TRN-07', 'seq', {
    expected: 'the seq of a request that was sent',
    seen: `seq ${reply.seq}, which no request had so far`,
    by: [reply],
  });
}

/** TRN-09: one reply per transmission. */
export function oneReply(exchange: Exchange, lives: Lives, report: Report): void {
  const replied = new Map<number, ReplyEvent>();
  for (const reply of exchange.replies) {
    if (reply.form === 'malformed') continue;
    const earlier = replied.get(reply.seq);
    if (earlier === undefined) {
      replied.set(reply.seq, reply);
      continue;
    }
    report.add('daemon', 'TRN-09', lives.of(exchange).name, {
      expected: 'exactly one reply to each request',
      seen: `a second reply to ${describeRequest(exchange)} of ${lives.of(exchange).name} (seq ${reply.seq})`,
      by: [earlier, reply],
    });
  }
}

/**
 * A request that the kernel had to send again after 15 s because no reply came, while the daemon was neither
 * killed, stopped nor frozen: ERR-04 for an unknown type, ERR-02 and RECOV-14 for an unknown log, else TRN-09.
 */
export function silence(
  exchange: Exchange,
  life: Life,
  knowledge: Knowledge,
  history: History,
  report: Report,
): void {
  for (const [index, sent] of exchange.transmissions.entries()) {
    const again = exchange.transmissions[index + 1];
    if (again === undefined || exchange.replies.some(({ seq }) => seq === sent.seq)) continue;
    if (!daemonServed(history, sent.node, sent.t, again.t) || hostStalled(history, sent.t, again.t)) continue;
    report.add('daemon', silenceId(exchange, knowledge), life.name, {
      expected: 'an answer',
      seen: `no reply to ${describeRequest(exchange)} of ${life.name} (seq ${sent.seq}) until the kernel sent it again`,
      by: [sent, again],
    });
  }
}

/** True when the host stood still between two events: then 15 s of guest time may have passed in no time. */
function hostStalled(history: History, from: bigint, to: bigint): boolean {
  return history.observations(HOST_STALLED).some(({ t }) => t >= from && t <= to);
}

/** True unless the daemon was down, frozen or not ready yet at some time from `from` to `to`. */
function daemonServed(history: History, node: string, from: bigint, to: bigint): boolean {
  let up = true;
  for (const event of history.subjectEvents()) {
    if (event.node !== node) continue;
    if (event.t > to) break;
    if (event.t > from && !up) return false;
    up = event.action === 'ready' || event.action === 'thawed';
  }
  return up;
}

function silenceId(exchange: Exchange, knowledge: Knowledge): string {
  if (exchange.name === undefined) return 'ERR-04';
  if (knowledge === 'known' || knowledge === 'assumed' || exchange.name === 'CTR') return 'TRN-09';
  return isLifeCycle(exchange) ? 'ERR-02' : 'RECOV-14';
}
