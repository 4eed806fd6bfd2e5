/** The host's side of a recording: pages from the ports to events in order of time. */
import type { Duplex } from 'node:stream';
import type { Recorder, RecorderGuest, RecordingEnd } from './api.js';
import { type ArrivedCounts, findLosses, type KernelCounts, parseCounts, parseStop } from './counts.js';
import { RecorderStreamError } from './errors.js';
import { EventAssembler, type MarkerEvent, type RecordedEvent } from './events.js';
import {
  BEGIN_MARKER,
  complaintsScript,
  countsSoFarScript,
  END_MARKER,
  MARKER_PATH,
  OWN_MARKER,
  stopScript,
  tickScript,
} from './guest-scripts.js';
import { MarkerWaits } from './marker-waits.js';
import { TimeMerge } from './merge.js';
import { PageStream } from './page-stream.js';
import { readPage } from './page.js';
import type { ProbeName, ProbeReader, ProbeRecord } from './probes.js';
import type { PageLayout } from './trace-format.js';

const STOP_DEADLINE_MS = 20_000;
const COMPLAINTS_DEADLINE_MS = 3000;

/** What arming found out. */
export interface RingRecorderOptions {
  readonly guest: RecorderGuest;
  readonly streams: readonly Duplex[];
  readonly node: string;
  readonly layout: PageLayout;
  readonly reader: ProbeReader;
  readonly preamble: string;
}

/** Recorder on the ring buffers of one guest; made by armRecorder. */
export class RingRecorder implements Recorder {
  readonly markerPath = MARKER_PATH;
  readonly #pages: readonly PageStream[];
  readonly #merge: TimeMerge<ProbeRecord>;
  readonly #assembler: EventAssembler;
  readonly #markers = new MarkerWaits<MarkerEvent>();
  /** The recorder's own markers, as they are read, before any merging. */
  readonly #ownMarkers = new MarkerWaits<true>();
  readonly #arrived: Record<ProbeName, number> = { answered: 0, sent: 0, consulted: 0, consult: 0 };
  readonly #detach: (() => void)[] = [];
  #listeners: ((event: RecordedEvent) => void)[] = [];
  #undelivered: RecordedEvent[] = [];
  #lost = 0;
  /** The guest is being ended: so do its streams. */
  #dying = false;
  #failure: string | undefined;
  #ended: Promise<RecordingEnd> | undefined;
  #tick: Promise<void> | undefined;
  #tickAgain = false;

  constructor(private readonly options: RingRecorderOptions) {
    const { streams, layout, preamble, node } = options;
    this.#pages = streams.map(() => new PageStream(layout.pageSize, preamble));
    this.#merge = new TimeMerge(streams.length);
    this.#assembler = new EventAssembler(node);
    streams.forEach((stream, cpu) => this.#attach(stream, cpu));
  }

  /** Resolves when the recording has begun: a marker has come all the way. Throws RecorderStreamError. */
  async begun(deadlineMs: number): Promise<void> {
    try {
      await this.#ownMarkers.wait(BEGIN_MARKER, deadlineMs);
    } catch (error) {
      throw new RecorderStreamError(`${messageOf(error)}${await this.#complaints()}`, { cause: error });
    }
  }

  onEvent(listener: (event: RecordedEvent) => void): void {
    this.#listeners = [...this.#listeners, listener];
    const kept = this.#undelivered;
    this.#undelivered = [];
    for (const event of kept) this.#deliver(event);
  }

  async waitForMarker(text: string, deadlineMs: number): Promise<MarkerEvent> {
    const marker = this.#markers.wait(text, deadlineMs);
    this.#releaseIdle();
    return await marker;
  }

  stop(guestDied?: string): Promise<RecordingEnd> {
    if (guestDied !== undefined) this.#fail(guestDied);
    this.#ended ??= this.#finish(guestDied !== undefined);
    return this.#ended;
  }

  powerCut(cut: () => Promise<void>): Promise<RecordingEnd> {
    this.#ended ??= this.#cutShort(cut);
    return this.#ended;
  }

  /** Lets go of the streams. The guest is left as it is: the next arming removes what is there. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#fail('the recorder was disposed of before it was stopped');
    return Promise.resolve();
  }

  async #finish(guestDied: boolean): Promise<RecordingEnd> {
    const { streams } = this.options;
    const cpus = streams.length;
    try {
      if (this.#failure !== undefined) throw new RecorderStreamError(this.#failure);
      const drained = (cpu: number): string => `${OWN_MARKER}drained:${cpu}`;
      const { before, counts } = parseStop(await this.#command(stopScript(cpus, drained)));
      await Promise.all(streams.map((_stream, cpu) => this.#ownMarkers.wait(drained(cpu), STOP_DEADLINE_MS)));
      for (let cpu = 0; cpu < cpus; cpu++) this.#accept(this.#merge.end(cpu));
      return { ...findLosses(counts, this.#arrivals, before), truncated: false };
    } catch (error) {
      const complaints = guestDied ? '' : await this.#complaints();
      const reason = `the recording is incomplete: ${messageOf(error)}${complaints}`;
      return { overruns: this.#lost, missed: 0, truncated: true, reason };
    } finally {
      this.#fail('the recorder was stopped');
    }
  }

  async #cutShort(cut: () => Promise<void>): Promise<RecordingEnd> {
    const { streams } = this.options;
    let counted: { readonly counts: KernelCounts } | { readonly error: unknown };
    try {
      if (this.#failure !== undefined) throw new RecorderStreamError(this.#failure);
      const marker = (cpu: number): string => `${OWN_MARKER}counted:${cpu}`;
      const counts = parseCounts(await this.#command(countsSoFarScript(streams.length, marker)));
      await Promise.all(streams.map((_stream, cpu) => this.#ownMarkers.wait(marker(cpu), STOP_DEADLINE_MS)));
      counted = { counts };
    } catch (error) {
      counted = { error };
    }
    this.#dying = true;
    const ends = Promise.all(
      // One that closed before, with the guest, does not say so again.
      streams
        .filter(({ closed }) => !closed)
        .map((stream) => new Promise((resolve) => stream.once('close', resolve))),
    );
    await cut();
    await ends;
    try {
      if ('error' in counted) throw counted.error;
      if (this.#failure !== undefined) throw new RecorderStreamError(this.#failure);
      for (let cpu = 0; cpu < streams.length; cpu++) this.#accept(this.#merge.end(cpu));
      return { ...findLosses(counted.counts, { ...this.#arrivals, goneOn: true }), truncated: false };
    } catch (error) {
      const reason = `the recording is incomplete: before the power cut: ${messageOf(error)}`;
      return { overruns: this.#lost, missed: 0, truncated: true, reason };
    } finally {
      this.#fail('the power of the guest was cut');
    }
  }

  get #arrivals(): ArrivedCounts {
    return {
      probes: this.#arrived,
      lost: this.#lost,
      openCalls: this.#assembler.openCalls,
      lostReturns: this.#assembler.lostReturns,
      strayReturns: this.#assembler.strayReturns,
    };
  }

  /** What the readers in the guest said, as the end of a sentence. */
  async #complaints(): Promise<string> {
    const { guest, streams } = this.options;
    try {
      const result = await guest.run(complaintsScript(streams.length), {
        deadlineMs: COMPLAINTS_DEADLINE_MS,
      });
      const said = result.stdout.trim();
      return said === '' ? '' : `; the reader in the guest said: ${said}`;
    } catch {
      return ''; // the guest is out of reach: the first error says enough
    }
  }

