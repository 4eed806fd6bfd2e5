import { connect, type Socket } from 'node:net';
import { NO_TAG, OPCODE } from '../codes.js';
import { FrameError, frameBytes, FrameReader, NO_DIGESTS } from '../frame.js';
import {
  dataOut,
  loginRequest,
  logoutRequest,
  nopOut,
  scsiCommand,
  snack,
  taskManagementRequest,
  textRequest,
} from '../initiator-pdus.js';
import { serialAdd } from '../serial.js';
import type { ListenAddress } from '../target.js';
import { writeText, type Pair } from '../text.js';

/** Numbers that depend on the seed only (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

/** Numbers on which arithmetic goes wrong. */
const EDGES = [0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff] as const;
const CDB = [
  '00',
  '28000000000000000800',
  '2a000000000000000800',
  'f0',
  'ff',
  'fe',
  'fd0200000100',
  '12',
  '88',
] as const;
const BIG = Buffer.alloc(70_000, 0x3c);

/** An initiator that sends PDUs with a few bits changed, as many as it can on a connection until it is thrown out. */
export class Attacker {
  sent = 0;
  connections = 0;
  #cmdSn = 1;
  #ttt = NO_TAG;
  #digests = NO_DIGESTS;

  constructor(
    private readonly address: ListenAddress,
    private readonly dice: Dice,
    /** What it says when it logs in. */
    private readonly who: readonly Pair[],
  ) {}

  /** One connection's life: at most `most` PDUs. Settles when it is closed. */
  async attack(most: number): Promise<void> {
    const socket = connect(this.address);
    this.connections++;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    this.#listen(socket);
    this.#cmdSn = 1;
    socket.write(this.#login());
    this.sent++;
    for (let left = most - 1; left > 0 && !socket.destroyed; left--) {
      this.#sendOne(socket);
      this.sent++;
      // Lets the target work, and its answers arrive.
      if (left % 16 === 0) await new Promise(setImmediate);
    }
    for (let turns = this.dice.below(20); turns > 0; turns--) await new Promise(setImmediate);
    socket.destroy();
    await closed;
  }

  #listen(socket: Socket): void {
    const reader = new FrameReader(16_777_215);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          this.#cmdSn = frame.header.readUInt32BE(28);
          if (frame.header.readUInt8(0) === OPCODE.r2t) this.#ttt = frame.header.readUInt32BE(20);
        }
      } catch (error) {
        // It may have asked for digests without knowing.
        if (!(error instanceof FrameError)) throw error;
      }
    });
  }

  #login(): Buffer {
    const { dice } = this;
    const pairs: Pair[] = [...this.who, ['InitialR2T', dice.of(['Yes', 'No'])], ['MaxBurstLength', '4096']];
    if (dice.below(8) === 0) pairs.push(['MaxRecvDataSegmentLength', '512']);
    const checked = dice.below(6) === 0;
    if (checked) pairs.push(['DataDigest', 'CRC32C']);
    this.#digests = { header: false, data: checked };
    const stages = { transit: true, currentStage: 1, nextStage: 3 };
    // Several identities, so that reinstatement and parallel sessions both happen.
    const isid = Buffer.of(0x80, 0, 0, 0, 0, dice.below(4));
    const header = loginRequest.write({ immediate: true, ...stages, itt: 1, cmdSn: 1, isid });
    const data = writeText(pairs);
    if (dice.below(6) > 0) return Buffer.concat(frameBytes(header, data));
    return this.#mutate(Buffer.concat(frameBytes(header, data)));
  }

  #sendOne(socket: Socket): void {
    const { dice } = this;
    const [header, data] = this.#pdu();
    let bytes: Buffer = Buffer.concat(frameBytes(header, data, this.#digests));
    const changes = dice.below(4);
    for (let i = 0; i < changes; i++) bytes = this.#mutate(bytes);
    // No resets and no clearing of others' tasks: those would be right to reach the other session.
    const [first = 0, second = 0] = bytes;
    if ((first & 0x3f) === OPCODE.taskManagementRequest && (second & 0x7f) >= 4) bytes[1] = 0x81;
    if (dice.below(10) === 0) {
      const cut = dice.below(bytes.length);
      socket.write(bytes.subarray(0, cut));
      socket.write(bytes.subarray(cut));
    } else {
      socket.write(bytes);
    }
  }

  #pdu(): [Buffer, Buffer] {
    const { dice } = this;
    const itt = dice.below(64);
    const n = { itt, cmdSn: this.#cmdSn, immediate: dice.below(6) === 0 };
    if (!n.immediate) this.#cmdSn = serialAdd(this.#cmdSn, 1);
    const data = BIG.subarray(0, dice.of([0, 4, 100, 512, 4096]));
    const tags = { ttt: dice.of([this.#ttt, NO_TAG]), lun: Buffer.alloc(8) };
    switch (dice.below(12)) {
      case 0:
        return [nopOut.write({ ...n, ttt: NO_TAG }), data];
      case 1:
        return [
          textRequest.write({ ...n, ...tags, final: dice.below(2) === 0 }),
          writeText([['SendTargets', '']]),
        ];
      case 2:
        return [
          taskManagementRequest.write({ ...n, function: 1 + dice.below(3), referencedTag: dice.below(64) }),
          data,
        ];
      case 3:
        return [dataOut.write({ itt, ...tags, final: dice.below(2) === 0, dataSn: dice.below(3) }), data];
      case 4:
        return [snack.write({ itt, ...tags }), Buffer.alloc(0)];
      case 5:
        if (dice.below(20) > 0) return [nopOut.write({ ...n, ttt: NO_TAG }), data];
        return [logoutRequest.write({ ...n, reason: dice.below(4) }), data];
      default: {
        const cdb = Buffer.alloc(16);
        Buffer.from(dice.of(CDB), 'hex').copy(cdb);
        const write = dice.below(2) === 0;
        const expectedLength = dice.of([data.length, 4096, 100_000]);
        const header = { ...n, cdb, final: dice.below(8) > 0, write, read: !write, expectedLength };
        return [scsiCommand.write(header), write ? data : Buffer.alloc(0)];
      }
    }
  }

  /** One change somewhere, mostly in the header. */
  #mutate(original: Buffer): Buffer {
    const { dice } = this;
    if (original.length === 0) return original;
    const bytes = Buffer.from(original);
    const at = dice.below(dice.below(4) === 0 ? bytes.length : Math.min(48, bytes.length));
    switch (dice.below(5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
        return bytes;
      case 1:
        bytes[at] = dice.below(256);
        return bytes;
      case 2: {
        const word = 4 * dice.below(12);
        if (word + 4 <= bytes.length) bytes.writeUInt32BE(dice.of(EDGES), word);
        return bytes;
      }
      case 3:
        // Rarely: it ends the connection's usefulness.
        return dice.below(20) === 0 ? bytes.subarray(0, at) : bytes;
      default:
        return dice.below(20) === 0 ? Buffer.concat([bytes.subarray(0, at), bytes]) : bytes;
    }
  }
}
