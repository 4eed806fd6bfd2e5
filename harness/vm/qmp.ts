import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { InfraError } from './errors.js';
import { within } from './deadline.js';

/** An asynchronous QMP message, e.g. GUEST_PANICKED, SHUTDOWN, DEVICE_DELETED. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** QEMU refused a command; `errorClass` is QMP's own, e.g. GenericError. */
export class QmpCommandError extends InfraError {
  override readonly name = 'QmpCommandError';

  constructor(
    readonly command: string,
    readonly errorClass: string,
    description: string,
  ) {
    super(`QEMU refused ${command}: ${description} (${errorClass})`);
  }
}

/** QEMU closed the control socket: mostly its end. */
export class QmpClosedError extends InfraError {
  override readonly name = 'QmpClosedError';
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A QMP session on a unix socket: one JSON object a line, answers matched by id. */
export class QmpClient extends EventEmitter<{ event: [QmpEvent]; close: [] }> {
  #nextId = 1;
  #rest = '';
  readonly #pending = new Map<string, Pending>();
  readonly #socket: Socket;
  #closed = false;
  #greeted: (() => void) | undefined;

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#receive(text);
    });
    socket.on('error', () => undefined); // 'close' follows and fails what is pending
    socket.on('close', () => {
      this.#closed = true;
      for (const { command, reject } of this.#pending.values()) {
        reject(new QmpClosedError(`QEMU closed its control socket before it answered ${command}`));
      }
      this.#pending.clear();
      this.emit('close');
    });
  }

  /** Takes a connection that is there or being made, and leaves capability negotiation mode. */
  static async over(socket: Socket, deadlineMs: number): Promise<QmpClient> {
    const client = new QmpClient(socket);
    const greeting = new Promise<void>((resolve, reject) => {
      client.#greeted = resolve;
      socket.once('error', reject);
      socket.once('close', () => {
        reject(new QmpClosedError('QEMU closed its control socket without a greeting'));
      });
    });
    await within(greeting, deadlineMs, "QEMU's greeting on its control socket");
    await client.execute('qmp_capabilities');
    return client;
  }

  /**
   * Runs one QMP command and returns its `return` value. Throws QmpCommandError when QEMU refuses it, QmpClosedError when
   * QEMU has gone or goes before it answers.
   */
  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#closed) throw new QmpClosedError(`QEMU closed its control socket before ${command} was asked`);
    const id = String(this.#nextId++);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
    });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return await answer;
  }

  /** Drops the connection; QEMU itself goes on. */
  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() !== '') this.#dispatch(JSON.parse(line) as Record<string, unknown>);
    }
  }

  #dispatch(message: Record<string, unknown>): void {
    if ('QMP' in message) {
      this.#greeted?.();
    } else if (typeof message['event'] === 'string') {
      this.emit('event', {
        event: message['event'],
        data: (message['data'] ?? {}) as Record<string, unknown>,
      });
    } else if (typeof message['id'] === 'string') {
      const pending = this.#pending.get(message['id']);
      this.#pending.delete(message['id']);
      const error = message['error'] as { class: string; desc: string } | undefined;
      if (error === undefined) pending?.resolve(message['return']);
      else pending?.reject(new QmpCommandError(pending.command, error.class, error.desc));
    }
  }
}
