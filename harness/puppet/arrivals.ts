/** Waiting for requests to arrive. */
import { DeadlineError } from '../vm/errors.js';
import { within } from '../vm/deadline.js';
import type { UlogMessage } from '../ulog/index.js';
import { describeMessage } from './describe.js';

/** The kernel did not send what the test waits for: its to answer for, or the test's, not the harness's. */
export class RequestsMissing extends DeadlineError {
  override readonly name = 'RequestsMissing';
}

const SHOWN = 8;

/** Tells waiters when a growing list of requests is long enough. */
export class Arrivals {
  readonly #watchers = new Set<() => void>();

  /** @param list the requests so far */
  constructor(private readonly list: () => readonly UlogMessage[]) {}

  /** The list has grown. */
  note(): void {
    for (const check of this.#watchers) check();
  }

  /** Resolves when the list has `count` entries. @throws RequestsMissing naming the latest of those that it has. */
  async reach(count: number, deadlineMs: number, awaited: string): Promise<void> {
    if (this.list().length >= count) return;
    let check: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      check = (): void => {
        if (this.list().length >= count) resolve();
      };
    });
    this.#watchers.add(check);
    try {
      await within(reached, deadlineMs, awaited);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new RequestsMissing(awaited, this.#seen(), deadlineMs);
    } finally {
      this.#watchers.delete(check);
    }
  }

  #seen(): string {
    const list = this.list();
    if (list.length === 0) return 'none';
    const more = list.length > SHOWN ? `the latest of ${list.length}: ` : '';
    return more + list.slice(-SHOWN).map(describeMessage).join('; ');
  }
}
