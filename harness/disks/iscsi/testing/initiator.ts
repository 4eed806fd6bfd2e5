import { connect, type Socket } from 'node:net';
import { NO_TAG, OPCODE, STAGE } from '../codes.js';
import { frameBytes, FrameReader, joined, type Digests, type Frame } from '../frame.js';
import {
  dataOut,
  loginRequest,
  scsiCommand,
  type LoginRequest,
  type ScsiCommand,
} from '../initiator-pdus.js';
import { writeLun } from '../lun.js';
import type { ListenAddress } from '../target.js';
import {
  dataIn,
  loginResponse,
  r2t,
  scsiResponse,
  type LoginResponse,
  type ScsiResponse,
} from '../target-pdus.js';
import { readText, writeText, type Pair } from '../text.js';
import { within } from './within.js';

let lastTag = 0;
const ISID = Buffer.from('400001000000', 'hex');

/** What a SCSI command came to. */
export interface Outcome {
  readonly response: Partial<ScsiResponse> & { readonly status: number };
  readonly dataIn: Buffer;
  readonly sense: Buffer;
}

export interface CommandOptions {
  readonly cdb: Buffer;
  readonly lun?: number;
  /** Expected bytes of data-in. */
  readonly read?: number;
  readonly write?: Buffer;
  /** Bytes of `write` that go with the command; all by default, as far as the default first burst goes. */
  readonly immediate?: number;
  readonly header?: Partial<ScsiCommand>;
}

