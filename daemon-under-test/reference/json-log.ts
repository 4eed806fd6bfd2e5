/** The daemon's log: one JSON object per line. */
import { openSync, writeSync } from 'node:fs';
import type { DaemonEvent } from './event.js';
import { LOG_LEVELS, type LogLevel } from './options.js';

/** Appends lines; a line is complete or absent, never half. */
export class JsonLog {
  readonly fd: number;
  /** Whether a write would not block. Block devices wait for this daemon; it must not wait for a log reader. */
  isWritable: () => boolean = () => true;
  readonly #threshold: number;
  #dropped = 0;

  /** `path` undefined is stderr. @throws what openSync throws. */
  constructor(path: string | undefined, level: LogLevel) {
    this.fd = path === undefined ? 2 : openSync(path, 'a');
    this.#threshold = LOG_LEVELS.indexOf(level);
  }

  /** Writes one event, or counts it as dropped when nobody takes it. */
  readonly write = (entry: DaemonEvent): void => {
    if (LOG_LEVELS.indexOf(entry.level) < this.#threshold) return;
    if (this.#dropped > 0) {
      const details = { lines: this.#dropped };
      if (!this.#append({ level: 'warn', event: 'log-lines-dropped', details })) {
        this.#dropped += 1;
        return;
      }
      this.#dropped = 0;
    }
    if (!this.#append(entry)) this.#dropped += 1;
  };

  #append({ level, event, details }: DaemonEvent): boolean {
    if (!this.isWritable()) return false;
    const line = JSON.stringify({ time: new Date().toISOString(), level, event, ...details });
    try {
      writeSync(this.fd, `${line}\n`);
      return true;
    } catch {
      return false;
    }
  }
}
