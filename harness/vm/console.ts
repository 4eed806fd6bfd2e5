import { EventEmitter } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** How many lines a boot failure shows. */
export const CONSOLE_TAIL_LINES = 40;

const PANIC = /Kernel panic - not syncing: (.*)/;

/** A kernel's complaint about itself, as it stands on the console behind printk's time. */
export interface KernelComplaint {
  readonly finding: 'oops' | 'warning' | 'bug';
  readonly text: string;
}

/**
 * Lockups and stalls are left out on purpose: a starved guest reports them, and so do tasks that rightly wait for a
 * daemon that the test froze (spec vm 8).
 */
const COMPLAINTS: readonly (readonly [KernelComplaint['finding'], RegExp])[] = [
  ['oops', /^\[ *\d+\.\d+\] (Oops: .*|general protection fault.*|divide error: .*|invalid opcode: .*)/],
  ['bug', /^\[ *\d+\.\d+\] ((?:kernel )?BUG(?: at .*|: (?!soft lockup|workqueue lockup).*))/],
  ['warning', /^\[ *\d+\.\d+\] (WARNING: .*)/],
];

/**
 * The serial console of one VM: every line goes to a file behind the milliseconds since power-on,
 * the last lines are kept for errors, and each line is offered to whoever waits for one.
 */
export class SerialConsole extends EventEmitter<{
  line: [string];
  panic: [string];
  complaint: [KernelComplaint];
}> {
  readonly #file: WriteStream;
  readonly #started = performance.now();
  readonly #tail: string[] = [];
  #rest = '';

  /** Starts to read `stream`; the file at `path` is created, or emptied. */
  constructor(
    stream: Readable,
    readonly path: string,
  ) {
    super();
    this.#file = createWriteStream(path);
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#accept(line.replace(/\r+$/, ''));
    });
  }

  /** The last lines that the guest printed, oldest first, an unfinished one included. */
  tail(): readonly string[] {
    return this.#rest === '' ? [...this.#tail] : [...this.#tail, this.#rest];
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
    if (this.#rest !== '') this.#accept(this.#rest);
    this.#rest = '';
    await new Promise<void>((resolve) => this.#file.end(resolve));
  }

  #accept(line: string): void {
    const ms = (performance.now() - this.#started).toFixed(0).padStart(7);
    this.#file.write(`${ms} ${line}\n`);
    this.#tail.push(line);
    if (this.#tail.length > CONSOLE_TAIL_LINES) this.#tail.shift();
    this.emit('line', line);
    for (const [finding, pattern] of COMPLAINTS) {
      const text = pattern.exec(line)?.[1];
      if (text !== undefined) this.emit('complaint', { finding, text });
    }
    const panic = PANIC.exec(line);
    if (panic !== null) this.emit('panic', panic[1] ?? '');
  }
}
