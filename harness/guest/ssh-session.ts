import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel, type ExecOptions } from 'ssh2';
import { GuestCommandError, GuestCommandStalled, GuestUnreachable } from './errors.js';
import type { SessionKeys } from './keys.js';
import type { CommandResult, GuestSession, RunOptions, RunningCommand } from './session.js';
import { shellCommand, shellQuote } from './shell-words.js';

const DEFAULT_DEADLINE_MS = 30_000;
const FILE_DEADLINE_MS = 60_000;

/** Stands for a signal where the session went away before the command's end was known. */
const LOST = 'LOST';

interface RawResult extends Omit<CommandResult, 'stdout' | 'stderr'> {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** SSH over a byte stream to `sshd -i` in the guest: no NIC is needed, and one connection serves all commands. */
export class SshSession implements GuestSession, AsyncDisposable {
  #closed: string | undefined;

  private constructor(private readonly client: ssh2.Client) {}

  /**
   * Logs in as root over `stream` (the host's end of the virtio-serial port).
   * Throws GuestUnreachable when the handshake does not end within `deadlineMs`, or the host key is not ours.
   */
  static async open(stream: Duplex, keys: SessionKeys, deadlineMs: number): Promise<SshSession> {
    const client = new ssh2.Client();
    const session = new SshSession(client);
    const expected = ssh2.utils.parseKey(keys.hostPublic);
    if (expected instanceof Error) throw expected;
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', (error) => {
        reject(new GuestUnreachable(`no SSH session with the guest: ${error.message}`, { cause: error }));
      });
      client.once('close', () => {
        reject(
          new GuestUnreachable('no SSH session with the guest: sshd closed the port during the handshake'),
        );
      });
      client.connect({
        sock: stream,
        username: 'root',
        privateKey: keys.userPrivate,
        hostVerifier: (key: Buffer) => key.equals(expected.getPublicSSH()),
        readyTimeout: deadlineMs,
        // Measured under TCG (spec vm 3): ciphers make no difference, so the list only keeps negotiation short.
        algorithms: {
          kex: ['curve25519-sha256'],
          cipher: ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com'],
        },
      });
    });
    client.removeAllListeners('error');
    client.on('error', (error) => (session.#closed ??= error.message));
    client.on('close', () => (session.#closed ??= 'the connection was closed'));
    return session;
  }

  async run(argv: readonly string[] | string, options: RunOptions = {}): Promise<CommandResult> {
    const raw = await this.#exec(withEnvironment(shellCommand(argv), options.env), options);
    return { ...raw, stdout: raw.stdout.toString('utf8'), stderr: raw.stderr.toString('utf8') };
  }

  async succeed(argv: readonly string[] | string, options: RunOptions = {}): Promise<string> {
    const result = await this.run(argv, options);
    if (result.status !== 0) throw new GuestCommandError(shellCommand(argv), result);
    return result.stdout;
  }

  async start(
    argv: readonly string[] | string,
    env?: Readonly<Record<string, string>>,
  ): Promise<RunningCommand> {
    return await this.#open(withEnvironment(shellCommand(argv), env), (channel) => {
      const exited = new Promise<{ status: number | null; signal: string | null }>((resolve) => {
        // A daemon's children may hold the pipe open: the exit counts, not the end of output.
        channel.on('exit', (...exit: ExitArguments) => {
          resolve(exitOf(exit));
        });
        channel.on('close', () => {
          resolve({ status: null, signal: LOST });
        });
      });
      return { stream: channel, stderr: channel.stderr, exited };
    });
  }

  async readFile(path: string): Promise<Uint8Array> {
    const command = `cat ${shellQuote(path)}`;
    const raw = await this.#exec(command, { deadlineMs: FILE_DEADLINE_MS });
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

  /**
   * Joins a command in the guest to a terminal (or to pipes) until it ends; returns its exit status.
   * A terminal is in raw mode meanwhile and its size is passed on.
   */
  async interact(command: string, input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<number> {
    const pty = { term: process.env['TERM'] ?? 'dumb', rows: output.rows, cols: output.columns };
    const channel = await this.#open(command, (stream) => stream, input.isTTY ? { pty } : {});
    const resized = (): void => channel.setWindow(output.rows, output.columns, 0, 0);
    if (input.isTTY) input.setRawMode(true);
    output.on('resize', resized);
    input.pipe(channel);
    channel.pipe(output, { end: false });
    channel.stderr.pipe(process.stderr, { end: false });
    const status = await new Promise<number>((resolve) => {
      let end = 0;
      channel.on('exit', (code: number | null) => (end = code ?? 1));
      channel.on('close', () => resolve(end));
    });
    input.unpipe(channel);
    input.pause();
    output.off('resize', resized);
    if (input.isTTY) input.setRawMode(false);
    return status;
  }

  /** Closes the connection; does not wait for commands that still run. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed !== undefined) return;
    this.client.destroy();
    await Promise.resolve();
  }

  /**
   * Opens a channel for `command` and hands it to `attach` in the same turn of the event loop: a short command
   * may have ended in the very packet that accepted it, and its exit status is an event that is not repeated.
   */
  async #open<T>(
    command: string,
    attach: (channel: ClientChannel) => T,
    options: ExecOptions = {},
  ): Promise<Awaited<T>> {
    if (this.#closed !== undefined) throw new GuestUnreachable(`the SSH session is gone: ${this.#closed}`);
    return await new Promise<T>((resolve, reject) => {
      const lost = (): void => {
        reject(new GuestUnreachable(`the SSH session ended before "${command}" began`));
      };
      this.client.once('close', lost);
      this.client.exec(command, options, (error, channel) => {
        this.client.off('close', lost);
        if (error === undefined) resolve(attach(channel));
        else
          reject(
            new GuestUnreachable(`the guest refused to run "${command}": ${error.message}`, { cause: error }),
          );
      });
    });
  }

  async #exec(command: string, options: RunOptions): Promise<RawResult> {
    const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    let timer: NodeJS.Timeout | undefined;
    const unopened = new Promise<never>((_resolve, reject) => {
      // A hung guest does not even open the channel.
      timer = setTimeout(() => {
        reject(new GuestCommandStalled(command, deadlineMs, '', 'the guest did not begin to run it'));
      }, deadlineMs);
    });
    const collected = this.#open(command, (channel) => {
      clearTimeout(timer);
      return collect(channel, command, options);
    });
    try {
      return await Promise.race([collected, unopened]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Feeds a channel its input and gathers what comes out of it until it is closed. */
async function collect(channel: ClientChannel, command: string, options: RunOptions): Promise<RawResult> {
  const started = performance.now();
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  return await new Promise((resolve, reject) => {
    let end: { status: number | null; signal: string | null } | undefined;
    const timer = setTimeout(() => {
      channel.removeAllListeners();
      channel.on('error', () => undefined);
      channel.close();
      const out = Buffer.concat(stdout).toString('utf8');
      reject(new GuestCommandStalled(command, deadlineMs, out, Buffer.concat(stderr).toString('utf8')));
    }, deadlineMs);
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    channel.on('exit', (...exit: ExitArguments) => (end = exitOf(exit)));
    channel.on('close', () => {
      clearTimeout(timer);
      if (end === undefined) {
        reject(new GuestUnreachable(`the SSH session ended while "${command}" ran`));
        return;
      }
      const durationMs = performance.now() - started;
      resolve({ ...end, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), durationMs });
    });
    channel.end(options.stdin);
  });
}

type ExitArguments = [status: number | null, signal?: string];

function exitOf([status, signal]: ExitArguments): { status: number | null; signal: string | null } {
  return { status, signal: signal?.replace(/^SIG/, '') ?? null };
}

function withEnvironment(command: string, env: Readonly<Record<string, string>> | undefined): string {
  if (env === undefined) return command;
  const words = Object.entries(env).map(([name, value]) => `${name}=${shellQuote(value)}`);
  return words.length === 0 ? command : `export ${words.join(' ')}; ${command}`;
}
