import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { type Duplex, PassThrough } from 'node:stream';
import { startDeadline, type Deadline } from '../deadline-clock.js';
import { encodeFrame, FrameReader, type Frame, type FrameKind } from './agent-frames.js';
import { GuestCommandError, GuestCommandStalled, GuestUnreachable } from './errors.js';
import type { CommandResult, Conversation, GuestSession, RunOptions, RunningCommand } from './session.js';
import { shellCommand, shellQuote } from './shell-words.js';

const DEFAULT_DEADLINE_MS = 30_000;
const FILE_DEADLINE_MS = 60_000;
/** So much output of commands that nobody has adopted is kept; their end always is. */
const UNCLAIMED_BYTES = 1 << 20;

type CommandEnd = Pick<CommandResult, 'status' | 'signal'>;

/** What becomes of a command, as the agent tells it. */
interface Listener {
  output(mark: 'o' | 'e', data: Buffer): void;
  ended(end: CommandEnd): void;
  lost(error: GuestUnreachable): void;
}

interface RawResult extends CommandEnd {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly durationMs: number;
}

/**
 * Commands in a node, through the agent that it runs: no handshake, and a command costs little more than its own
 * processes. A command outlives the session, and another session, also one of a restored copy, can take it over.
 */
export class AgentSession implements GuestSession, AsyncDisposable {
  readonly #commands = new Map<number, Listener>();
  readonly #frames = new FrameReader();
  // Commands of an earlier session may still run under their numbers.
  readonly #firstId = randomInt(1, 2 ** 31);
  #nextId = this.#firstId;
  /** What was told of commands of an earlier session, until somebody adopts them. */
  readonly #unclaimed = new Map<number, Frame[]>();
  #unclaimedBytes = 0;
  #lost: GuestUnreachable | undefined;
  #greeted: (() => void) | undefined;

