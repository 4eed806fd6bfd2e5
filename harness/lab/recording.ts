import type { CommandResult, GuestSession, RunOptions } from '../guest/index.js';
import { GuestCommandStalled, shellCommand } from '../guest/index.js';
import {
  CLOCK_ALIGNED,
  POWER_CUT,
  type History,
  STALLED_TASKS,
  type HistoryEvent,
  type JsonValue,
  type NewEvent,
  type ObservationEvent,
  type RequestEvent,
  type SubjectEvent,
} from '../history/index.js';
import type { KernelReport } from '../kernel-log/index.js';
import type { Recorder, RecordedEvent } from '../recorder/index.js';
import { InfraError } from '../vm/index.js';
import type { HistoryFile } from './history-file.js';
import { stalledTasks } from './stalled-tasks.js';

const MARKER_DEADLINE_MS = 10_000;
/** So often two clocks are held against each other; the quickest look is the best one. */
const CLOCK_LOOKS = 5;

/** The node whose command this was has no power any more. */
export class PowerCut extends InfraError {
  override readonly name = 'PowerCut';
}

/** A guest's clock, held against the host's; all in ns. */
interface ClockLook {
  /** In the guest's own time. */
  readonly t: bigint;
  /** How far it is ahead of the host's clock, and by how much that may be wrong. */
  readonly ahead: bigint;
  readonly within: bigint;
}

type WithoutNode<E> = E extends NewEvent ? Omit<E, 'node'> : never;

/**
 * One node's part in the history of a test while it is made: probe events as they arrive, and what the test does,
 * placed in the guest's own time by markers in the same ring buffer.
 */
export class Recording {
  readonly #markers = new Map<string, bigint>();
  /** All nodes of the history. */
  #all: Recording[] = [this];
  /** Its clock when its power was cut. */
  #lastLook: ClockLook | undefined;
  #powerCut: Promise<void> | undefined;
  /** Added to the guest's time, so that all nodes of a history have the clock of the first. */
  #offset = 0n;
  #nextCommand = 1;

  /** Begins to record into `file`; the recorder must be armed. */
  constructor(
    private readonly file: HistoryFile,
    private readonly node: string,
    private readonly guest: GuestSession,
    private readonly recorder: Recorder,
  ) {
    recorder.onEvent((event) => {
      this.#acceptProbe(event);
    });
  }