/** A small initiator for tests: does what it is told, right or wrong, and checks little. */
export class TestInitiator implements AsyncDisposable {
  /** PDUs that nobody waited for by their tag. */
  readonly #inbox: Frame[] = [];
  #waiting: (() => void) | undefined;
  readonly #tasks = new Map<number, (frame: Frame) => void>();
  /** Called when the connection ends before the task does. */
  readonly #unanswered = new Map<number, () => void>();
  readonly #reader = new FrameReader(16_777_215);
  readonly closed: Promise<void>;
  isClosed = false;
  cmdSn = 1;
  #digests: Digests = { header: false, data: false };
  /** From the last PDU. */
  maxCmdSn = 1;

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.#waiting?.();
        for (const gone of this.#unanswered.values()) gone();
        resolve();
      });
    });
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async connect(address: ListenAddress): Promise<TestInitiator> {
    const socket = connect(address);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new TestInitiator(socket);
  }

  /** Connected and logged in. */
  static async login(address: ListenAddress, pairs: readonly Pair[]): Promise<TestInitiator> {
    const initiator = await TestInitiator.connect(address);
    await initiator.login(pairs);
    return initiator;
  }

  /** Tags are unique in a session, whatever the connection. */
  tag(): number {
    return ++lastTag;
  }

  send(header: Buffer, data?: Buffer, additional?: Buffer): void {
    this.socket.cork();
    for (const piece of frameBytes(header, data, this.#digests, additional)) this.socket.write(piece);
    this.socket.uncork();
  }

  /** The next PDU from the target; throws when there will be none. */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.#inbox.shift();
      if (frame !== undefined) return frame;
      if (this.isClosed) throw new Error('the target closed the connection');
      await within(new Promise<void>((resolve) => (this.#waiting = resolve)), 'a PDU');
    }
  }

  /** Waits for the end of the connection. */
  async end(): Promise<void> {
    await within(this.closed, 'the end of the connection');
  }

  /** One login request and its answer. */
  async loginStep(
    header: Partial<LoginRequest>,
    pairs: readonly Pair[],
  ): Promise<{ header: LoginResponse; pairs: Pair[] }> {
    const { operational, fullFeature } = STAGE;
    const stages = { transit: true, currentStage: operational, nextStage: fullFeature };
    const rest = { immediate: true, isid: ISID, itt: 0xa5, cmdSn: this.cmdSn };
    this.send(loginRequest.write({ ...stages, ...rest, ...header }), writeText(pairs));
    const frame = await this.next();
    const answer = loginResponse.read(frame.header);
    this.maxCmdSn = answer.maxCmdSn;
    return { header: answer, pairs: readText(joined(frame)) };
  }

  /** Logs in in one step, and throws unless that works. */
  async login(pairs: readonly Pair[], header: Partial<LoginRequest> = {}): Promise<LoginResponse> {
    const answer = await this.loginStep(header, pairs);
    if (answer.header.status !== 0) throw new Error(`login status ${answer.header.status.toString(16)}`);
    const said = new Map(answer.pairs);
    this.useDigests({
      header: said.get('HeaderDigest') === 'CRC32C',
      data: said.get('DataDigest') === 'CRC32C',
    });
    return answer.header;
  }

  useDigests(digests: Digests): void {
    this.#digests = digests;
    this.#reader.digests = digests;
  }

  /** Sends a SCSI command, gives the target the data that it asks for, and waits for the end. */
  async command(options: CommandOptions): Promise<Outcome> {
    return this.start(options).outcome;
  }

  /** As {@link command}, with the tag known before the end. */
  start({ cdb, lun = 0, read, write, immediate, header = {} }: CommandOptions): {
    itt: number;
    outcome: Promise<Outcome>;
  } {
    const itt = header.itt ?? this.tag();
    const sent = immediate ?? Math.min(write?.length ?? 0, 65_536);
    const padded = Buffer.alloc(16);
    cdb.copy(padded);
    const values: Partial<ScsiCommand> = {
      final: true,
      read: read !== undefined,
      write: write !== undefined,
      lun: writeLun(lun),
      itt,
      expectedLength: write?.length ?? read ?? 0,
      cmdSn: header.immediate === true ? this.cmdSn : this.cmdSn++,
      cdb: padded,
      ...header,
    };
    const parts: Buffer[] = [];
    const outcome = new Promise<Outcome>((resolve, reject) => {
      const gone = (): void => reject(new Error('the target closed the connection'));
      if (this.isClosed) gone();
      this.#unanswered.set(itt, gone);
      this.#tasks.set(itt, (frame) => {
        const opcode = frame.header.readUInt8(0) & 0x3f;
        if (opcode === OPCODE.r2t) {
          this.answerR2t(frame, write ?? Buffer.alloc(0));
        } else if (opcode === OPCODE.dataIn) {
          const pdu = dataIn.read(frame.header);
          parts.push(...frame.data);
          if (!pdu.hasStatus) return;
          this.#end(itt);
          resolve({ response: pdu, dataIn: Buffer.concat(parts), sense: Buffer.alloc(0) });
        } else if (opcode === OPCODE.scsiResponse) {
          this.#end(itt);
          const response = scsiResponse.read(frame.header);
          resolve({ response, dataIn: Buffer.concat(parts), sense: joined(frame).subarray(2) });
        } else {
          this.#put(frame);
        }
      });
    });
    this.send(scsiCommand.write(values), write?.subarray(0, sent));
    return { itt, outcome: within(outcome, `the answer to ${cdb.toString('hex')}`) };
  }

  /** Sends what an R2T asks for, in PDUs of at most 256 KiB. */
  answerR2t(frame: Frame, data: Buffer): void {
    const { itt, ttt, lun, bufferOffset, desiredLength } = r2t.read(frame.header);
    const end = bufferOffset + desiredLength;
    for (let at = bufferOffset, dataSn = 0; at < end; dataSn++) {
      const next = Math.min(at + 262_144, end);
      const header = { itt, ttt, lun, dataSn, bufferOffset: at, final: next === end };
      this.send(dataOut.write(header), data.subarray(at, next));
      at = next;
    }
  }

  /** Hands PDUs with this tag to {@link next} again. */
  forget(itt: number): void {
    this.#tasks.delete(itt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
      this.maxCmdSn = frame.header.readUInt32BE(32);
      const itt = frame.header.readUInt32BE(16);
      const task = itt === NO_TAG ? undefined : this.#tasks.get(itt);
      if (task === undefined) this.#put(frame);
      else task(frame);
    }
  }

  #end(itt: number): void {
    this.#tasks.delete(itt);
    this.#unanswered.delete(itt);
  }

  #put(frame: Frame): void {
    this.#inbox.push(frame);
    this.#waiting?.();
  }
}
