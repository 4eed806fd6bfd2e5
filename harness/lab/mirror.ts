import { type CommandResult, GuestCommandError, shellQuote } from '../guest/index.js';
import { InfraError } from '../vm/index.js';
import { LEGS_EQUAL } from '../history/index.js';
import type { Recording } from './recording.js';
import { areAllThatIsMarked, areCommitted, isSettled, openCalls } from '../history/settled.js';
import { type MirrorTable, tableLine, tableSectors } from './table.js';
import { detached, loadScript, readCommand, type RegionTarget, writeCommand } from './write-scripts.js';

/** A dmsetup command gets this long: far above what it needs under emulation, far below the kernel's 15 s resend. */
const DMSETUP_DEADLINE_MS = 12_000;
const WRITE_DEADLINE_MS = 12_000;
/** For the traffic that follows a write. */
const MARKS_DEADLINE_MS = 12_000;
/** Writes that were issued together and are in flight. */
export interface WritesInFlight {
  /** Waits until all writes ended; throws GuestCommandError when one failed. */
  finished(deadlineMs?: number): Promise<void>;
}

/**
 * A mirror whose log the subject serves. Every verb is one recorded command in the guest, so that
 * expectations can be read from the history alone.
 */
export class Mirror {
  readonly #name: string;
  #table: MirrorTable;
  /** Number of times that writes were started in the background. */
  #starts = 0;

  constructor(
    private readonly recording: Recording,
    private readonly legs: readonly string[],
    name: string,
    table: MirrorTable,
  ) {
    this.#name = name;
    this.#table = table;
  }

  /** Device node in the guest. */
  get device(): string {
    return `/dev/mapper/${this.#name}`;
  }

  get #target(): RegionTarget {
    return { device: this.device, regionSectors: this.#table.regionSectors };
  }

  /** dmsetup create: loads the table and resumes. */
  async create(): Promise<void> {
    await this.#dmsetup(['create', this.#name, '--table', tableLine(this.#table, this.legs)]);
  }

  /** Makes the device with this table in its inactive slot: the log is constructed and not resumed. */
  async load(): Promise<void> {
    await this.#dmsetup(['create', this.#name, '--notable']);
    await this.#dmsetup(['load', this.#name, '--table', tableLine(this.#table, this.legs)]);
  }

  /** The same where the table may well be refused: returns how loading it ended instead of throwing. */
  async tryLoad(): Promise<CommandResult> {
    await this.#dmsetup(['create', this.#name, '--notable']);
    return await this.#tryDmsetup(['load', this.#name, '--table', tableLine(this.#table, this.legs)]);
  }

  /** dmsetup create where it may well be refused: returns how it ended instead of throwing. */
  async tryCreate(): Promise<CommandResult> {
    return await this.#tryDmsetup(['create', this.#name, '--table', tableLine(this.#table, this.legs)]);
  }