  /**
   * Records another node into the same history, by the clock of this one. The clocks are held against the host's; how
   * well that was possible is in the history. The clock of a node whose power was cut is taken to have gone on as it
   * was; what another node does now is later than what that one did, however well its clock went.
   */
  async beside(node: string, guest: GuestSession, recorder: Recorder): Promise<Recording> {
    const other = new Recording(this.file, node, guest, recorder);
    const mine = this.#lastLook ?? (await this.#againstHost());
    const begins = await other.#look();
    const its = await other.#againstHost();
    other.#offset = this.#offset + mine.ahead - its.ahead;
    const early = this.file.latest - (begins.t + other.#offset);
    if (this.#lastLook !== undefined && early > 0n) other.#offset += early;
    other.#all = this.#all;
    this.#all.push(other);
    const milliseconds = (ns: bigint): number => Number(ns / 1000n) / 1000;
    other.observe('log', CLOCK_ALIGNED, {
      node,
      ms: milliseconds(other.#offset),
      withinMs: milliseconds(mine.within + its.within),
    });
    return other;
  }

  /** The quickest of several looks at the guest's clock. */
  async #againstHost(): Promise<ClockLook> {
    let best = await this.#look();
    for (let look = 1; look < CLOCK_LOOKS; look++) {
      const next = await this.#look();
      if (next.within < best.within) best = next;
    }
    return best;
  }

  async #look(): Promise<ClockLook> {
    const text = `c:${this.#nextCommand++}`;
    const before = process.hrtime.bigint();
    await this.guest.writeLine(this.recorder.markerPath, text);
    const within = (process.hrtime.bigint() - before) / 2n;
    const t = await this.timeOf(text);
    return { t, ahead: t - (before + within), within };
  }

  /**
   * Ends the node, by `cut`, and its recording. Up to this moment that is complete; what the node did until it was gone
   * may be missing, and the history says for how long that was. Commands that it ran are recorded as ended by it.
   */
  async cutPower(cut: () => Promise<void>): Promise<void> {
    this.#lastLook = await this.#look();
    const seenUntil = performance.now();
    let gone = seenUntil;
    const end = this.recorder.powerCut(async () => {
      await cut();
      gone = performance.now();
    });
    this.#powerCut = end.then(() => undefined);
    await end;
    this.observe('log', POWER_CUT, { unseenMs: Math.ceil(gone - seenUntil) });
  }

  /**
   * Runs a command in the guest and records it with its begin and end in guest time.
   * A command that does not end within its deadline is recorded as stalled and throws GuestCommandStalled.
   */
  async run(argv: readonly string[] | string, options: RunOptions = {}): Promise<CommandResult> {
    const id = this.#nextCommand++;
    const marks = { file: this.recorder.markerPath, begin: `b:${id}`, end: `e:${id}` };
    const shown = typeof argv === 'string' ? ['sh', '-c', argv] : [...argv];
    try {
      const result = await this.guest.run(argv, { ...options, marks });
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
      if (this.#powerCut !== undefined) {
        await this.#powerCut;
        this.#acceptUnfinished(`b:${id}`, shown, 'power-cut', this.#latest);
        throw new PowerCut(`the power of ${this.node} was cut while it ran ${shellCommand(argv)}`);
      }
      if (error instanceof GuestCommandStalled) {
        await this.now(`s:${id}`);
        this.observe('log', STALLED_TASKS, await stalledTasks(this.guest));
        this.#acceptUnfinished(`b:${id}`, shown, 'stalled', this.#at(`s:${id}`), error);
        // The words of the test, not those that place it in time.
        throw new GuestCommandStalled(shellCommand(argv), error.deadlineMs, error.stdout, error.stderr);
      }
      throw error;
    }
  }

  /** Events of all nodes so far, in order of arrival. */
  get events(): readonly HistoryEvent[] {
    return this.file.events;
  }

  /** Number of events of a kind so far, of all nodes. */
  count(kind: HistoryEvent['kind']): number {
    return this.file.count(kind);
  }

  /** As {@link HistoryFile.until}. */
  async until(...question: Parameters<HistoryFile['until']>): Promise<void> {
    await this.file.until(...question);
  }

  /** The guest's time now, by a marker that was seen to arrive. */
  async now(text = `n:${this.#nextCommand++}`): Promise<bigint> {
    await this.guest.writeLine(this.recorder.markerPath, text);
    await this.recorder.waitForMarker(text, MARKER_DEADLINE_MS);
    return this.#at(text);
  }

  /**
   * Gives the time of the history for a moment of the host (`process.hrtime.bigint()`): the guest's clock is held against
   * the host's now, and taken to go like it.
   */
  async hostClock(): Promise<(moment: bigint) => bigint> {
    const { ahead } = await this.#againstHost();
    return (moment) => moment + ahead + this.#offset;
  }

  /** Adds an event of something that is no part of the node, at a time of the history. */
  fromOutside(event: NewEvent): void {
    this.file.accept(event);
  }

  /** A time of the guest by the clock of the history. */
  inHistory(t: bigint): bigint {
    return t + this.#offset;
  }

  /** The guest's time of a marker that a program in the guest writes. */
  async timeOf(marker: string): Promise<bigint> {
    await this.recorder.waitForMarker(marker, MARKER_DEADLINE_MS);
    return this.#at(marker);
  }

  /**
   * The request that a thread had made last when the guest's time was `t`, with the guest's time of it. Throws
   * InfraError when the thread had made none.
   */
  async requestOf(tid: number, t: bigint): Promise<Pick<RequestEvent, 't' | 'call' | 'type'>> {
    await this.now(); // everything before that has arrived
    const found = this.file.events.findLast(
      (event): event is RequestEvent =>
        event.kind === 'request' &&
        event.node === this.node &&
        event.tid === tid &&
        event.t <= t + this.#offset,
    );
    if (found === undefined) throw new InfraError(`thread ${tid} of ${this.node} made no request by ${t} ns`);
    return { t: found.t - this.#offset, call: found.call, type: found.type };
  }

  /** Raw types of the requests that this node's kernel made after the guest's time `t`. */
  requestsSince(t: bigint): number[] {
    return this.file.events.flatMap((event) =>
      event.kind === 'request' && event.node === this.node && event.t > t + this.#offset ? [event.type] : [],
    );
  }

  /** Requests of this node that came back to their callers with an error so far. */
  failedRequests(): number {
    return this.file.events.filter(
      (event) => event.kind === 'return' && event.node === this.node && event.result < 0,
    ).length;
  }

  /** Records what happened to the subject, at a time of the guest, or at its present time. */
  async subject(action: SubjectEvent['action'], detail: string, t?: bigint): Promise<void> {
    this.#accept({ kind: 'subject', t: t ?? (await this.now()), action, detail });
  }

  /** Records a fact that a test observed, at a time of the guest, or at that of the latest event. */
  observe(
    evidence: ObservationEvent['evidence'],
    name: string,
    value: JsonValue,
    t: bigint = this.#latest,
  ): void {
    this.#accept({ kind: 'observation', t, evidence, name, value });
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
   * Stops the recorders of all nodes and returns the history: complete, or truncated with the reason when a recording
   * broke or, as `guestDied` tells, there is no guest left to ask.
   */
  async finish(guestDied?: string): Promise<History> {
    const ends = await Promise.all(this.#all.map(({ recorder }) => recorder.stop(guestDied)));
    const reasons = new Set(ends.map(({ reason }) => reason).filter((reason) => reason !== ''));
    return this.file.finish({
      kind: 'end',
      overruns: ends.reduce((sum, { overruns }) => sum + overruns, 0),
      missed: ends.reduce((sum, { missed }) => sum + missed, 0),
      truncated: ends.some(({ truncated }) => truncated),
      reason: [...reasons].join('; '),
    });
  }

  #acceptProbe(event: RecordedEvent): void {
    if (event.kind === 'marker') {
      this.#markers.set(event.text, event.t);
      this.file.reached(event.t + this.#offset);
    } else {
      this.#accept(event);
    }
  }

  #acceptUnfinished(
    begin: string,
    argv: readonly string[],
    outcome: 'stalled' | 'power-cut',
    end: bigint,
    { stdout, stderr } = { stdout: '', stderr: '' },
  ): void {
    this.#accept({
      kind: 'command',
      t: this.#at(begin),
      argv: [...argv],
      status: null,
      stdout,
      stderr,
      end,
      outcome,
    });
  }

  /** `event.t` is the guest's own time. */
  #accept(event: WithoutNode<NewEvent>): number {
    const moved =
      event.kind === 'command'
        ? { t: event.t + this.#offset, end: event.end + this.#offset }
        : { t: event.t + this.#offset };
    return this.file.accept({ ...event, ...moved, node: this.node });
  }

  #at(marker: string): bigint {
    return this.#markers.get(marker) ?? this.#latest;
  }

  /** In the guest's own time. */
  get #latest(): bigint {
    return this.file.latest - this.#offset;
  }
}
