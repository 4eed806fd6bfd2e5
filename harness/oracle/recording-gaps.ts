/** Whether a recording has lost transmissions: seq counts each of them (spec 2.5). */
import { describeRequest, type History, type TransmissionEvent } from '../history/index.js';

/** A jump in the sequence numbers of a node. */
export interface RecordingGap {
  readonly node: string;
  /** Number `n` of the transmission after the jump. */
  readonly event: number;
  readonly expected: number;
  readonly seen: number;
  readonly text: string;
}

/**
 * Jumps forward in seq, which the kernel raises by one for each transmission of a node, failed sends included.
 * They are no deviation of anyone, but the recording misses something and cannot be trusted. A seq that does not
 * rise is no gap: nothing is missing.
 */
export function recordingGaps(history: History): RecordingGap[] {
  const gaps: RecordingGap[] = [];
  const last = new Map<string, TransmissionEvent>();
  for (const event of history.events) {
    if (event.kind !== 'transmission') continue;
    const before = last.get(event.node);
    last.set(event.node, event);
    if (before === undefined) continue;
    const expected = (before.seq + 1) >>> 0;
    const jump = (event.seq - expected) >>> 0;
    if (jump === 0 || jump >= 2 ** 31) continue;
    const exchange = history.exchangeOf(event);
    const what = exchange === undefined ? '' : ` (${describeRequest(exchange)})`;
    gaps.push({
      node: event.node,
      event: event.n,
      expected,
      seen: event.seq,
      text: `seq ${event.seq}${what} follows ${before.seq} on ${event.node}: ${jump} transmissions are missing`,
    });
  }
  return gaps;
}
