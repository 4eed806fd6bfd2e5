import { EventEmitter } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** How many lines a boot failure shows. */
export const CONSOLE_TAIL_LINES = 40;

const PANIC = /Kernel panic - not syncing: (.*)/;

/**
 * The serial console of one VM: every line goes to a file behind the milliseconds since power-on,
 * the last lines are kept for errors, and each line is offered to whoever waits for one.
 */
export class SerialConsole extends EventEmitter<{ line: [string]; panic: [string] }> {
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
    const panic = PANIC.exec(line);
    if (panic !== null) this.emit('panic', panic[1] ?? '');
  }
}