  /** Loads another table into the inactive slot; the active one goes on. */
  async reload(change: Partial<MirrorTable>): Promise<void> {
    const next = { ...this.#table, ...change };
    await this.#dmsetup(['reload', this.#name, '--table', tableLine(next, this.legs)]);
    this.#table = next;
  }

  /** dmsetup clear: drops the inactive table. The verb's table is the active one again when `back` is given. */
  async clearInactive(back: Partial<MirrorTable> = {}): Promise<void> {
    await this.#dmsetup(['clear', this.#name]);
    this.#table = { ...this.#table, ...back };
  }

  /** The name of the device, for dmsetup. */
  get name(): string {
    return this.#name;
  }

  /** dmsetup suspend --noflush: writes that the mirror holds are queued again instead of failing (spec 9.3). */
  async suspendNoFlush(): Promise<void> {
    await this.#dmsetup(['suspend', '--nolockfs', '--noflush', this.#name]);
  }

  /** dmsetup table line. */
  async tableText(): Promise<string> {
    return (await this.#dmsetup(['table', this.#name])).stdout.trim();
  }

  /** Records how many device-mapper events the device has had. */
  async eventNumber(): Promise<void> {
    await this.#dmsetup(['info', '-c', '--noheadings', '-o', 'events', this.#name]);
  }

  /** dmsetup suspend, without flushing a file system (there is none). */
  async suspend(): Promise<void> {
    await this.#dmsetup(['suspend', '--nolockfs', this.#name]);
  }

  /** dmsetup resume: swaps an inactive table in, when there is one. */
  async resume(): Promise<void> {
    await this.#dmsetup(['resume', this.#name]);
  }

  /** dmsetup remove. */
  async remove(): Promise<void> {
    await this.#dmsetup(['remove', this.#name]);
  }

  /** dmsetup status line. */
  async status(): Promise<string> {
    return (await this.#dmsetup(['status', this.#name])).stdout.trim();
  }

  /** dmsetup status of the inactive table. */
  async statusInactive(): Promise<string> {
    return (await this.#dmsetup(['status', '--inactive', this.#name])).stdout.trim();
  }

  /**
   * Waits until the status shows all regions of the table in sync. The kernel raises an event when that is so
   * (spec SYNC-15), so each look at the status is followed by a wait for the next event.
   */
  async waitInSync(deadlineMs: number): Promise<void> {
    const name = shellQuote(this.#name);
    const { regions } = this.#table;
    await this.#sh(
      [
        'export DM_DISABLE_UDEV=1',
        // A device that has had no event yet was never in sync. Not to ask it keeps the log to its own pace: a
        // status that sees the full count makes the kernel ask for no further work (spec 4.1).
        `if [ "$(dmsetup info -c --noheadings -o events ${name})" = 0 ]; then dmsetup wait ${name} 0 || exit 1; fi`,
        `while events=$(dmsetup info -c --noheadings -o events ${name})`,
        `do case "$(dmsetup status ${name})" in *" ${regions}/${regions} "*) exit 0; esac`,
        `dmsetup wait ${name} "$events" || exit 1`,
        'done; exit 1',
      ].join('\n'),
      deadlineMs,
    );
  }

  /** One direct write of 4 KiB at the start of each region, one after the other, each with data of its own. */
  async write(regions: readonly number[]): Promise<void> {
    const script = regions.map((region) => writeCommand(region, this.#target)).join(' && ');
    await this.#sh(script, WRITE_DEADLINE_MS);
  }

  /** One direct read of 4 KiB at the start of each region, one after the other. */
  async read(regions: readonly number[]): Promise<void> {
    const script = regions.map((region) => readCommand(region, this.#target)).join(' && ');
    await this.#sh(script, WRITE_DEADLINE_MS);
  }

  /**
   * Issues one direct write per region, and returns when the FLUSH that commits their marks has returned. Meant for a
   * staged leg with the regions in a part that is held: the marks stay until it is released.
   */
  async writeHeld(regions: readonly number[]): Promise<WritesInFlight> {
    const results = this.#resultsFile();
    await this.#startWrites(regions, results);
    await this.recording.until('the FLUSH that commits the marks', MARKS_DEADLINE_MS, (events) =>
      areCommitted(events, regions),
    );
    return this.#inFlight(results, regions.length);
  }

  /** Issues one direct write per region, and returns when the kernel has all of them in flight. */
  async writeInFlight(regions: readonly number[]): Promise<WritesInFlight> {
    const results = this.#resultsFile();
    await this.#startWrites(regions, results);
    return this.#inFlight(results, regions.length);
  }

  /** Starts `count` direct writes one after the other, all over the mirror, and returns at once. */
  async writeLoad(count: number): Promise<WritesInFlight> {
    const results = this.#resultsFile();
    const script = loadScript(count, this.#table.regions, this.#target, results);
    await this.#sh(`: > ${results}; ${detached(script)}`, WRITE_DEADLINE_MS);
    return this.#inFlight(results, count);
  }

  /** Waits until only these regions are marked, because writes to them are held, and the log is asked for nothing. */
  async onlyMarked(regions: readonly number[]): Promise<void> {
    await this.recording.until(`marks of just ${regions.join(', ')}`, MARKS_DEADLINE_MS, (events) =>
      areAllThatIsMarked(events, regions),
    );
  }

  /**
   * Waits until the log holds no mark of the writes so far: each region was cleared, and the FLUSH after it returned.
   * A write returns before that. Not for integrated_flush, where the last FLUSH comes seconds later.
   */
  async marksCleared(): Promise<void> {
    await this.recording.until('the FLUSH that commits the last CLEAR_REGION', MARKS_DEADLINE_MS, (events) =>
      isSettled(events),
    );
  }

  /**
   * Issues one direct write per region, and returns when the kernel has all of them in flight. Meant for a frozen
   * subject: nothing completes, so the number in flight is exact. The kernel takes up the first one alone and waits
   * for the subject with it, unless it waits already; all others pile up behind it and are taken up together.
   */
  async writeTogether(regions: readonly number[]): Promise<WritesInFlight> {
    const results = this.#resultsFile();
    const [first, ...others] = regions;
    const sent = this.recording.count('transmission');
    await this.#startWrites(first === undefined ? others : [first], results);
    await this.recording.until(
      'a request about the first write, or one that waits already',
      MARKS_DEADLINE_MS,
      (events) =>
        events.filter(({ kind }) => kind === 'transmission').length > sent || openCalls(events).size > 0,
    );
    await this.#startWrites(others, results);
    return this.#inFlight(results, regions.length);
  }

  #resultsFile(): string {
    this.#starts += 1;
    return `/run/${this.#name}.writes-${this.#starts}`;
  }

  /** Starts one write per region and waits until they are in flight together with what was there before. */
  async #startWrites(regions: readonly number[], results: string): Promise<void> {
    const starts = regions.map((region) =>
      detached(`${writeCommand(region, this.#target)}; echo $? >> ${results}`),
    );
    // dm counts a bio in flight from submission to completion; that all are there is the fact to wait for.
    const number = `dmsetup info -c --noheadings --separator : -o major,minor ${this.#name}`;
    const writesOf = `awk '{ print $2 }' /sys/dev/block/$device/inflight`;
    const before = `touch ${results}; device=$(${number}); expected=$(( $(${writesOf}) + ${regions.length} ))`;
    const wait = `until [ $(${writesOf}) -ge $expected ]; do sleep 0.02; done`;
    await this.#sh(`${before}; ${starts.join(' ')} ${wait}`, WRITE_DEADLINE_MS);
  }

  #inFlight(results: string, expected: number): WritesInFlight {
    return {
      finished: async (deadlineMs = WRITE_DEADLINE_MS) => {
        const done = `until [ $(wc -l < ${results}) -ge ${expected} ]; do sleep 0.02; done`;
        await this.#sh(`${done}; ! grep -v '^0$' ${results}`, deadlineMs);
      },
    };
  }

  /** Compares the mirrored range of all legs byte by byte and records the result as image evidence. */
  async compareLegs(): Promise<boolean> {
    const bytes = tableSectors(this.#table) * 512;
    const [first, ...others] = this.legs;
    let equal = true;
    for (const other of others) {
      const result = await this.recording.run(['cmp', '-n', String(bytes), first ?? '', other]);
      if (result.status === null || result.status > 1) {
        throw new InfraError(`cmp could not compare the legs: ${result.stderr.trim()}`);
      }
      equal &&= result.status === 0;
    }
    this.recording.observe('image', LEGS_EQUAL, { mirror: this.#name, bytes, equal });
    return equal;
  }

  async #sh(script: string, deadlineMs: number): Promise<CommandResult> {
    const result = await this.recording.run(script, { deadlineMs });
    if (result.status !== 0) throw new GuestCommandError(script, result);
    return result;
  }

  async #dmsetup(words: readonly string[]): Promise<CommandResult> {
    const result = await this.#tryDmsetup(words);
    if (result.status !== 0) throw new GuestCommandError(`dmsetup ${words.join(' ')}`, result);
    return result;
  }

  async #tryDmsetup(words: readonly string[]): Promise<CommandResult> {
    return await this.recording.run(['dmsetup', ...words], { deadlineMs: DMSETUP_DEADLINE_MS, env: NO_UDEV });
  }
}

/** No udevd runs in these nodes: dmsetup makes its device nodes itself, and blkid reads do not disturb the log. */
const NO_UDEV = { DM_DISABLE_UDEV: '1' };
