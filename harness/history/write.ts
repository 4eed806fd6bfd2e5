/** Writes history files, line by line while a test runs. */
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { lineSchema, type EndEvent, type HistoryHeader, type HistoryLine, type NewEvent } from './events.js';
import type { History } from './history.js';

/** One line of the file, with its line feed. */
function formatLine(line: HistoryLine): string {
  return `${JSON.stringify(lineSchema.encode(line))}\n`;
}

/** The text of a history file. Events are written in their order in memory and numbered in that order. */
export function formatHistory(history: History): string {
  const events = history.withEvents(history.events).events;
  const lines = [history.header, ...events, ...(history.end === undefined ? [] : [history.end])];
  return lines.map(formatLine).join('');
}

/** Writes a history that is complete in memory, such as a mutated one. */
export function writeHistory(path: string, history: History): void {
  writeFileSync(path, formatHistory(history));
}

/**
 * Appends events to a history file as they come. What was appended in one turn of the event loop is handed to
 * the kernel at its end, so that a killed owner loses no more than that. Errors of the file system come out of
 * the next append, or of close.
 *
 * Disposing without `end` leaves a truncated history, on purpose: that is how a test that broke looks.
 */
export class HistoryWriter implements AsyncDisposable {
  readonly path: string;
  #fd: number | undefined;
  #next = 0;
  #pending = '';
  #scheduled: NodeJS.Immediate | undefined;
  #failure: unknown;

  /** Creates the file, or empties it, and writes the header. */
  constructor(path: string, header: HistoryHeader) {
    this.path = path;
    this.#fd = openSync(path, 'w');
    this.#push(formatLine(header));
  }

  /** Number of events so far. */
  get length(): number {
    return this.#next;
  }

  /** Writes one event and returns the number that it was given. */
  append(event: NewEvent): number {
    const n = this.#next;
    // Before the counter moves: an event that does not fit the schema must not leave a hole.
    const line = formatLine({ ...event, n });
    this.#next += 1;
    this.#push(line);
    return n;
  }

  /** Writes the end line and closes the file. */
  end(end: Omit<EndEvent, 'kind'>): void {
    this.#push(formatLine({ kind: 'end', ...end }));
    this.close();
  }

  /**
   * Puts this history in the place of what was streamed, in order of time and numbered in that order, and
   * closes. The file is exchanged whole: a reader sees the old one or the new one.
   */
  replace(history: History): void {
    this.close();
    const complete = `${this.path}.${process.pid}.new`;
    writeHistory(complete, history);
    renameSync(complete, this.path);
  }

  /** Closes the file, without an end line unless `end` was called. Closing twice is harmless. */
  close(): void {
    if (this.#fd === undefined) return;
    this.#flush();
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#throwFailure();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #push(line: string): void {
    if (this.#fd === undefined) throw new Error(`${this.path}: the history is closed, nothing can be added`);
    this.#throwFailure();
    this.#pending += line;
    this.#scheduled ??= setImmediate(() => {
      this.#flush();
    });
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    let rest = Buffer.from(this.#pending);
    this.#pending = '';
    try {
      while (this.#fd !== undefined && rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    throw new Error(`${this.path}: the history could not be written`, { cause: this.#failure });
  }
}
