import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import { type GuestSession, type RunningCommand, shellCommand, shellQuote } from '../guest/index.js';
import { InfraError, within } from '../vm/index.js';
import type { Recording } from './recording.js';
import type { SubjectTrap, TestSubject } from './test-subject.js';

/** Where the life of a subject is written down. */
export type SubjectJournal = Pick<Recording, 'subject'>;

/** The subject did not start, or did not become ready as its profile promises. */
export class SubjectNotReady extends Error {
  override readonly name = 'SubjectNotReady';
}

/** How long something may take that should be there at once. */
const PATIENCE_MS = 10_000;
/** So many last lines of the daemon are kept in memory, and shown when something is wrong with it. */
const KEPT_LINES = 200;
const TAIL_LINES = 20;

/** A daemon that ran when its node was saved, and what it had printed by then. Plain data. */
export interface RunningSubject {
  /** Of the command that became the daemon. */
  readonly id: number;
  readonly pid: number;
  readonly lines: readonly SubjectLine[];
}

/** A line that the daemon printed. */
interface SubjectLine {
  readonly source: 'stdout' | 'stderr';
  readonly text: string;
}

interface Running {
  readonly pid: number;
  readonly command: RunningCommand;
  ended: string | undefined;
  /** Set before the harness ends it, so that an end of its own accord can be told from that. */
  dismissed: boolean;
  /** Set around it: an end may be their doing. */
  readonly traps: SubjectTrap[];
  /** Resolves when its end is written down. */
  readonly noted: Promise<void>;
}

/** The daemon under test inside one node, started, watched and stopped as its profile says. */
export class Subject implements TestSubject {
  #running: Running | undefined;
  #adoptable: RunningSubject | undefined;
  readonly #log: WriteStream;
  /** The last lines since the daemon's start. */
  #lines: SubjectLine[] = [];
  readonly #listeners = new Set<(line: SubjectLine) => void>();

  /**
   * @param logPath file on the host that receives what the daemon prints, with its origin and time
   * @param running the daemon that was ready when the node was saved; `start` takes it over as if it had started it
   */
  constructor(
    private readonly profile: Profile,
    private readonly guest: GuestSession,
    private readonly journal: SubjectJournal,
    logPath: string,
    running?: RunningSubject,
  ) {
    this.#adoptable = running;
    this.#log = createWriteStream(logPath);
  }

  /**
   * Starts the daemon and waits until its profile's ready condition holds; one that runs since before the snapshot is
   * taken over instead. Throws SubjectNotReady.
   */
  async start(): Promise<void> {
    const before = this.#adoptable;
    this.#adoptable = undefined;
    await (before === undefined ? this.#startAnew() : this.#adopt(before));
  }

  async #startAnew(): Promise<void> {
    const { command, env, cwd } = this.profile.start;
    const changeDirectory = cwd === undefined ? '' : `cd ${shellQuote(cwd)} && `;
    const deadlineMs = this.profile.ready.deadline * 1000;
    const past = await this.#forgetReadiness();
    this.#lines = [];
    const running = await this.guest.start(
      `echo $$; ${changeDirectory}exec ${shellCommand(command)}`,
      env ?? {},
    );
    const ready = this.#readyCondition(past);
    ready.catch(() => undefined); // awaited below, unless the process id does not come
    const state = this.#watch(await this.#follow(running, deadlineMs), running);
    const died = state.noted.then(() => {
      throw new SubjectNotReady(
        `${this.profile.name} ended with ${state.ended ?? 'unknown status'} before it was ready; it printed:\n${this.#tail()}`,
      );
    });
    died.catch(() => undefined); // a later end is kept in `ended` and in the history
    await this.#noteStart(state.pid);
    const awaited = `${this.profile.name} to become ready (${describeReady(this.profile)})`;
    await within(Promise.race([ready, died]), deadlineMs, awaited, () => `its last lines:\n${this.#tail()}`);
    await this.journal.subject('ready', describeReady(this.profile));
  }

