import type { CommandResult, GuestSession, RunOptions } from '../guest/index.js';
import { GuestCommandStalled, shellCommand } from '../guest/index.js';
import {
  History,
  type HistoryEvent,
  type HistoryHeader,
  HistoryWriter,
  type JsonValue,
  type NewEvent,
  type ObservationEvent,
  type SubjectEvent,
} from '../history/index.js';
import type { Recorder, RecordedEvent } from '../recorder/index.js';

const MARKER_DEADLINE_MS = 10_000;

type WithoutNode<E> = E extends NewEvent ? Omit<E, 'node'> : never;

/**
 * The history of one test while it is made: probe events as they arrive, and what the test does,
 * placed in the guest's own time by markers in the same ring buffer.
 * Each event is on disk as soon as it is known, so that a dead VM still leaves what came before.
 */
export class Recording implements AsyncDisposable {
  readonly #events: HistoryEvent[] = [];
  readonly #markers = new Map<string, bigint>();
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
      }
      throw error;
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

  /** Records a finding about the kernel, e.g. a panic, at the time of the latest event. */
  finding(finding: 'panic' | 'oops' | 'warning' | 'bug', text: string): void {
    this.#accept({ kind: 'finding', t: this.#latest, finding, text });
  }

  /**
   * Stops the recorder and returns the history: complete, or truncated with the reason when the recording broke
   * or, as `guestDied` tells, there is no guest left to ask.
   */
  async finish(guestDied?: string): Promise<History> {
    const end = { kind: 'end', ...(await this.recorder.stop(guestDied)) } as const;
    this.#writer.end(end);
    return new History(this.header, this.#events, end);
  }

  /** Closes the file; a history that was not finished stays truncated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
  }

  #acceptProbe(event: RecordedEvent): void {
    if (event.kind === 'marker') {
      this.#markers.set(event.text, event.t);
      if (event.t > this.#latest) this.#latest = event.t;
    } else {
      this.#accept(event);
    }
  }

  #accept(event: WithoutNode<NewEvent>): void {
    if (event.t > this.#latest) this.#latest = event.t;
    const complete = { ...event, node: this.header.node } as NewEvent;
    const n = this.#writer.append(complete);
    this.#events.push({ ...complete, n });
  }

  #at(marker: string): bigint {
    return this.#markers.get(marker) ?? this.#latest;
  }
}
