import { EXIT } from '../results/exit-codes.js';
import { InterruptedError } from './errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into a request to end; a second one ends this process at once (what
 * it owns goes with it).
 */
export class Interruption implements Disposable {
  #requested = false;
  readonly #listeners = new Set<() => void>();
  readonly #handler = (): void => {
    if (this.#requested) process.exit(EXIT.interrupted);
    this.#requested = true;
    for (const listener of this.#listeners) listener();
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#handler);
  }

  get requested(): boolean {
    return this.#requested;
  }

  /** Calls `listener` when the user asks to end, or at once if that was before. Returns how to stop listening. */
  onRequest(listener: () => void): () => void {
    if (this.#requested) listener();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for `work`, but no longer than until the user asks to end; then throws {@link InterruptedError}. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    let stop: (() => void) | undefined;
    const request = new Promise<never>((_resolve, reject) => {
      stop = this.onRequest(() => reject(new InterruptedError(`interrupted during ${what}`)));
    });
    try {
      return await Promise.race([request, work]);
    } finally {
      stop?.();
    }
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#handler);
  }
}
