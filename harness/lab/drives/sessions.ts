import type { HistoryEvent } from '../../history/index.js';
import type { Recording } from '../recording.js';

/** An initiator tries again by timers of its own. */
const LOGIN_DEADLINE_MS = 60_000;

/** Logins of one node, as the drives tell of them. */
export class Sessions {
  constructor(
    private readonly recording: Recording,
    private readonly node: string,
  ) {}

  /** How many there were so far. */
  get count(): number {
    return this.#among(this.recording.events);
  }

  /** Waits until there were so many. Throws TrafficMissing. */
  async until(count: number): Promise<void> {
    const awaited = `login ${count} of ${this.node}`;
    await this.recording.until(awaited, LOGIN_DEADLINE_MS, (events) => this.#among(events) >= count);
  }

  #among(events: readonly HistoryEvent[]): number {
    return events.filter(
      (event) => event.kind === 'disk-nexus' && event.what === 'began' && event.node === this.node,
    ).length;
  }
}
