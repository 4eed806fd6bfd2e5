import type { Clock, Timer } from './clock.js';
import { LOGIN_STATUS, OPCODE, type LoginStatus } from './codes.js';
import { FrameError, FrameReader, joined, type Frame } from './frame.js';
import type { FullFeature } from './full-feature.js';
import { loginRequest, type LoginRequest } from './initiator-pdus.js';
import type { Limits } from './limits.js';
import { Login, type LoginRules, type LoginStep } from './login.js';
import { defaultConnectionParameters, type ConnectionParameters } from './parameters.js';
import { Sender } from './sender.js';
import { serialAdd } from './serial.js';
import type { Session } from './session.js';
import { loginResponse } from './target-pdus.js';
import type { Wire } from './wire.js';

/** What a connection needs of its target. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly loginRules: LoginRules;
  readonly ping: Ping | undefined;
  /** The session that a login which is all right belongs to, or why it cannot be had. */
  admit(connection: Connection, login: Login, request: LoginRequest): Session | LoginStatus;
  /** Text that answers SendTargets. */
  targets(connection: Connection): string;
  readonly fullFeature: FullFeature;
  closed(connection: Connection): void;
}

/** When an idle connection is asked for a sign of life, and how long it may take, in milliseconds. */
export interface Ping {
  readonly afterMs: number;
  readonly withinMs: number;
}

/** One TCP connection: its bytes, its sequence of responses, its login. */
export class Connection {
  cid = 0;
  session: Session | undefined;
  parameters: ConnectionParameters = defaultConnectionParameters();
  /** Nothing that comes is read any more: the answer to a logout, or to a refused login, is the last one. */
  closing = false;
  /** State of the full feature phase that belongs to the connection. */
  readonly sender: Sender;
  #statSn = 1;
  readonly #reader: FrameReader;
  readonly #login: Login;
  #timer: Timer | undefined;
  /** Something has come since the last look. */
  #alive = false;
  #pinged = false;

  constructor(
    readonly socket: Wire,
    private readonly host: ConnectionHost,
  ) {
    this.sender = new Sender(socket);
    this.#reader = new FrameReader(host.loginRules.wishes.maxRecvDataSegmentLength);
    this.#login = new Login(host.loginRules);
    this.#timer = host.clock.after(host.limits.loginMs, () => this.destroy());
    socket.setNoDelay(true);
    if (socket.consume === undefined) socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    else
      socket.consume((bytes) => {
        this.#receive(bytes);
        if (!this.closing) this.#reader.keep();
      });
    socket.on('drain', () => this.#resume());
    // Half a connection is none in iSCSI; a stream that allows it stays open until it is told.
    socket.on('end', () => this.finish());
    // What goes wrong with a socket closes it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  get inFullFeature(): boolean {
    return this.session !== undefined;
  }

  get limits(): Limits {
    return this.host.limits;
  }

  /** Numbers of the next PDU; `counts`: it takes the StatSN for itself. */
  numbers(counts: boolean): { statSn: number; expCmdSn: number; maxCmdSn: number } {
    const statSn = this.#statSn;
    if (counts) this.#statSn = serialAdd(statSn, 1);
    const { session } = this;
    if (session === undefined) return { statSn, expCmdSn: 0, maxCmdSn: 0 };
    return { statSn, expCmdSn: session.window.expected, maxCmdSn: session.maxCmdSn };
  }

  send(header: Buffer, data?: Buffer, flushed?: () => void): void {
    this.sender.send(header, data, flushed);
  }

  targets(): string {
    return this.host.targets(this);
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.closing = true;
    this.socket.destroy();
  }

  /** Ends the connection when what was sent has been taken. */
  finish(): void {
    if (this.closing) return;
    this.closing = true;
    this.socket.end();
    this.#timer?.clear();
    this.#timer = this.host.clock.after(this.host.limits.closeMs, () => this.destroy());
  }

  #receive(chunk: Buffer): void {
    if (this.closing) return;
    this.#alive = true;
    this.#reader.push(chunk);
    try {
      for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
        if (this.session === undefined) this.#logIn(frame);
        else this.host.fullFeature.handle(this, this.session, frame);
        // What a PDU does may close the connection; the compiler does not see that.
        if (this.closing as boolean) return;
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.destroy();
      return;
    }
    if (this.sender.backlog > this.host.limits.backlog) this.socket.pause();
  }

  #resume(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  #logIn(frame: Frame): void {
    if ((frame.header.readUInt8(0) & 0x3f) !== OPCODE.loginRequest || frame.additional.length > 0) {
      this.destroy();
      return;
    }
    const request = loginRequest.read(frame.header);
    const step = this.#login.step(request, joined(frame));
    if (step.kind === 'refuse') {
      this.#refuse(request, step.status);
      return;
    }
    if (step.kind === 'more') {
      this.#reply(request, step, { expCmdSn: request.cmdSn, maxCmdSn: request.cmdSn }, request.tsih);
      return;
    }
    const { connection: parameters } = this.#login.negotiation;
    this.cid = request.cid;
    this.parameters = parameters;
    const session = this.host.admit(this, this.#login, request);
    if (typeof session === 'number') {
      this.#refuse(request, session);
      return;
    }
    const { expected: expCmdSn } = session.window;
    this.#reply(request, step, { expCmdSn, maxCmdSn: session.maxCmdSn }, session.tsih);
    this.session = session;
    const digests = { header: parameters.headerDigest !== 'None', data: parameters.dataDigest !== 'None' };
    this.#reader.digests = digests;
    this.sender.digests = digests;
    this.#timer?.clear();
    this.#watch();
  }

  #reply(
    request: LoginRequest,
    step: Exclude<LoginStep, { kind: 'refuse' }>,
    window: { expCmdSn: number; maxCmdSn: number },
    tsih: number,
  ): void {
    const { transit, continues, currentStage, nextStage, text } = step;
    const { isid, itt } = request;
    const stages = { transit, continues, currentStage, nextStage };
    const header = { ...this.numbers(true), ...window, ...stages, isid, itt, tsih };
    this.send(loginResponse.write({ ...header, status: LOGIN_STATUS.success }), text);
  }

  #refuse(request: LoginRequest, status: LoginStatus): void {
    const { isid, itt, tsih, currentStage } = request;
    this.send(loginResponse.write({ isid, itt, tsih, currentStage, status }));
    this.finish();
  }

  /** Looks after some idle time whether there is still somebody. */
  #watch(): void {
    const { ping, clock } = this.host;
    if (ping === undefined) return;
    this.#alive = false;
    this.#pinged = false;
    const look = (): void => {
      if (this.#alive) {
        this.#watch();
      } else if (this.#pinged) {
        this.destroy();
      } else {
        this.#pinged = true;
        this.host.fullFeature.ping(this);
        this.#timer = clock.after(ping.withinMs, look);
      }
    };
    this.#timer = clock.after(ping.afterMs, look);
  }

  #closed(): void {
    this.closing = true;
    this.#timer?.clear();
    this.session?.lost(this);
    this.host.closed(this);
  }
}
