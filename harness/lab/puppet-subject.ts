import { createWriteStream, type WriteStream } from 'node:fs';
import type { GuestSession } from '../guest/index.js';
import type { PuppetHost } from '../puppet/index.js';
import { InfraError } from '../vm/index.js';
import { aliveScript } from './alive.js';
import { killRelay, RELAY_LOG, startRelay } from './puppet-relay.js';
import type { SubjectJournal } from './subject.js';
import type { TestSubject } from './test-subject.js';

/** From the start of the relay until its greeting has come to the host. */
const CONNECT_DEADLINE_MS = 10_000;

/** The puppet's log file on the host. */
export class PuppetLog {
  readonly #file: WriteStream;

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** A line with the host's time. */
  line(text: string): void {
    if (!this.#file.writableEnded) this.#file.write(`${new Date().toISOString()} ${text}\n`);
  }

  async close(): Promise<void> {
    if (!this.#file.writableEnded) await new Promise<void>((resolve) => this.#file.end(resolve));
  }
}

/**
 * The puppet in the place of a daemon's process: what is killed, frozen and started is the relay in the guest, and the
 * half on the host dies with it.
 */
export class PuppetSubject implements TestSubject {
  #pid: number | undefined;
  #ended: string | undefined = 'it was never started';

  /** @param relay process id of the relay that runs since before the snapshot; the first start takes it over */
  constructor(
    private readonly puppet: PuppetHost,
    private readonly guest: GuestSession,
    private readonly journal: SubjectJournal,
    private readonly log: PuppetLog,
    private relay?: number,
  ) {}

  get lastLines(): readonly string[] {
    return [];
  }

  get ended(): string | undefined {
    return this.#ended;
  }

  async start(): Promise<void> {
    if (this.#ended === undefined) throw new InfraError('the puppet runs already');
    // One that died in the snapshot does not greet.
    const pid = this.relay ?? (await startRelay(this.guest));
    this.relay = undefined;
    this.#pid = pid;
    this.#ended = undefined;
    await this.journal.subject('started', `pid ${pid}: the relay of the puppet`);
    await this.puppet.connected(CONNECT_DEADLINE_MS);
    await this.journal.subject('ready', 'the relay is bound and has greeted the host');
  }

  get pid(): number {
    return this.#require();
  }

  async freeze(): Promise<void> {
    await this.guest.succeed(`kill -STOP ${this.pid}`);
    await this.#stopped();
    await this.journal.subject('frozen', 'SIGSTOP');
  }

  watchFor(): void {
    // Its end is looked for in `collect` only, when no trap is set any more.
  }

  async fell(deed: 'kill' | 'freeze', detail: string, t: bigint): Promise<void> {
    switch (deed) {
      case 'kill':
        await this.#end('SIGKILL');
        await this.journal.subject('killed', `SIGKILL by ${detail}`, t);
        return;
      case 'freeze':
        await this.#stopped();
        await this.journal.subject('frozen', `SIGSTOP by ${detail}`, t);
        return;
    }
  }

  async thaw(): Promise<void> {
    const pid = this.#require();
    await this.journal.subject('thawed', 'SIGCONT');
    await this.guest.succeed(`kill -CONT ${pid}`);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
    await this.journal.subject('killed', 'SIGKILL');
  }

  /** There is nothing that a relay has to do at its end: the same as `kill`, under another name. */
  async stop(): Promise<void> {
    await this.#end('stopped');
    await this.journal.subject('stopped', 'the relay was ended');
  }

  dismiss(): void {
    // Its end is looked for in `collect` only.
  }

  /** Throws when the puppet itself, or a rule of the test, failed: what the kernel did then says nothing. */
  async collect(): Promise<void> {
    const runs = this.#pid !== undefined && this.#ended === undefined;
    const { status, stdout: complaints } = await this.guest.run(
      `[ ! -s ${RELAY_LOG} ] || cat ${RELAY_LOG}${runs ? `\n${aliveScript(this.pid)}` : ''}`,
    );
    if (complaints !== '') this.log.line(`--- relay (${RELAY_LOG})\n${complaints.trimEnd()}`);
    if (this.puppet.trouble !== undefined) {
      throw new InfraError(`the puppet failed: ${this.puppet.trouble.message}`, {
        cause: this.puppet.trouble,
      });
    }
    if (!runs || status === 0) return;
    throw new InfraError(`the relay of the puppet ended by itself; it said:\n${complaints || '(nothing)'}`);
  }

  async close(): Promise<void> {
    this.puppet[Symbol.dispose]();
    await this.log.close();
  }

  async #end(how: string): Promise<void> {
    const pid = this.#require();
    await killRelay(this.guest, pid);
    this.puppet.die();
    this.#ended = how;
  }

  /** Waits until SIGSTOP has taken effect. */
  async #stopped(): Promise<void> {
    await this.guest.succeed(`until grep -q '^State:.T' /proc/${this.pid}/status; do sleep 0.02; done`);
  }

  #require(): number {
    if (this.#pid === undefined || this.#ended !== undefined) {
      throw new InfraError(`the puppet does not run: ${this.#ended ?? 'it has no process'}`);
    }
    return this.#pid;
  }
}
