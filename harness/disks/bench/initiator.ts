import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { OPCODE, STAGE } from '../iscsi/codes.js';
import { frameBytes, FrameReader, joined, type Frame } from '../iscsi/frame.js';
import { dataOut, loginRequest, scsiCommand } from '../iscsi/initiator-pdus.js';
import { writeLun } from '../iscsi/lun.js';
import { dataIn, loginResponse, r2t, scsiResponse } from '../iscsi/target-pdus.js';
import { type Pair, readText, writeText } from '../iscsi/text.js';

/** Of unsolicited data, in bytes; all of it goes with the command. */
const FIRST_BURST = 65_536;
/** What Linux's initiator asks for. */
const WISHES: readonly Pair[] = [
  ['InitialR2T', 'No'],
  ['ImmediateData', 'Yes'],
  ['MaxRecvDataSegmentLength', '262144'],
  ['MaxBurstLength', '16776192'],
  ['FirstBurstLength', String(FIRST_BURST)],
];
/** Bytes of data-out in one PDU if the target declares nothing (RFC 7143 13.12), and at most. */
const DEFAULT_SEGMENT = 8192;
const MOST_SEGMENT = 262_144;

/** One command of a load. */
export interface LoadCommand {
  /** 16 bytes. */
  readonly cdb: Buffer;
  readonly lun: number;
  /** Expected bytes of data-in. */
  readonly read?: number;
  readonly write?: Buffer;
}

interface Pending {
  readonly command: LoadCommand;
  readonly done: (status: number, dataIn: number) => void;
}

/** An initiator that is as cheap as can be: it puts load on a target, and looks at nothing but the status. */
export class LoadInitiator implements AsyncDisposable {
  readonly #reader = new FrameReader(16_777_215);
  readonly #pending = new Map<number, Pending>();
  readonly #received = new Map<number, number>();
  #cmdSn = 1;
  #nextTag = 1;
  #segment = DEFAULT_SEGMENT;
  #login: ((frame: Frame) => void) | undefined;
  #lost: (error: Error) => void = () => undefined;
  readonly #loss: Promise<never>;

  private constructor(private readonly socket: Socket) {
    this.#loss = new Promise<never>((_resolve, reject) => (this.#lost = reject));
    this.#loss.catch(() => undefined);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#lost(error));
    socket.on('close', () => this.#lost(new Error('the target closed the connection')));
  }

  /** Logs in without CHAP to a target at a port of 127.0.0.1. Throws an Error when that does not work. */
  static async login(port: number, target: string, initiator: string): Promise<LoadInitiator> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const self = new LoadInitiator(socket);
    const answered = new Promise<Frame>((resolve) => (self.#login = resolve));
    const stages = { transit: true, currentStage: STAGE.operational, nextStage: STAGE.fullFeature };
    const isid = Buffer.from('400001000000', 'hex');
    const pairs: readonly Pair[] = [
      ['InitiatorName', initiator],
      ['TargetName', target],
      ['SessionType', 'Normal'],
      ...WISHES,
    ];
    self.#send(loginRequest.write({ ...stages, immediate: true, isid, itt: 0, cmdSn: 1 }), writeText(pairs));
    const answer = await Promise.race([answered, self.#loss]);
    const { status } = loginResponse.read(answer.header);
    if (status !== 0) throw new Error(`${target} refuses the login with ${status.toString(16)}`);
    const declared = new Map(readText(joined(answer))).get('MaxRecvDataSegmentLength');
    self.#segment = Math.min(Number(declared ?? DEFAULT_SEGMENT), MOST_SEGMENT);
    return self;
  }

  /**
   * Sends commands, `depth` of them under way, until `next` gives none any more; gives how many were sent. `ended` is told
   * of each, with the bytes that came. Throws an Error when the connection is lost.
   */
  async run(
    depth: number,
    next: () => LoadCommand | undefined,
    ended: (command: LoadCommand, status: number, dataIn: number) => void,
  ): Promise<number> {
    let count = 0;
    let underWay = 0;
    const all = new Promise<void>((resolve) => {
      const more = (): void => {
        const command = next();
        if (command === undefined) {
          if (underWay === 0) resolve();
          return;
        }
        count++;
        underWay++;
        this.#start(command, (status, dataIn) => {
          underWay--;
          ended(command, status, dataIn);
          more();
        });
      };
      this.socket.cork();
      for (let slot = 0; slot < depth; slot++) more();
      this.socket.uncork();
    });
    await Promise.race([all, this.#loss]);
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  #start(command: LoadCommand, done: Pending['done']): void {
    const { cdb, lun, read, write } = command;
    const itt = this.#nextTag;
    this.#nextTag = (this.#nextTag % 0x7fff_ffff) + 1;
    this.#pending.set(itt, { command, done });
    const header = scsiCommand.write({
      final: true,
      read: read !== undefined,
      write: write !== undefined,
      lun: writeLun(lun),
      itt,
      expectedLength: write?.length ?? read ?? 0,
      cmdSn: this.#cmdSn,
      cdb,
    });
    this.#cmdSn = (this.#cmdSn + 1) >>> 0;
    this.#send(header, write?.subarray(0, Math.min(this.#segment, FIRST_BURST)));
  }

  #send(header: Buffer, data?: Buffer): void {
    for (const piece of frameBytes(header, data)) this.socket.write(piece);
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    this.socket.cork();
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) this.#take(frame);
    this.socket.uncork();
  }

  #take(frame: Frame): void {
    switch (frame.header.readUInt8(0) & 0x3f) {
      case OPCODE.loginResponse:
        this.#login?.(frame);
        return;
      case OPCODE.dataIn: {
        const { itt, hasStatus, status } = dataIn.read(frame.header);
        const bytes = (this.#received.get(itt) ?? 0) + frame.dataLength;
        if (hasStatus) this.#end(itt, status, bytes);
        else this.#received.set(itt, bytes);
        return;
      }
      case OPCODE.scsiResponse: {
        const { itt, status } = scsiResponse.read(frame.header);
        this.#end(itt, status, this.#received.get(itt) ?? 0);
        return;
      }
      case OPCODE.r2t:
        this.#give(frame);
        return;
      default:
        this.#lost(
          new Error(`an unexpected PDU: ${frame.header.toString('hex')} ${joined(frame).toString('hex')}`),
        );
    }
  }

  #give({ header }: Frame): void {
    const { itt, ttt, lun, bufferOffset, desiredLength } = r2t.read(header);
    const data = this.#pending.get(itt)?.command.write ?? Buffer.alloc(0);
    const end = bufferOffset + desiredLength;
    for (let at = bufferOffset, dataSn = 0; at < end; dataSn++) {
      const next = Math.min(at + this.#segment, end);
      const pdu = { itt, ttt, lun, dataSn, bufferOffset: at, final: next === end };
      this.#send(dataOut.write(pdu), data.subarray(at, next));
      at = next;
    }
  }

  #end(itt: number, status: number, bytes: number): void {
    const pending = this.#pending.get(itt);
    this.#pending.delete(itt);
    this.#received.delete(itt);
    pending?.done(status, bytes);
  }
}
