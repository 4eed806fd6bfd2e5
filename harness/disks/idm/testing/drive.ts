/** A drive on a test's desk: mutex commands go in as a host would send them, and the clock is the test's. */
import type { Direction, TaskAnswer } from '../../scsi/task.js';
import type { VendorCommands, VendorEvent } from '../../scsi/vendor.js';
import { DEFAULT_GROUP, MUTEX_OP, mutexReadCdb, mutexWriteCdb, wipeCdb } from '../cdb.js';
import {
  BLOCK_BYTES,
  decodeDataBlock,
  encodeDataBlock,
  LVB_CONTROL,
  STATE,
  type DataBlock,
} from '../data-block.js';

/** Name of an operation that names a mutex. */
export type OpName = Exclude<keyof typeof MUTEX_OP, 'normal'>;

/** What a host says; names are laid out as the id's first bytes. */
export interface Wish {
  readonly resource?: string;
  readonly host?: string;
  /** 'ex' by default. */
  readonly mode?: 'ex' | 'pw' | 'sh';
  /** Lease in ms; 0 by default with unlock and destroy, else 60,000. */
  readonly lease?: bigint;
  /** Host's time in ms. */
  readonly time?: bigint;
  /** Seven bytes. */
  readonly lvb?: Buffer;
  /** By default 1 with unlock and else 0, as hosts do (spec idm 3.4). */
  readonly control?: number;
  readonly metadata?: Buffer;
  readonly group?: number;
  /** Byte 1 of the CDB, instead of the one that belongs to the operation. */
  readonly byte1?: number;
}

/** How a command ended. */
export interface Ended {
  readonly status: number;
  readonly sense: Buffer;
  readonly dataIn: Buffer;
  readonly wanted: number | undefined;
}

/** What happened on the desk, in order. */
export type Traced =
  | {
      readonly what: 'command';
      readonly at: bigint;
      readonly initiator: string;
      readonly login: number;
      readonly cdb: Buffer;
      readonly direction: Direction;
      readonly expectedLength: number;
      readonly dataOut: Buffer;
      readonly ended: Ended;
      /** It was under way already when the one before was answered. */
      readonly overlaps: boolean;
    }
  | { readonly what: VendorEvent; readonly at: bigint }
  | { readonly what: 'login lost'; readonly at: bigint; readonly initiator: string; readonly login: number };

const CLASS_OF = { ex: 0n, pw: 1n, sh: 2n } as const;

/** An id in wire order: the name, reversed, at the end. */
export function wireId(name: string, bytes: number): Buffer {
  return Buffer.from(Buffer.from(name.padEnd(bytes, '\0'), 'latin1').toReversed());
}

/** The name in an id that {@link wireId} made. */
export function nameOf(id: Buffer): string {
  return Buffer.from(id.toReversed()).toString('latin1').replaceAll('\0', '');
}

/** Data-out of an operation. */
export function wishBlock(op: OpName, wish: Wish): Buffer {
  const ends = op === 'unlock' || op === 'destroy';
  return encodeDataBlock({
    state: 0n,
    timeNow: wish.time ?? 1_700_000_000_000n,
    countdown: wish.lease ?? (ends ? 0n : 60_000n),
    lockClass: CLASS_OF[wish.mode ?? 'ex'],
    control: wish.control ?? (op === 'unlock' ? LVB_CONTROL.store : LVB_CONTROL.keep),
    lvb: wish.lvb ?? Buffer.alloc(7),
    resourceId: wireId(wish.resource ?? 'r', 64),
    metadata: wish.metadata ?? Buffer.alloc(64),
    hostId: wireId(wish.host ?? 'A', 32),
  });
}

const NOT_CLAIMED: Ended = {
  ...{ status: 0x02, sense: Buffer.from('700005000000000a00000000200000000000', 'hex') },
  ...{ dataIn: Buffer.alloc(0), wanted: undefined },
};

const GOOD: Ended = { status: 0x00, sense: Buffer.alloc(0), dataIn: Buffer.alloc(0), wanted: undefined };

/** Of hosts that do not say by which path they come. */
const DEFAULT_INITIATOR = 'iqn.desk';

/** The desk. */
export class TestDrive {
  /** The drive's clock, ns. */
  now = 1_000_000_000n;
  readonly trace: Traced[] = [];
  /** The next command arrives before the last one is answered. */
  overlapNext = false;
  readonly #logins = new Map<string, number>();

  constructor(
    readonly commands: VendorCommands,
    readonly blocks = 262_144,
  ) {}

  /** The clock goes on. */
  wait(ms: number): void {
    this.now += BigInt(Math.round(ms * 1_000_000));
  }

  /** The session of an initiator ends, and it logs in again. */
  relogin(initiator = DEFAULT_INITIATOR): void {
    const login = this.#loginOf(initiator);
    this.trace.push({ what: 'login lost', at: this.now, initiator, login });
    this.#logins.set(initiator, login + 1);
  }

