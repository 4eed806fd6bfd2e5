import { fixedSense } from '../scsi/sense.js';
import { STATUS } from '../scsi/status.js';
import type { Nexus, TaskAnswer } from '../scsi/task.js';
import { sendAnswer } from './answer.js';
import { Budget } from './budget.js';
import { NO_TAG } from './codes.js';
import { CommandWindow } from './command-window.js';
import type { Command } from './command.js';
import type { Connection } from './connection.js';
import type { Limits } from './limits.js';
import type { MemoryPool } from './memory-pool.js';
import type { SessionParameters } from './parameters.js';
import type { SharedResources } from './shared-resources.js';
import { r2t } from './target-pdus.js';

/** A session as others may see it. */
export interface SessionInfo {
  readonly initiator: string;
  readonly isid: string;
  readonly tsih: number;
  readonly discovery: boolean;
  readonly connections: number;
  /** SCSI commands that are not answered yet. */
  readonly commands: number;
}

/**
 * Commands with no more data than this have no share of the session's memory, and so never wait for one, whatever large
 * ones hang: the number of commands bounds them well enough. Others hold their share until the answer is sent.
 */
const SMALL = 65_536;
/** So many aborted commands are remembered, whose data may still be on its way. */
const MOST_GONE = 256;
const INSUFFICIENT_RESOURCES = { key: 5, asc: 0x55, ascq: 3 };
const INTERNAL_TARGET_FAILURE = { key: 4, asc: 0x44, ascq: 0 };

/** One I_T nexus: its order of commands and its commands, over all its connections. */
export class Session {
  readonly connections = new Map<number, Connection>();
  readonly commands = new Map<number, Command>();
  readonly window: CommandWindow;
  ended = false;
  readonly #budget: Budget;
  /** Tags of commands that were aborted. */
  readonly #gone = new Set<number>();
  #underWay = 0;
  #immediate = 0;
  #nextTag = 0;

  constructor(
    readonly nexus: Nexus,
    readonly tsih: number,
    readonly discovery: boolean,
    readonly parameters: SessionParameters,
    firstCmdSn: number,
    private readonly shared: SharedResources,
    private readonly onEnd: (session: Session) => void,
  ) {
    const { commands, sessionData, ownData } = shared.limits;
    this.window = new CommandWindow(firstCmdSn, commands);
    this.#budget = new Budget(sessionData, ownData, shared.commonData);
  }

  get limits(): Limits {
    return this.shared.limits;
  }

  /** For the data of its commands. */
  get memory(): MemoryPool {
    return this.shared.memory;
  }

