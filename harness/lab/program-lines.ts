import { createInterface } from 'node:readline';
import type { RunningCommand } from '../guest/index.js';
import { InfraError } from '../vm/index.js';

/** What a program of ours in a node prints while it runs, line by line. */
export class ProgramLines {
  readonly #lines: AsyncIterator<string>;
  readonly #exited: RunningCommand['exited'];
  #complaint = '';

  /** @param what the program, as errors call it: 'the program that keeps a trap' */
  constructor(
    { stdout, stderr, exited }: RunningCommand,
    private readonly what: string,
  ) {
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.#exited = exited;
    stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text));
  }

  /** The next line. Throws InfraError with the complaint of a program that ended before it. */
  async next(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done !== true) return next.value;
    throw await this.#ended();
  }

  /** All lines until its end. Throws InfraError when that was no good one. */
  async rest(): Promise<string[]> {
    const rest: string[] = [];
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next())
      rest.push(next.value);
    if ((await this.#exited).status !== 0) throw await this.#ended();
    return rest;
  }

  async #ended(): Promise<InfraError> {
    const { status, signal } = await this.#exited;
    const how = signal === null ? `status ${String(status)}` : `signal ${signal}`;
    return new InfraError(`${this.what} ended with ${how}: ${this.#complaint.trim()}`);
  }
}
