/** What kernel rules look at: all requests in the order of sending, by thread, and the commands around them. */
import type { CommandEvent, Exchange, History } from '../../history/index.js';
import type { Finding, Report } from '../deviation.js';
import type { Life, Lives } from '../life.js';

/** Judges the requests of a whole history. */
export type KernelRule = (context: KernelContext) => void;

/** One history, as kernel rules ask about it. */
export class KernelContext {
  readonly history: History;
  readonly exchanges: readonly Exchange[];
  /** Requests of each thread in order. One thread does one thing after another. */
  readonly threads: readonly (readonly Exchange[])[];
  readonly #next = new Map<Exchange, Exchange>();
  readonly #previous = new Map<Exchange, Exchange>();
  readonly #commands: readonly CommandEvent[];

  constructor(
    readonly lives: Lives,
    readonly report: Report,
  ) {
    this.history = lives.history;
    this.exchanges = this.history.exchanges();
    this.#commands = this.history.commands();
    const threads = new Map<string, Exchange[]>();
    for (const exchange of this.exchanges) {
      const key = `${exchange.node}/${exchange.tid}`;
      const thread = threads.get(key) ?? [];
      const before = thread.at(-1);
      if (before !== undefined) {
        this.#next.set(before, exchange);
        this.#previous.set(exchange, before);
      }
      thread.push(exchange);
      threads.set(key, thread);
    }
    this.threads = [...threads.values()];
  }

  /** The thread's request after this one. */
  next(exchange: Exchange): Exchange | undefined {
    return this.#next.get(exchange);
  }

  /** The thread's request before this one, rebuilds of lost logs left out (spec 2.6). */
  previous(exchange: Exchange): Exchange | undefined {
    let before = this.#previous.get(exchange);
    while (before !== undefined && this.lives.isRebuild(before)) before = this.#previous.get(before);
    return before;
  }

  /** Place of the request in the history: where the kernel began it. */
  began(exchange: Exchange): number {
    const first = exchange.events()[0];
    return first === undefined ? Infinity : this.history.place(first);
  }

  /** The only command that was running when the request began; undefined when none or several were. */
  command(exchange: Exchange): CommandEvent | undefined {
    const at = exchange.events()[0]?.t;
    if (at === undefined) return undefined;
    const running = this.#commands.filter(
      ({ t, end, node }) => node === exchange.node && t <= at && at <= end,
    );
    return running.length === 1 ? running[0] : undefined;
  }

  /** Hands in a deviation of the kernel about an instance, or about what a word names. */
  deviate(id: string, life: Life | string, finding: Finding): void {
    this.report.add('kernel', id, typeof life === 'string' ? life : life.name, finding);
  }
}

const LVM =
  /\b(?:lvm|lvcreate|lvextend|lvresize|lvreduce|lvconvert|lvchange|lvremove|pvmove|vgchange|vgremove)\b/;

/**
 * True for a dmsetup command with one of these verbs, also inside `sh -c`. LVM suspends and resumes several
 * devices in steps, so that other orders are right there (lvm.md, 2).
 */
export function isDmsetup(command: CommandEvent | undefined, ...verbs: readonly string[]): boolean {
  if (command === undefined) return false;
  const text = command.argv.join(' ');
  return (
    /\bdmsetup\b/.test(text) &&
    !LVM.test(text) &&
    verbs.some((verb) => new RegExp(`\\b${verb}\\b`).test(text))
  );
}