  private constructor(private readonly stream: Duplex) {
    stream.on('data', (chunk: Buffer) => {
      for (const frame of this.#frames.push(chunk)) this.#accept(frame);
    });
    stream.once('close', () => this.#lose('the port was closed'));
  }

  /** Talks to the agent over `stream`. Throws GuestUnreachable when it does not say hello within `deadlineMs`. */
  static async open(stream: Duplex, deadlineMs: number): Promise<AgentSession> {
    const session = new AgentSession(stream);
    let deadline: Deadline | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        session.#greeted = resolve;
        deadline = startDeadline(deadlineMs, () => {
          reject(new GuestUnreachable(`the agent in the guest did not answer within ${deadlineMs} ms`));
        });
        stream.once('close', () => reject(new GuestUnreachable('the port of the guest agent was closed')));
      });
    } finally {
      deadline?.clear();
    }
    return session;
  }

  async run(argv: readonly string[] | string, options: RunOptions = {}): Promise<CommandResult> {
    const command = withEnvironment(shellCommand(argv), options.env);
    const { marks } = options;
    const raw =
      marks === undefined
        ? await this.#collect(command, options)
        : await this.#collect(
            command,
            options,
            'm',
            [marks.file, marks.begin, marks.end, command].join('\0'),
          );
    return { ...raw, stdout: raw.stdout.toString('utf8'), stderr: raw.stderr.toString('utf8') };
  }

  async succeed(argv: readonly string[] | string, options: RunOptions = {}): Promise<string> {
    const result = await this.run(argv, options);
    if (result.status !== 0) throw new GuestCommandError(shellCommand(argv), result);
    return result.stdout;
  }

  async writeLine(file: string, line: string, deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
    const raw = await this.#collect(`a line for ${file}`, { deadlineMs }, 'w', `${file}\0${line}`);
    const result = { ...raw, stdout: '', stderr: raw.stderr.toString('utf8') };
    if (result.status !== 0) throw new GuestCommandError(`a line for ${file}`, result);
  }

  start(argv: readonly string[] | string, env?: Readonly<Record<string, string>>): Promise<RunningCommand> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const running = this.#listen(this.#nextId++);
    this.#send(running.id, 'r', withEnvironment(shellCommand(argv), env));
    this.#send(running.id, 'c');
    return Promise.resolve(running);
  }

  converse(argv: readonly string[] | string): Promise<Conversation> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const running = this.#listen(this.#nextId++);
    this.#send(running.id, 'r', shellCommand(argv));
    return Promise.resolve({
      ...running,
      write: (bytes) => {
        if (this.#lost === undefined) this.#send(running.id, 'i', bytes);
      },
      end: () => {
        if (this.#lost === undefined) this.#send(running.id, 'c');
      },
    });
  }

  /**
   * Listens to a command that an earlier session started; what it said to that one is not said again, what it has said
   * since this one began is.
   */
  adopt(id: number): RunningCommand {
    const running = this.#listen(id);
    const missed = this.#unclaimed.get(id) ?? [];
    this.#unclaimed.delete(id);
    for (const frame of missed) this.#accept(frame);
    return running;
  }

  #listen(id: number): RunningCommand {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exited = new Promise<CommandEnd>((resolve) => {
      const finish = (end: CommandEnd): void => {
        stdout.end();
        stderr.end();
        resolve(end);
      };
      this.#commands.set(id, {
        output: (mark, data) => (mark === 'o' ? stdout : stderr).write(data),
        ended: finish,
        lost: () => finish({ status: null, signal: 'LOST' }),
      });
    });
    return { id, stdout, stderr, exited };
  }

  async readFile(path: string): Promise<Uint8Array> {
    const command = `cat ${shellQuote(path)}`;
    const raw = await this.#collect(command, { deadlineMs: FILE_DEADLINE_MS });
    if (raw.status !== 0) {
      throw new GuestCommandError(command, { ...raw, stdout: '', stderr: raw.stderr.toString('utf8') });
    }
    return raw.stdout;
  }

  async writeFile(path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
    const quoted = shellQuote(path);
    const command = `cat > ${quoted}.new && chmod ${mode.toString(8)} ${quoted}.new && mv ${quoted}.new ${quoted}`;
    await this.succeed(command, { stdin: bytes, deadlineMs: FILE_DEADLINE_MS });
  }

  /** Lets go of the port; commands go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lose('the session was closed');
    await Promise.resolve();
  }

  /**
   * Makes a restored node one of its own; `words` are the arguments of the guest's `renew`, which says what they are.
   * Gives what it printed. Throws GuestCommandError.
   */
  async renew(words: readonly string[], deadlineMs: number): Promise<string> {
    const command = words.join(' ');
    const raw = await this.#collect(command, { deadlineMs }, 'n');
    const result = { ...raw, stdout: raw.stdout.toString('utf8'), stderr: raw.stderr.toString('utf8') };
    if (result.status !== 0) throw new GuestCommandError(`renew ${command}`, result);
    return result.stdout;
  }

  /** `command` is what errors call it, `data` what the agent is told. */
  async #collect(
    command: string,
    options: RunOptions,
    kind: FrameKind = 'r',
    data = command,
  ): Promise<RawResult> {
    const { deadlineMs = DEFAULT_DEADLINE_MS, stdin } = options;
    if (this.#lost !== undefined) throw this.#lost;
    const started = performance.now();
    const output = { o: [] as Buffer[], e: [] as Buffer[] };
    const id = this.#nextId++;
    let deadline: Deadline | undefined;
    try {
      const end = await new Promise<CommandEnd>((resolve, reject) => {
        deadline = startDeadline(deadlineMs, () => {
          this.#commands.delete(id);
          const [out, err] = [Buffer.concat(output.o), Buffer.concat(output.e)];
          reject(new GuestCommandStalled(command, deadlineMs, out.toString('utf8'), err.toString('utf8')));
        });
        this.#commands.set(id, {
          output: (mark, data) => output[mark].push(data),
          ended: resolve,
          lost: ({ message }) => reject(new GuestUnreachable(`${message} while "${command}" ran`)),
        });
        this.#send(id, kind, data);
        if (stdin !== undefined) this.#send(id, 'i', stdin);
        this.#send(id, 'c');
      });
      const durationMs = performance.now() - started;
      return { ...end, stdout: Buffer.concat(output.o), stderr: Buffer.concat(output.e), durationMs };
    } finally {
      deadline?.clear();
    }
  }

  #send(id: number, kind: FrameKind, data?: Uint8Array | string): void {
    this.stream.write(encodeFrame(id, kind, data));
  }

  #accept({ id, kind, data }: Frame): void {
    if (kind === 'h') {
      // A second hello: the agent was started anew, and nothing is known of what ran before.
      if (this.#greeted === undefined) this.#lose('the agent in the guest ended');
      this.#greeted?.();
      this.#greeted = undefined;
      return;
    }
    const listener = this.#commands.get(id);
    const isOwn = id >= this.#firstId && id < this.#nextId;
    if (listener === undefined && !isOwn) {
      this.#keep({ id, kind, data });
      return;
    }
    if (kind === 'o' || kind === 'e') listener?.output(kind, data);
    if (kind !== 'x') return;
    this.#commands.delete(id);
    const [status = 0, signal = 0] = data;
    listener?.ended(signal === 0 ? { status, signal: null } : { status: null, signal: signalName(signal) });
  }

  #keep(frame: Frame): void {
    if (frame.kind !== 'x' && this.#unclaimedBytes + frame.data.length > UNCLAIMED_BYTES) return;
    this.#unclaimedBytes += frame.data.length;
    // A copy: the frame is a part of all that came with it.
    const kept = { ...frame, data: Buffer.from(frame.data) };
    this.#unclaimed.set(frame.id, [...(this.#unclaimed.get(frame.id) ?? []), kept]);
  }

  #lose(why: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new GuestUnreachable(`the session with the guest is gone: ${why}`);
    for (const listener of this.#commands.values()) listener.lost(this.#lost);
    this.#commands.clear();
  }
}

/** Name without SIG. */
function signalName(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0].replace(/^SIG/, '') ?? String(number);
}

function withEnvironment(command: string, env: Readonly<Record<string, string>> | undefined): string {
  const words = Object.entries(env ?? {}).map(([name, value]) => `${name}=${shellQuote(value)}`);
  return words.length === 0 ? command : `export ${words.join(' ')}; ${command}`;
}