  get maxCmdSn(): number {
    return this.window.most(this.#underWay);
  }

  get info(): SessionInfo {
    const { initiator, isid } = this.nexus;
    const { tsih, discovery, connections, commands } = this;
    return { initiator, isid, tsih, discovery, connections: connections.size, commands: commands.size };
  }

  /** Room for one more immediate command. */
  get takesImmediate(): boolean {
    return this.#immediate < this.limits.immediateCommands;
  }

  /** Data for it is thrown away, not rejected. */
  wasAborted(itt: number): boolean {
    return this.#gone.has(itt);
  }

  /** Registers a command that has come; it begins when those before it have. */
  add(command: Command): void {
    this.commands.set(command.request.itt, command);
    this.#gone.delete(command.request.itt);
    if (command.request.immediate) {
      this.#immediate++;
      this.#begin(command);
    } else {
      this.window.put(command.request.cmdSn, () => this.#begin(command));
    }
  }

  /** Something about a command's data has changed. */
  advance(command: Command): void {
    const { receiver } = command;
    if (command.over || command.share?.granted !== true || command.running !== undefined) return;
    if (receiver !== undefined) {
      if (!receiver.settled) {
        this.#request(command);
        return;
      }
      if (receiver.fault !== undefined) {
        const sense = fixedSense(receiver.fault);
        this.#answer(command, { kind: 'status', status: STATUS.checkCondition, sense });
        return;
      }
      command.dataOut = receiver.take();
    }
    command.running = this.shared.device.execute(command).then(
      (answer) => this.#answer(command, answer),
      () => {
        const sense = fixedSense(INTERNAL_TARGET_FAILURE);
        this.#answer(command, { kind: 'status', status: STATUS.checkCondition, sense });
      },
    );
  }

  /** Ends commands without an answer; settles when the device has let go of all of them. */
  async abort(commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      if (command.over) continue;
      command.abort();
      this.#forget(command);
      this.#gone.add(command.request.itt);
      const [oldest] = this.#gone;
      if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#gone.delete(oldest);
      command.receiver?.drop();
      this.#release(command);
    }
    await Promise.all(commands.flatMap(({ running }) => (running === undefined ? [] : [running])));
  }

  /** A connection is closed, or about to be: what came by it is aborted; the session ends with the last one (RFC 7143 4.2.5.3). */
  lost(connection: Connection): void {
    if (this.connections.get(connection.cid) !== connection) return;
    this.connections.delete(connection.cid);
    void this.abort([...this.commands.values()].filter((command) => command.connection === connection));
    if (this.connections.size === 0) this.end();
  }

  /**
   * Ends at once, whatever is under way; the connections are cut, or closed when the initiator has taken what was sent
   * before.
   */
  end(connections: 'cut' | 'close' = 'cut'): void {
    if (this.ended) return;
    this.ended = true;
    void this.abort([...this.commands.values()]);
    for (const connection of [...this.connections.values()]) {
      if (connections === 'cut') connection.destroy();
      else connection.finish();
    }
    this.connections.clear();
    this.onEnd(this);
  }

  nextTag(): number {
    this.#nextTag = (this.#nextTag + 1) >>> 0;
    if (this.#nextTag === NO_TAG) this.#nextTag = 1;
    return this.#nextTag;
  }

  #begin(command: Command): void {
    if (command.over) return;
    command.begun = true;
    if (!command.request.immediate) this.#underWay++;
    const { receiver } = command;
    const most = this.limits.transferLength;
    if (receiver !== undefined && command.expectedLength > most) receiver.fail(INSUFFICIENT_RESOURCES);
    // Of the two calls one has an effect: the share is not known yet when it is granted at once.
    command.share = this.#budget.take(memoryOf(command), () => this.advance(command));
    this.advance(command);
  }

  #request(command: Command): void {
    for (const request of command.receiver?.request(() => this.nextTag()) ?? []) {
      const { itt, lunBytes } = command.request;
      const { connection } = command;
      connection.send(r2t.write({ lun: lunBytes, itt, ...request, ...connection.numbers(false) }));
    }
  }

  #answer(command: Command, answer: TaskAnswer): void {
    if (command.over) return;
    switch (answer.kind) {
      case 'drop-connection':
        command.connection.destroy();
        return;
      case 'aborted':
        void this.abort([command]);
        return;
      case 'status': {
        command.over = true;
        this.#forget(command);
        const { connection } = command;
        const wait = (answer.dataIn?.length ?? 0) > SMALL;
        if (!wait) this.#release(command);
        sendAnswer(
          command,
          answer,
          {
            maxRecvDataSegmentLength: connection.parameters.maxRecvDataSegmentLength,
            maxBurstLength: this.parameters.maxBurstLength,
          },
          (counts) => connection.numbers(counts),
          (header, data, flushed) => connection.send(header, data, flushed),
          () => {
            if (wait) this.#release(command);
            // An aborted command's memory is not used again: the device may still look at it.
            command.loan.return();
          },
        );
      }
    }
  }

  #release(command: Command): void {
    const { share } = command;
    command.share = undefined;
    if (share !== undefined) this.#budget.give(share);
  }

  #forget(command: Command): void {
    this.commands.delete(command.request.itt);
    if (command.request.immediate) this.#immediate--;
    else if (command.begun) this.#underWay--;
  }
}

/** The share of the session's memory that a command needs while it is carried out, in bytes. */
function memoryOf(command: Command): number {
  const bytes = (command.receiver === undefined ? 0 : command.expectedLength) + command.readLength;
  return bytes > SMALL ? bytes : 0;
}
