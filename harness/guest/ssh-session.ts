import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel, type ExecOptions } from 'ssh2';
import { GuestUnreachable } from './errors.js';
import type { SessionKeys } from './keys.js';

/** A person's way in: SSH over a byte stream to `sshd -i` in the guest, with a terminal; no NIC is needed. */
export class SshSession implements AsyncDisposable {
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
}
