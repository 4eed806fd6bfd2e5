/** Waiting for markers, with a deadline and an account of what was seen instead. */
import { startDeadline } from '../deadline-clock.js';
import { RecorderStreamError } from './errors.js';

const SHOWN = 5;

interface Wait<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Markers that arrived, by text, and those that are awaited. */
export class MarkerWaits<T> {
  readonly #seen = new Map<string, T>();
  readonly #waiting = new Map<string, Wait<T>[]>();
  #failure: Error | undefined;

  /** True if someone waits for this text. */
  isAwaited(text: string): boolean {
    return this.#waiting.has(text);
  }

  /** Resolves at once if the marker has arrived already; the first of several with one text counts. */
  async wait(text: string, deadlineMs: number): Promise<T> {
    const seen = this.#seen.get(text);
    if (seen !== undefined) return seen;
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise<T>((resolve, reject) => {
      const wait: Wait<T> = {
        resolve: (value) => {
          deadline.clear();
          resolve(value);
        },
        reject: (error) => {
          deadline.clear();
          reject(error);
        },
      };
      const deadline = startDeadline(deadlineMs, () => {
        this.#forget(text, wait);
        reject(new RecorderStreamError(`no marker "${text}" within ${deadlineMs} ms; ${this.#sight()}`));
      });
      this.#waiting.set(text, [...(this.#waiting.get(text) ?? []), wait]);
    });
  }

  /** A marker has arrived. */
  arrived(text: string, value: T): void {
    if (!this.#seen.has(text)) this.#seen.set(text, value);
    for (const wait of this.#waiting.get(text) ?? []) wait.resolve(value);
    this.#waiting.delete(text);
  }

  /** Nothing more arrives: all present and later waits are rejected. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const waits of this.#waiting.values()) for (const wait of waits) wait.reject(error);
    this.#waiting.clear();
  }

  #forget(text: string, wait: Wait<T>): void {
    const left = (this.#waiting.get(text) ?? []).filter((other) => other !== wait);
    if (left.length === 0) this.#waiting.delete(text);
    else this.#waiting.set(text, left);
  }

  #sight(): string {
    const last = [...this.#seen.keys()].slice(-SHOWN).map((text) => `"${text}"`);
    return last.length === 0 ? 'no marker was seen' : `the last markers seen: ${last.join(', ')}`;
  }
}
