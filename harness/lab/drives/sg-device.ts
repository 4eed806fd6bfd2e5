import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conversation, GuestSession } from '../../guest/index.js';
import { STATUS } from '../../disks/scsi/index.js';
import { projectRoot } from '../../setup/root.mjs';
import { InfraError, within } from '../../vm/index.js';
import {
  decodeSgAnswer,
  encodeSgCommand,
  type SgCommand,
  SgFrameReader,
  type SgResult,
} from './sg-frames.js';

const SOURCE = join(projectRoot, 'harness/lab/guest/sgio.pl');
const START_DEADLINE_MS = 20_000;
/** Beyond the kernel's own time-out: it aborts the command, and may reset the unit, before the ioctl returns. */
const ERROR_HANDLING_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 15_000;
const TEST_UNIT_READY = Buffer.alloc(6);
/** Power on, reported LUNs changed, a reset, and one more. */
const READY_TRIES = 5;

/** Is told of each command that was sent, and how it ended. */
export type SgObserver = (device: string, command: SgCommand, result: SgResult) => void;

interface Waiting {
  readonly command: SgCommand;
  readonly resolve: (result: SgResult) => void;
  readonly reject: (error: Error) => void;
}

/** The kernel refused to send a command at all. */
export class SgRefused extends Error {
  override readonly name = 'SgRefused';

  constructor(
    readonly device: string,
    readonly errno: number,
  ) {
    super(`SG_IO on ${device} was refused with errno ${errno}`);
  }
}

/**
 * SCSI commands to one device node of a guest, by a small program that stays there: one after the other, in the order
 * of the calls. Who wants several at once opens the device several times.
 */
export class SgDevice implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  readonly #frames = new SgFrameReader();
  #nextId = 1;
  #ended: string | undefined;

  private constructor(
    /** Its node in the guest: /dev/sgN, or /dev/sdX. */
    readonly path: string,
    private readonly program: Conversation,
    private readonly observe: SgObserver | undefined,
  ) {}

  /** Opens a device of the guest, or of whoever else runs the program. Throws InfraError when it cannot be opened. */
  static async open(
    guest: Pick<GuestSession, 'converse'>,
    path: string,
    observe?: SgObserver,
  ): Promise<SgDevice> {
    const source = await readFile(SOURCE, 'utf8');
    const program = await guest.converse(['perl', '-e', source, path]);
    const device = new SgDevice(path, program, observe);
    try {
      await within(device.#listen(), START_DEADLINE_MS, `${path} to be opened`);
      return device;
    } catch (error) {
      await device[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Sends one command, and gives all that the kernel says of how it ended, whatever that was. Throws SgRefused when it
   * was not sent, InfraError when the way to the guest is lost.
   */
  async execute(command: SgCommand): Promise<SgResult> {
    if (this.#ended !== undefined) throw new InfraError(this.#ended);
    const id = this.#nextId++;
    const answer = new Promise<SgResult>((resolve, reject) => {
      this.#waiting.set(id, { command, resolve, reject });
      this.program.write(encodeSgCommand(id, command));
    });
    const before = this.#waiting.size;
    const patience = (command.timeoutMs ?? DEFAULT_TIMEOUT_MS) + ERROR_HANDLING_MS;
    return await within(answer, before * patience, `the answer to a command to ${this.path}`);
  }

  /**
   * Sends TEST UNIT READY until it is GOOD: each unit attention of a new session, a reset or a power cut is told by one
   * command, which does nothing else. Throws InfraError when it does not become ready.
   */
  async untilReady(): Promise<void> {
    for (let turn = 0; turn < READY_TRIES; turn++) {
      const { status, hostStatus } = await this.execute({ cdb: TEST_UNIT_READY, direction: 'none' });
      if (status === STATUS.good && hostStatus === 0) return;
    }
    throw new InfraError(`${this.path} does not become ready`);
  }

  /** Ends the program; commands that have no answer yet are given up, though the kernel may still wait for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(`${this.path} was closed`);
    this.program.end();
    await Promise.resolve();
  }

  /** Resolves when the program has opened the device. */
  async #listen(): Promise<void> {
    const { stdout, stderr, exited } = this.program;
    let complaint = '';
    stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    await new Promise<void>((resolve, reject) => {
      let greeting: Buffer | undefined = Buffer.alloc(0);
      stdout.on('data', (chunk: Buffer) => {
        if (greeting === undefined) {
          this.#accept(chunk);
          return;
        }
        greeting = Buffer.concat([greeting, chunk]);
        const end = greeting.indexOf('\n');
        if (end < 0) return;
        const line = greeting.toString('latin1', 0, end);
        const rest = greeting.subarray(end + 1);
        greeting = undefined;
        if (line === 'ready') resolve();
        else reject(new InfraError(`cannot send SCSI commands: ${line}`));
        if (rest.length > 0) this.#accept(rest);
      });
      void exited.then(({ status, signal }) => {
        const how = signal === null ? `status ${String(status)}` : `signal ${signal}`;
        this.#end(`the program that sends commands to ${this.path} ended with ${how}: ${complaint.trim()}`);
        reject(new InfraError(this.#ended));
      });
    });
  }

  #accept(chunk: Buffer): void {
    for (const frame of this.#frames.push(chunk)) {
      const { id, errno, result } = decodeSgAnswer(frame);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (waiting === undefined) continue;
      if (result === undefined) {
        waiting.reject(new SgRefused(this.path, errno));
        continue;
      }
      this.observe?.(this.path, waiting.command, result);
      waiting.resolve(result);
    }
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    for (const { reject } of this.#waiting.values()) reject(new InfraError(why));
    this.#waiting.clear();
  }
}