  async #adopt({ id, pid, lines }: RunningSubject): Promise<void> {
    for (const line of lines) this.#accept(line);
    const running = this.guest.adopt(id);
    this.#read(running.stdout, 'stdout');
    this.#read(running.stderr, 'stderr');
    this.#watch(pid, running);
    await this.#noteStart(pid);
    await this.journal.subject('ready', `${describeReady(this.profile)} (before the snapshot)`);
  }

  /** What somebody needs who adopts the daemon in a copy of this node. The daemon must run. */
  leave(): RunningSubject {
    const { pid, command } = this.#require();
    this.dismiss();
    return { id: command.id, pid, lines: [...this.#lines] };
  }

  /** Why the daemon is not running, or undefined while it runs. */
  get ended(): string | undefined {
    return this.#running === undefined ? 'it was never started' : this.#running.ended;
  }

  get pid(): number {
    return this.#require().pid;
  }

  /** SIGSTOP, and waits until the process is stopped: from then on no request is answered. */
  async freeze(): Promise<void> {
    await this.guest.succeed(`kill -STOP ${this.pid}`);
    await this.#stopped();
    await this.journal.subject('frozen', 'SIGSTOP');
  }

  watchFor(trap: SubjectTrap): void {
    this.#require().traps.push(trap);
  }

  async fell(deed: 'kill' | 'freeze', detail: string, t: bigint): Promise<void> {
    switch (deed) {
      case 'kill': {
        const state = this.#require();
        state.dismissed = true;
        await this.#killed(state);
        await this.journal.subject('killed', `SIGKILL by ${detail}`, t);
        return;
      }
      case 'freeze':
        await this.#stopped();
        await this.journal.subject('frozen', `SIGSTOP by ${detail}`, t);
        return;
    }
  }

  /** SIGCONT. */
  async thaw(): Promise<void> {
    const { pid } = this.#require();
    await this.journal.subject('thawed', 'SIGCONT');
    await this.guest.succeed(`kill -CONT ${pid}`);
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    const state = this.#require();
    state.dismissed = true;
    await this.guest.succeed(`kill -KILL ${state.pid}`);
    await this.#killed(state);
    await this.journal.subject('killed', 'SIGKILL');
  }

  /** Ends the daemon as its profile says; one that does not go within its deadline is recorded, and no more. */
  async stop(): Promise<void> {
    const state = this.#require();
    const { pid } = state;
    state.dismissed = true;
    const { stop } = this.profile;
    const deadlineMs = stop.deadline * 1000;
    const ask =
      'signal' in stop ? `kill -${stop.signal.replace(/^SIG/, '')} ${pid}` : shellCommand(stop.command);
    const stopped = this.guest.run(ask, { deadlineMs }).then(() => state.command.exited);
    const how = await within(stopped, deadlineMs, `${this.profile.name} to stop`).then(
      howEnded,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    await this.journal.subject('stopped', `${ask}: ${how}`);
  }

  /** Dismisses the daemon without ending it: whatever becomes of it from now on says nothing about it. */
  dismiss(): void {
    if (this.#running !== undefined) this.#running.dismissed = true;
  }

  /** Copies log files that the profile names and closes the log on the host. */
  async collect(): Promise<void> {
    await this.#noteLateEnd();
    for (const { name, path } of this.profile.logs) {
      if (path === 'stdout' || path === 'stderr') continue;
      const bytes = await this.guest
        .readFile(path)
        .catch((error: unknown) => `(not readable: ${String(error)})`);
      this.#log.write(`--- ${name} (${path})\n`);
      this.#log.write(bytes);
    }
    await this.close();
  }

  /** Closes the log on the host; what the daemon prints later is lost. */
  async close(): Promise<void> {
    if (!this.#log.writableEnded) await new Promise<void>((resolve) => this.#log.end(resolve));
  }

  /** An end that the guest knows of already may not have been told to us yet. */
  async #noteLateEnd(): Promise<void> {
    const state = this.#running;
    if (state !== undefined && !state.dismissed && state.ended === undefined) {
      const alive = await this.guest.run(`kill -0 ${state.pid}`);
      if (alive.status !== 0)
        await within(state.noted, PATIENCE_MS, `word of how ${this.profile.name} ended`);
    }
    if (state?.ended !== undefined) await state.noted;
  }

  async #noteEnd(state: Running): Promise<void> {
    if (state.dismissed) return;
    // The trap's own word of it may come later than the end.
    const removed = await Promise.allSettled(state.traps.map((trap) => trap.remove()));
    if (removed.some((trap) => trap.status === 'fulfilled' && trap.value && state.dismissed)) return;
    await this.journal
      .subject('exited', `by itself, with ${state.ended ?? 'unknown status'}; it printed:\n${this.#tail()}`)
      .catch(() => undefined); // the guest is gone too, which is told elsewhere
  }

  /**
   * Takes away what a daemon that was killed left and a new one would be taken for ready by: its socket. Gives the
   * length of the log file in bytes, so that only what is written from now on counts.
   */
  async #forgetReadiness(): Promise<number> {
    const { ready } = this.profile;
    if ('socket' in ready) await this.guest.succeed(`rm -f ${shellQuote(ready.socket)}`);
    const path = this.#readyLogFile();
    if (path === undefined) return 0;
    return Number(await this.guest.succeed(`stat -c %s ${shellQuote(path)} 2>/dev/null || echo 0`));
  }

  /** The log file in the guest that tells readiness, if it is one. */
  #readyLogFile(): string | undefined {
    const { ready, logs } = this.profile;
    if (!('log' in ready)) return undefined;
    const path = logs.find(({ name }) => name === ready.in)?.path;
    return path === 'stdout' || path === 'stderr' ? undefined : path;
  }

  /** Waits until SIGSTOP has taken effect. */
  async #stopped(): Promise<void> {
    await this.guest.succeed(`until grep -q '^State:.T' /proc/${this.pid}/status; do sleep 0.02; done`);
  }

  /** Waits until SIGKILL has taken effect. */
  async #killed({ command }: Running): Promise<void> {
    await within(command.exited, PATIENCE_MS, `${this.profile.name} to die of SIGKILL`);
  }

  #require(): Running {
    if (this.#running === undefined) throw new InfraError(`${this.profile.name} was not started`);
    return this.#running;
  }

  #watch(pid: number, command: RunningCommand): Running {
    const state: Running = {
      pid,
      command,
      ended: undefined,
      dismissed: false,
      traps: [],
      noted: command.exited.then(async (end) => {
        state.ended = howEnded(end);
        await this.#noteEnd(state);
      }),
    };
    this.#running = state;
    return state;
  }

  async #noteStart(pid: number): Promise<void> {
    await this.journal.subject('started', `pid ${pid}: ${shellCommand(this.profile.start.command)}`);
  }

  /** Reads the pid from the first line, and everything after it into the log. */
  async #follow(running: RunningCommand, deadlineMs: number): Promise<number> {
    const pid = new Promise<number>((resolve) => {
      let first = true;
      createInterface({ input: running.stdout }).on('line', (text) => {
        if (first) resolve(Number(text));
        else this.#accept({ source: 'stdout', text });
        first = false;
      });
    });
    this.#read(running.stderr, 'stderr');
    return await within(pid, deadlineMs, `the process id of ${this.profile.name}`);
  }

  #read(stream: Readable, source: SubjectLine['source']): void {
    createInterface({ input: stream }).on('line', (text) => this.#accept({ source, text }));
  }

  #accept(line: SubjectLine): void {
    if (!this.#log.writableEnded) {
      this.#log.write(`${new Date().toISOString()} ${line.source}: ${line.text}\n`);
    }
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }

  get lastLines(): readonly string[] {
    return this.#lines.slice(-TAIL_LINES).map(({ text }) => text);
  }

  #tail(): string {
    const last = this.lastLines.map((text) => `  ${text}`);
    return last.length === 0 ? '  (nothing)' : last.join('\n');
  }

  /** Resolves when the profile's ready condition holds; of a log file only what follows its first `past` bytes counts. */
  async #readyCondition(past: number): Promise<void> {
    const { ready } = this.profile;
    // Longer than the caller's own patience, whose error tells what the daemon printed.
    const patience = { deadlineMs: ready.deadline * 1000 + PATIENCE_MS };
    if ('socket' in ready) {
      await this.guest.succeed(`until [ -S ${shellQuote(ready.socket)} ]; do sleep 0.02; done`, patience);
      return;
    }
    if ('command' in ready) {
      await this.guest.succeed(`until ${shellCommand(ready.command)}; do sleep 0.02; done`, patience);
      return;
    }
    const file = this.#readyLogFile();
    if (file !== undefined) {
      const fresh = `tail -c +${past + 1} ${shellQuote(file)}`;
      const found = `grep -qP ${shellQuote(ready.log)}`;
      await this.guest.succeed(`until ${fresh} | ${found}; do sleep 0.02; done 2>/dev/null`, patience);
      return;
    }
    const log = this.profile.logs.find(({ name }) => name === ready.in);
    const pattern = new RegExp(ready.log);
    await new Promise<void>((resolve) => {
      const listener = ({ source, text }: SubjectLine): void => {
        if (log !== undefined && source !== log.path) return;
        if (!pattern.test(text)) return;
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
    });
  }
}

function howEnded({ status, signal }: Awaited<RunningCommand['exited']>): string {
  return signal === null ? `status ${String(status)}` : `SIG${signal}`;
}

function describeReady(profile: Profile): string {
  const { ready } = profile;
  if ('socket' in ready) return `socket ${ready.socket}`;
  if ('command' in ready) return `command ${shellCommand(ready.command)}`;
  return `a line of ${ready.in} that matches ${ready.log}`;
}