  async #command(text: string): Promise<string> {
    const result = await this.options.guest.run(text, { deadlineMs: STOP_DEADLINE_MS });
    if (result.status !== 0) {
      throw new RecorderStreamError(
        `a recorder command ended with status ${String(result.status)}: ${result.stderr}`,
      );
    }
    return result.stdout;
  }

  #attach(stream: Duplex, cpu: number): void {
    const ended = (): void => {
      if (!this.#dying) this.#fail(`the recorder stream of CPU ${cpu} ended`);
    };
    const broken = (error: Error): void =>
      this.#fail(`the recorder stream of CPU ${cpu} broke: ${error.message}`);
    const data = (chunk: Buffer): void => {
      try {
        this.#read(cpu, chunk);
      } catch (error) {
        this.#fail(messageOf(error));
      }
    };
    stream.on('error', broken).on('end', ended).on('close', ended).on('data', data);
    stream.resume();
    this.#detach.push(() => {
      stream.pause().off('end', ended).off('close', ended).off('data', data);
      // 'error' stays handled: the VM may die later, and that is no concern of this recording any more.
    });
  }

  #read(cpu: number, chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    const { layout, reader } = this.options;
    for (const bytes of this.#pages[cpu]?.push(chunk) ?? []) {
      const page = readPage(bytes, layout);
      this.#lost += page.lost;
      const records = page.records.map((record) => reader.read(record));
      for (const record of records) this.#arrive(record);
      this.#accept(this.#merge.push(cpu, records));
    }
  }

  /** A record was read, but others may come before it. */
  #arrive(record: ProbeRecord): void {
    if (record.probe !== 'marker') this.#arrived[record.probe] += 1;
    else if (record.text.startsWith(OWN_MARKER)) this.#ownMarkers.arrived(record.text, true);
    else if (this.#markers.isAwaited(record.text)) this.#releaseIdle();
  }

  /** These records have their place in time. */
  #accept(records: readonly ProbeRecord[]): void {
    for (const record of records) {
      if (record.probe === 'marker' && record.text.startsWith(OWN_MARKER)) {
        if (record.text === BEGIN_MARKER) this.#assembler.begin();
        if (record.text === END_MARKER) this.#assembler.end();
        continue;
      }
      const event = this.#assembler.accept(record);
      if (event !== undefined) this.#deliver(event);
    }
  }

  #deliver(event: RecordedEvent): void {
    if (this.#listeners.length === 0) this.#undelivered.push(event);
    for (const listener of this.#listeners) listener(event);
    if (event.kind === 'marker') this.#markers.arrived(event.text, event);
  }

  /** With several CPUs an idle one holds the others' events back: write something on each. */
  #releaseIdle(): void {
    if (this.options.streams.length === 1) return;
    this.#tickAgain = true;
    this.#tick ??= this.#ticks().finally(() => (this.#tick = undefined));
  }

  async #ticks(): Promise<void> {
    while (this.#tickAgain && this.#failure === undefined) {
      this.#tickAgain = false;
      try {
        await this.#command(tickScript(this.options.streams.length, `${OWN_MARKER}tick`));
      } catch (error) {
        this.#fail(messageOf(error));
      }
    }
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    const error = new RecorderStreamError(this.#failure);
    this.#markers.fail(error);
    this.#ownMarkers.fail(error);
    for (const detach of this.#detach.splice(0)) detach();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
