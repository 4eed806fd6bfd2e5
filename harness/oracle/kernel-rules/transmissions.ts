/** The form of each message from the kernel: TRN-06, TRN-10, TRN-14 (spec 2.2, 2.5, 2.7). */
import { MAX_PAYLOAD, MAX_REGIONS_PER_MESSAGE, ULOG_HEADER_SIZE } from '../../ulog/index.js';
import { describeRequest, type Exchange, type History, type TransmissionEvent } from '../../history/index.js';
import type { KernelContext } from './kernel-context.js';

/** TRN-06: cn.seq is the inner seq, ack and flags are 0, cn.len = 160 + data_size, error and type bits are clean. */
export function headers(context: KernelContext): void {
  for (const exchange of context.exchanges) {
    for (const sent of exchange.transmissions) {
      const faults = headerFaults(sent);
      if (faults.length === 0) continue;
      context.deviate('TRN-06', 'header', {
        expected: `cn.seq = seq, ack 0, flags 0, cn.len = ${ULOG_HEADER_SIZE} + data_size, error 0, a plain type`,
        seen: `${describeRequest(exchange)} with seq ${sent.seq}, data_size ${sent.dataSize}: ${faults.join(', ')}`,
        by: [sent],
      });
    }
  }
}

function headerFaults(sent: TransmissionEvent): string[] {
  const { connector, seq, dataSize, payload, error, type } = sent;
  return [
    connector.seq === seq ? '' : `cn.seq ${connector.seq}`,
    connector.ack === 0 ? '' : `ack ${connector.ack}`,
    connector.flags === 0 ? '' : `flags ${connector.flags}`,
    connector.len === ULOG_HEADER_SIZE + dataSize ? '' : `cn.len ${connector.len}`,
    payload.length === dataSize ? '' : `${payload.length} bytes of payload`,
    error === 0 ? '' : `error ${error}`,
    type >>> 8 === 0 ? '' : `request_type 0x${type.toString(16)}`,
  ].filter((fault) => fault !== '');
}

/** TRN-14: at most 332 bytes of payload; region lists of at most 32 entries. */
export function payloadLimits(context: KernelContext): void {
  for (const exchange of context.exchanges) {
    for (const sent of exchange.transmissions) {
      const regions = isRegionList(exchange) ? Math.floor(sent.dataSize / 8) : 0;
      if (sent.dataSize <= MAX_PAYLOAD && regions <= MAX_REGIONS_PER_MESSAGE) continue;
      context.deviate('TRN-14', context.lives.of(exchange), {
        expected: `at most ${MAX_PAYLOAD} bytes of payload and ${MAX_REGIONS_PER_MESSAGE} regions`,
        seen: `${describeRequest(exchange)} with ${sent.dataSize} bytes`,
        by: [sent],
      });
    }
  }
}

/** True for the requests whose payload is a list of regions. */
export function isRegionList({ name }: Exchange): boolean {
  return name === 'MARK_REGION' || name === 'CLEAR_REGION' || name === 'FLUSH';
}

const SECOND = 1_000_000_000n;
const EARLIEST = (145n * SECOND) / 10n;
const LATEST = (165n * SECOND) / 10n;

/**
 * TRN-10: an unanswered request is sent again after 14.5 to 16.5 s with a new seq and the same body. A resend
 * that comes later counts only when the guest was not standing still meanwhile: some other event must lie
 * between the limit and the resend.
 */
export function resends(context: KernelContext): void {
  for (const exchange of context.exchanges) {
    for (const [index, sent] of exchange.transmissions.entries()) {
      const again = exchange.transmissions[index + 1];
      if (again === undefined) continue;
      const faults = resendFaults(sent, again);
      if (!exchange.accepted.some(({ seq }) => seq === sent.seq)) {
        faults.push(...timingFaults(sent, again, context.history));
      }
      if (faults.length === 0) continue;
      context.deviate('TRN-10', context.lives.of(exchange), {
        expected: 'the same request again after 14.5 to 16.5 s, with a new seq and the same body',
        seen: `${describeRequest(exchange)} was sent again ${faults.join(', ')}`,
        by: [sent, again],
      });
    }
  }
}

function resendFaults(sent: TransmissionEvent, again: TransmissionEvent): string[] {
  const same =
    sent.uuid === again.uuid &&
    sent.luid === again.luid &&
    sent.type === again.type &&
    sent.version === again.version &&
    Buffer.compare(sent.payload, again.payload) === 0;
  return [
    again.seq === sent.seq ? `with the same seq ${sent.seq}` : '',
    same ? '' : 'with another body',
  ].filter((fault) => fault !== '');
}

function timingFaults(sent: TransmissionEvent, again: TransmissionEvent, history: History): string[] {
  const waited = again.t - sent.t;
  const seconds = (Number(waited) / 1e9).toFixed(1);
  if (waited < EARLIEST) return [`after ${seconds} s`];
  if (waited <= LATEST) return [];
  const running = history.events.some(
    ({ t, node }) => node === sent.node && t > sent.t + LATEST && t < again.t,
  );
  return running ? [`after ${seconds} s`] : [];
}
