import { EventEmitter, once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { startDeadline, type Deadline } from '../deadline-clock.js';
import { type KernelLogEvent, KernelLogRecogniser } from '../kernel-log/index.js';
import { LineSplitter } from './line-splitter.js';

/** How many lines a boot failure shows. */
export const CONSOLE_TAIL_LINES = 40;

/** A report of the kernel is complete when nothing followed for so long; under emulation lines are 1 ms apart. */
const QUIET_MS = 1000;

/**
 * The serial console of one VM: every line goes to a file behind the milliseconds since power-on,
 * the last lines are kept for errors, each line is offered to whoever waits for one, and what the kernel reports
 * about itself is put together.
 */
export class SerialConsole extends EventEmitter<{
  line: [string];
  panic: [string];
  kernel: [KernelLogEvent];
  /** No report of the kernel is under way any more. */
  quiet: [];
}> {
  readonly #file: WriteStream;
  readonly #started = performance.now();
  readonly #tail: string[] = [];
  readonly #lines = new LineSplitter();
  readonly #recogniser = new KernelLogRecogniser();
  readonly #reported: KernelLogEvent[] = [];
  #quiet: Deadline | undefined;

  /** Starts to read `stream`; the file at `path` is created, or emptied. */
  constructor(
    stream: Readable,
    readonly path: string,
  ) {
    super();
    this.#file = createWriteStream(path);
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      for (const line of this.#lines.accept(text)) this.#accept(line);
      this.#awaitQuiet();
    });
  }

  /** What the kernel reported about itself since power-on; later events are emitted as `kernel`. */
  get reported(): readonly KernelLogEvent[] {
    return this.#reported;
  }

  /**
   * Resolves when no report of the kernel is under way: each has ended, or nothing followed for a while, or they are
   * taken for complete after the deadline.
   */
  async reportsEnded(deadlineMs: number): Promise<void> {
    if (!this.#recogniser.busy) return;
    const deadline = startDeadline(deadlineMs, () => {
      this.#endReports();
    });
    await once(this, 'quiet');
    deadline.clear();
  }

  /** The last lines that the guest printed, oldest first, an unfinished one included. */
  tail(): readonly string[] {
    const { rest } = this.#lines;
    return rest === '' ? [...this.#tail] : [...this.#tail, rest];
  }

  /** Resolves with the first line from now on that matches. */
  async waitForLine(pattern: RegExp): Promise<string> {
    return await new Promise((resolve) => {
      const listener = (line: string): void => {
        if (!pattern.test(line)) return;
        this.off('line', listener);
        resolve(line);
      };
      this.on('line', listener);
    });
  }

  /** Writes out what is left and closes the file. */
  async close(): Promise<void> {
    this.#quiet?.clear();
    for (const line of this.#lines.end()) this.#accept(line);
    this.#endReports();
    await new Promise<void>((resolve) => this.#file.end(resolve));
  }

  #accept(line: string): void {
    const ms = (performance.now() - this.#started).toFixed(0).padStart(7);
    this.#file.write(`${ms} ${line}\n`);
    this.#tail.push(line);
    if (this.#tail.length > CONSOLE_TAIL_LINES) this.#tail.shift();
    this.emit('line', line);
    this.#report(this.#recogniser.accept(line));
  }

  #report(events: readonly KernelLogEvent[]): void {
    for (const event of events) {
      this.#reported.push(event);
      this.emit('kernel', event);
      if (event.type === 'begun' && event.kind === 'panic') {
        this.emit('panic', event.firstLine.replace(/^Kernel panic - not syncing: /, ''));
      }
    }
  }

  #awaitQuiet(): void {
    this.#quiet?.clear();
    if (this.#recogniser.busy) this.#quiet = startDeadline(QUIET_MS, this.#endReports.bind(this));
    else this.emit('quiet');
  }

  #endReports(): void {
    this.#report(this.#recogniser.flush());
    this.emit('quiet');
  }
}