  /** The unit is reset, or loses its power. */
  happens(event: VendorEvent): void {
    this.commands.happened(event);
    this.trace.push({ what: event, at: this.now });
  }

  write(cdb: Buffer, dataOut: Buffer, initiator = DEFAULT_INITIATOR): Ended {
    return this.#run(cdb, 'write', dataOut.length, dataOut, initiator);
  }

  read(cdb: Buffer, room: number, initiator = DEFAULT_INITIATOR): Ended {
    return this.#run(cdb, 'read', room, Buffer.alloc(0), initiator);
  }

  op(op: OpName, wish: Wish = {}, initiator?: string): Ended {
    const cdb = mutexWriteCdb(MUTEX_OP[op], wish.group ?? DEFAULT_GROUP);
    if (wish.byte1 !== undefined) cdb.writeUInt8(wish.byte1, 1);
    return this.write(cdb, wishBlock(op, wish), initiator);
  }

  /** A mutex command without data. */
  dataless(): Ended {
    return this.#run(mutexReadCdb(1), 'none', 0, Buffer.alloc(0), DEFAULT_INITIATOR);
  }

  /** VPD page C3h as hosts ask for it (spec idm 4); the desk's unit has no other page. */
  version(): Ended {
    const cdb = Buffer.from('1201c300700000000000000000000000', 'hex');
    const page = this.commands.vpdPages.get(0xc3) ?? Buffer.alloc(0);
    const ended = { ...GOOD, dataIn: page.subarray(0, 0x70) };
    this.#tell(cdb, 'read', 0x70, Buffer.alloc(0), DEFAULT_INITIATOR, ended);
    return ended;
  }

  wipe(): Ended {
    return this.write(wipeCdb(), Buffer.alloc(BLOCK_BYTES));
  }

  /** All blocks of a list read, end markers included. */
  blocksRead(count: number, group = DEFAULT_GROUP, byte1 = 0x01): Buffer[] {
    const cdb = mutexReadCdb(count, group);
    cdb.writeUInt8(byte1, 1);
    const { dataIn } = this.read(cdb, count * BLOCK_BYTES);
    return Array.from({ length: dataIn.length / BLOCK_BYTES }, (_, n) =>
      dataIn.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES),
    );
  }

  /** The entries before the first end marker. */
  entries(group?: number, byte1?: number): DataBlock[] {
    const blocks = this.blocksRead(256, group, byte1).map(decodeDataBlock);
    const end = blocks.findIndex(({ state }) => state === STATE.endMarker);
    return end === -1 ? blocks : blocks.slice(0, end);
  }

  /** Entries in words, such as `r A ex 101`. */
  shown(group?: number, byte1?: number): string[] {
    return this.entries(group, byte1).map(({ resourceId, hostId, lockClass, state }) =>
      [nameOf(resourceId), nameOf(hostId), ['ex', 'pw', 'sh'][Number(lockClass)], state.toString(16)].join(
        ' ',
      ),
    );
  }

  /** Entries of the drive, by the inquiry group. */
  count(): number {
    return this.read(mutexReadCdb(1, 0xff), BLOCK_BYTES).dataIn.readUInt16BE(0);
  }

  #run(cdb: Buffer, direction: Direction, length: number, dataOut: Buffer, initiator: string): Ended {
    const login = this.#loginOf(initiator);
    const nexus = { initiator, isid: '000000000000', target: 'desk', login };
    const { signal } = new AbortController();
    const task = {
      nexus,
      lun: 0,
      cdb,
      direction,
      expectedLength: length,
      expectedReadLength: 0,
      dataOut,
      signal,
    };
    const context = { now: this.now, blocks: this.blocks, blockSize: 512 };
    // A real unit takes what is not claimed for a command of its own; the desk has none.
    if (this.commands.claims?.(task, context) === false) return NOT_CLAIMED;
    const ended = endedOf(this.commands.execute(task, context), length);
    this.#tell(cdb, direction, length, dataOut, initiator, ended);
    return ended;
  }

  #tell(
    cdb: Buffer,
    direction: Direction,
    expectedLength: number,
    dataOut: Buffer,
    initiator: string,
    ended: Ended,
  ): void {
    this.trace.push({
      what: 'command',
      at: this.now,
      initiator,
      login: this.#loginOf(initiator),
      cdb,
      direction,
      expectedLength,
      dataOut,
      ended,
      overlaps: this.overlapNext,
    });
    this.overlapNext = false;
  }

  #loginOf(initiator: string): number {
    return this.#logins.get(initiator) ?? 1;
  }
}

function endedOf(answer: TaskAnswer, room: number): Ended {
  if (answer.kind !== 'status') throw new Error(`the drive answered with ${answer.kind}`);
  const { status, sense = Buffer.alloc(0), dataIn = Buffer.alloc(0), wanted } = answer;
  return { status, sense, dataIn: dataIn.subarray(0, room), wanted };
}
