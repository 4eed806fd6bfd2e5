/** Histories of locks, told in lines; an own encoding of commands (spec idm 2.1, 3), since the oracle knows no drive of ours. */
import type { DiskCommandEvent, HistoryEvent } from '../../../history/index.js';

const OPS = ['', 'init', 'trylock', 'lock', 'unlock', 'refresh', 'break', 'destroy'] as const;
type Op = Exclude<(typeof OPS)[number], ''> | 'wipe';
const STATUS: Readonly<Record<string, number | null>> = { GOOD: 0, RC: 0x18, CT: 0x22, BUSY: 8, lost: null };
/** LOGICAL BLOCK ADDRESS OUT OF RANGE, as hosts compare it (spec idm 5). */
const OUT_OF_RANGE = Uint8Array.from(Buffer.from('70000500000000' + '0a00000000210001000000', 'hex'));
const NS_PER_MS = 1_000_000n;

const id = (name: string, bytes: number) =>
  Uint8Array.from(Buffer.from(name.padEnd(bytes, '\0')).toReversed());

/** What one call is, beside its line. */
export interface Told {
  readonly drive?: string;
  /** Lease, ms. */
  readonly lease?: bigint;
  readonly shared?: boolean;
}

/** Makes the events of a history; times are ms. */
export class Teller {
  readonly #events: HistoryEvent[] = [];
  #call = 0;
  #order = 0;

  /** In order of time, numbered. */
  get events(): HistoryEvent[] {
    return this.#events.toSorted((a, b) => Number(a.t - b.t)).map((event, n) => ({ ...event, n }));
  }

  /** `A trylock r 0-3 GOOD`: a call, from when to when, and how it was answered. */
  call(line: string, { drive = 'D1', lease = 60_000n, shared = false }: Told = {}): this {
    const [node = '', op = '', resource = '', span = '', answer = ''] = line.split(' ');
    const [start = 0, end = 0] = span.split('-').map(Number);
    const call = this.#call++;
    const base = { n: 0, node, call };
    const at = (ms: number) => BigInt(ms) * NS_PER_MS;
    this.#events.push(
      {
        ...{ kind: 'lock-call', ...base, t: at(start), guest: 0n, drive, op: op as Op, host: id(node, 32) },
        resource: op === 'wipe' ? new Uint8Array() : id(resource, 64),
        ...{ lockClass: shared ? 2 : 0, countdown: leaseOf(op, lease), timeNow: 0n, control: 0 },
        ...{ lvb: new Uint8Array(7), metadata: new Uint8Array(64) },
      },
      {
        ...{ kind: 'lock-answer', ...base, t: at(end), guest: 0n, dataIn: new Uint8Array() },
        ...{ status: answer === 'OOR' ? 2 : (STATUS[answer] ?? null) },
        sense: answer === 'OOR' ? OUT_OF_RANGE : new Uint8Array(),
      },
    );
    return this;
  }

  /** `A trylock r 2 GOOD`: what the drive itself tells of a command, and when it took effect. */
  trace(
    line: string,
    {
      drive = 'D1',
      lease = 60_000n,
      shared = false,
      fault = null,
    }: Told & { readonly fault?: string | null } = {},
  ): this {
    const [node = '', op = '', resource = '', at = '', answer = ''] = line.split(' ');
    const block = Buffer.alloc(512);
    if (op !== 'wipe') {
      block.writeBigUInt64BE(leaseOf(op, lease), 0x10);
      block.writeBigUInt64BE(shared ? 2n : 0n, 0x18);
      block.set(id(resource, 64), 0x40);
      block.set(id(node, 32), 0xc0);
    }
    const time = BigInt(at) * NS_PER_MS;
    const code = op === 'wipe' ? 0 : OPS.indexOf(op as (typeof OPS)[number]) << 4;
    const command: DiskCommandEvent = {
      ...{ kind: 'disk-command', n: 0, t: time, node, initiator: `iqn.${node}`, isid: '0', login: 1 },
      ...{ drive, lun: 0, name: null, direction: 'write', expectedLength: 512 },
      cdb: Uint8Array.from([0xf0, code, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, op === 'wipe' ? 0xff : 1, 0]),
      ...{
        dataOut: { length: 512, bytes: Uint8Array.from(block) },
        dataIn: { length: 0, bytes: new Uint8Array() },
      },
      ...{ arrived: this.#order++, executed: this.#order++, answered: this.#order++ },
      ...{ arrivedAt: time, at: time, answeredAt: time, outcome: 'status', fault },
      ...{ status: STATUS[answer] ?? null, sense: new Uint8Array() },
    };
    this.#events.push(command);
    return this;
  }

  /** Both: the drive tells of it in the middle of the call. */
  both(line: string, told: Told = {}): this {
    const [node = '', op = '', resource = '', span = '', answer = ''] = line.split(' ');
    const [start = 0, end = 0] = span.split('-').map(Number);
    const middle = String(Math.floor((start + end) / 2));
    return this.call(line, told).trace([node, op, resource, middle, answer].join(' '), told);
  }

  /** The drive's clock is set to so many ms, at a moment. */
  clock(moment: number, ms: number, drive = 'D1'): this {
    const t = BigInt(moment) * NS_PER_MS;
    this.#events.push({ kind: 'disk-clock', n: 0, t, node: '', drive, at: BigInt(ms) * NS_PER_MS });
    return this;
  }

  /** The power of the drive fails, and comes back. */
  powerCut(moment: number, drive = 'D1'): this {
    const t = BigInt(moment) * NS_PER_MS;
    this.#events.push({
      kind: 'disk-power-cut',
      n: 0,
      t,
      node: '',
      drive,
      lun: 0,
      order: this.#order++,
      at: t,
    });
    return this;
  }
}

const leaseOf = (op: string, lease: bigint) => (['unlock', 'destroy', 'wipe'].includes(op) ? 0n : lease);
