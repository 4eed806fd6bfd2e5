import type { CommandResult, GuestSession, RunOptions } from '../guest/index.js';
import { GuestCommandStalled, shellCommand } from '../guest/index.js';
import {
  History,
  HOST_STALLED,
  STALLED_TASKS,
  type HistoryEvent,
  type HistoryHeader,
  HistoryWriter,
  type JsonValue,
  type NewEvent,
  type ObservationEvent,
  type SubjectEvent,
} from '../history/index.js';
import type { KernelReport } from '../kernel-log/index.js';
import { DeadlineError, within } from '../vm/index.js';
import type { Recorder, RecordedEvent } from '../recorder/index.js';
import { stalledTasks } from './stalled-tasks.js';

const MARKER_DEADLINE_MS = 10_000;

/** How often the harness looks at its own clock, and by how much it may be late. */
const BEAT_MS = 500;
const STALL_MS = 2500;

/** What kernel and daemon should have said to each other did not come: theirs to answer for, not the harness's. */
export class TrafficMissing extends Error {
  override readonly name = 'TrafficMissing';
}

type WithoutNode<E> = E extends NewEvent ? Omit<E, 'node'> : never;

/**
 * The history of one test while it is made: probe events as they arrive, and what the test does,
 * placed in the guest's own time by markers in the same ring buffer.
 * Each event is on disk as soon as it is known, so that a dead VM still leaves what came before.
 */
export class Recording implements AsyncDisposable {
  readonly #events: HistoryEvent[] = [];
  readonly #markers = new Map<string, bigint>();
  readonly #watchers = new Set<() => void>();
  readonly #heartbeat: NodeJS.Timeout;
  #lastBeat = performance.now();
  readonly #writer: HistoryWriter;
  #latest = 0n;
  #nextCommand = 1;

  /** Begins to record into `path`; the recorder must be armed. */
  constructor(
    private readonly header: HistoryHeader,
    private readonly guest: GuestSession,
    private readonly recorder: Recorder,
    path: string,
  ) {
    this.#writer = new HistoryWriter(path, header);
    recorder.onEvent((event) => {
      this.#acceptProbe(event);
    });
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, BEAT_MS);
  }

  /**
   * Runs a command in the guest and records it with its begin and end in guest time.
   * A command that does not end within its deadline is recorded as stalled and throws GuestCommandStalled.
   */
  async run(argv: readonly string[] | string, options: RunOptions = {}): Promise<CommandResult> {
    const id = this.#nextCommand++;
    const marker = this.recorder.markerPath;
    const wrapped = `echo b:${id} > ${marker}; ( ${shellCommand(argv)} ); r=$?; echo e:${id} > ${marker}; exit $r`;
    const shown = typeof argv === 'string' ? ['sh', '-c', argv] : [...argv];
    try {
      const result = await this.guest.run(wrapped, options);
      await this.recorder.waitForMarker(`e:${id}`, MARKER_DEADLINE_MS);
      this.#accept({
        kind: 'command',
        t: this.#at(`b:${id}`),
        argv: shown,
        status: result.status,
        stdout: result.stdout,
        stderr: result.stderr,
        end: this.#at(`e:${id}`),
        outcome: result.signal === null ? 'exited' : 'signalled',
      });
      return result;
    } catch (error) {
      if (error instanceof GuestCommandStalled) {
        await this.now(`s:${id}`);
        this.observe('log', STALLED_TASKS, await stalledTasks(this.guest));
        this.#accept({
          kind: 'command',
          t: this.#at(`b:${id}`),
          argv: shown,
          status: null,
          stdout: error.stdout,
          stderr: error.stderr,
          end: this.#at(`s:${id}`),
          outcome: 'stalled',
        });
        // The words of the test, not those that place it in time.
        throw new GuestCommandStalled(shellCommand(argv), error.deadlineMs, error.stdout, error.stderr);
      }
      throw error;
    }
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

  /** The guest's time now, by a marker that was seen to arrive. */
  async now(text = `n:${this.#nextCommand++}`): Promise<bigint> {
    await this.guest.succeed(`echo ${text} > ${this.recorder.markerPath}`);
    await this.recorder.waitForMarker(text, MARKER_DEADLINE_MS);
    return this.#at(text);
  }

  /** Records what happened to the subject, at the guest's present time. */
  async subject(action: SubjectEvent['action'], detail: string): Promise<void> {
    this.#accept({ kind: 'subject', t: await this.now(), action, detail });
  }

  /** Records a fact that a test observed, at the time of the latest event. */
  observe(evidence: ObservationEvent['evidence'], name: string, value: JsonValue): void {
    this.#accept({ kind: 'observation', t: this.#latest, evidence, name, value });
  }

  /** The time of the latest event: what comes from outside the guest happened about then. */
  get latest(): bigint {
    return this.#latest;
  }

  /** Records a finding about the kernel at a time of the guest; returns the number of the event. */
  finding({ kind, title, text }: Pick<KernelReport, 'kind' | 'title' | 'text'>, t: bigint): number {
    return this.#accept({ kind: 'finding', t, finding: kind, title, text });
  }

  /**
   * Stops the recorder and returns the history: complete, or truncated with the reason when the recording broke
   * or, as `guestDied` tells, there is no guest left to ask.
   */
  async finish(guestDied?: string): Promise<History> {
    const end = { kind: 'end', ...(await this.recorder.stop(guestDied)) } as const;
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
    if (late > STALL_MS) this.observe('log', HOST_STALLED, { ms: Math.round(late) });
  }

  #acceptProbe(event: RecordedEvent): void {
    if (event.kind === 'marker') {
      this.#markers.set(event.text, event.t);
      if (event.t > this.#latest) this.#latest = event.t;
    } else {
      this.#accept(event);
    }
  }

  #accept(event: WithoutNode<NewEvent>): number {
    if (event.t > this.#latest) this.#latest = event.t;
    const complete = { ...event, node: this.header.node } as NewEvent;
    const n = this.#writer.append(complete);
    this.#events.push({ ...complete, n });
    for (const check of this.#watchers) check();
    return n;
  }

  #at(marker: string): bigint {
    return this.#markers.get(marker) ?? this.#latest;
  }
}
