import {
  History,
  type EndEvent,
  type HistoryEvent,
  type HistoryHeader,
  HistoryWriter,
  HOST_STALLED,
  type NewEvent,
} from '../history/index.js';
import { DeadlineError, within } from '../vm/index.js';

/** How often the harness looks at its own clock, and by how much it may be late. */
const BEAT_MS = 500;
const STALL_MS = 2500;

/** What kernel and daemon should have said to each other did not come: theirs to answer for, not the harness's. */
export class TrafficMissing extends Error {
  override readonly name = 'TrafficMissing';
}

/**
 * The history of one test while it is made, of all its nodes. Each event is on disk as soon as it is known, so that a
 * dead VM still leaves what came before.
 */
export class HistoryFile implements AsyncDisposable {
  readonly #events: HistoryEvent[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #writer: HistoryWriter;
  #lastBeat = performance.now();
  #latest = 0n;

  /** Begins the file at `path`. */
  constructor(
    readonly header: HistoryHeader,
    path: string,
  ) {
    this.#writer = new HistoryWriter(path, header);
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, BEAT_MS);
  }

  /** The time of the latest event. */
  get latest(): bigint {
    return this.#latest;
  }

  /** Something happened at `t`, which may be no event. */
  reached(t: bigint): void {
    if (t > this.#latest) this.#latest = t;
  }

  /** Adds an event; returns its number. */
  accept(event: NewEvent): number {
    this.reached(event.t);
    const n = this.#writer.append(event);
    this.#events.push({ ...event, n });
    for (const check of this.#watchers) check();
    return n;
  }

  /** The events so far, in order of arrival. */
  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  /** Number of events of a kind so far. */
  count(kind: HistoryEvent['kind']): number {
    return this.#events.filter((event) => event.kind === kind).length;
  }

  /** Waits until the events so far, in order of arrival, satisfy `holds`. Throws TrafficMissing naming `awaited`. */
  async until(
    awaited: string,
    deadlineMs: number,
    holds: (events: readonly HistoryEvent[]) => boolean,
  ): Promise<void> {
    if (holds(this.#events)) return;
    let check: () => void = () => undefined;
    const satisfied = new Promise<void>((resolve) => {
      check = (): void => {
        if (holds(this.#events)) resolve();
      };
    });
    this.#watchers.add(check);
    try {
      await within(satisfied, deadlineMs, awaited, () => `${this.#events.length} events without it`);
    } catch (error) {
      throw error instanceof DeadlineError ? new TrafficMissing(error.message, { cause: error }) : error;
    } finally {
      this.#watchers.delete(check);
    }
  }

  /** Writes the last line and returns the history. */
  finish(end: EndEvent): History {
    clearInterval(this.#heartbeat);
    this.#writer.end(end);
    return new History(this.header, this.#events, end);
  }

  /** Closes the file; a history that was not finished stays truncated. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#writer[Symbol.asyncDispose]();
  }

  /** A host that stood still (paused, swapping) makes every limit on times meaningless; the history must say so. */
  #beat(): void {
    const now = performance.now();
    const late = now - this.#lastBeat - BEAT_MS;
    this.#lastBeat = now;
    if (late <= STALL_MS) return;
    this.accept({
      kind: 'observation',
      ...{ t: this.#latest, node: this.header.node, evidence: 'log', name: HOST_STALLED },
      value: { ms: Math.round(late) },
    });
  }
}
