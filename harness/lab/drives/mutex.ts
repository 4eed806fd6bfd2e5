import {
  ALL_GROUPS,
  BLOCK_BYTES,
  encodeDataBlock,
  ENDLESS,
  LOCK_CLASS,
  LVB_CONTROL,
  MUTEX_OP,
  mutexReadCdb,
  mutexWriteCdb,
  reversed,
  wipeCdb,
} from '../../disks/idm/index.js';
import { STATUS, statusName } from '../../disks/scsi/status.js';
import type { LockCallEvent } from '../../history/index.js';
import { InfraError } from '../../vm/index.js';
import { describe } from './exact-path.js';
import type { Lease, MutexSite } from './mutex-site.js';
import type { SgCommand, SgResult } from './sg-frames.js';

const RESOURCE_BYTES = 64;
const HOST_BYTES = 32;
const LVB_BYTES = 7;
/** Nobody in a test of locks asks for a longer one without saying so. */
const LEASE_MS = 60_000;
/** More than tests have entries, so that an end marker shows. */
const LIST_BLOCKS = 6;
/** No host software fills it; a drive echoes whatever it is (spec idm 3), so that entries of tests are known by it. */
export const TEST_METADATA = Buffer.from('feed'.repeat(32), 'hex');
const NO_BYTES = new Uint8Array();

/** Class of a lock, in the words of hosts (spec idm 1). */
const CLASS = { exclusive: LOCK_CLASS.exclusive, shared: LOCK_CLASS.sharedProtectedRead } as const;

/** How a lock is asked for. */
export interface LockOptions {
  /** Default: exclusive. */
  readonly mode?: keyof typeof CLASS;
  /** Milliseconds, or a lease without an end. Default: 60 000. */
  readonly lease?: number | 'endless';
  /** Seven bytes in the place of the lock value block, in hex, which nobody asked to store. Default: zeros. */
  readonly lvb?: string;
}

/** How a lock is given back. */
export interface UnlockOptions {
  readonly mode?: keyof typeof CLASS;
  /** Seven bytes to store, in hex as on the wire; default: the lock value block is left alone. */
  readonly lvb?: string;
}

/** What a host asks for, as the history has it. */
type Asked = Pick<LockCallEvent, 'op'> &
  Partial<Pick<LockCallEvent, 'lockClass' | 'countdown' | 'control' | 'lvb'>> & { readonly lease?: Lease };

/**
 * One mutex of a drive, as one host sees it through SG_IO. Each verb gives what was answered, `good` or another name of a
 * status, and leaves call and answer in the history. Host and resource are their names' characters, padded with zeros
 * and reversed on the wire as hosts do (spec idm 3.1).
 */
export class Mutex {
  constructor(
    private readonly site: MutexSite,
    private readonly resource: string,
    private readonly host: string,
  ) {}

  /** The same mutex for another host of the same node: only the host id tells them apart (spec idm 1). */
  as(host: string): Mutex {
    return new Mutex(this.site, this.resource, host);
  }

  /** Another mutex of the same drive, for the same host. */
  other(resource: string): Mutex {
    return new Mutex(this.site, resource, this.host);
  }

  async init(options: LockOptions = {}): Promise<string> {
    return await this.#write({ op: 'init', ...this.#lockFields(options) });
  }

  async trylock(options: LockOptions = {}): Promise<string> {
    return await this.#write({ op: 'trylock', ...this.#lockFields(options) });
  }

  async lock(options: LockOptions = {}): Promise<string> {
    return await this.#write({ op: 'lock', ...this.#lockFields(options) });
  }

  /** Renews the lease, or converts the lock to the other class. */
  async refresh(options: LockOptions = {}): Promise<string> {
    return await this.#write({ op: 'refresh', ...this.#lockFields(options) });
  }

  async break(options: LockOptions = {}): Promise<string> {
    return await this.#write({ op: 'break', ...this.#lockFields(options) });
  }

  async unlock({ mode = 'exclusive', lvb }: UnlockOptions = {}): Promise<string> {
    const stored =
      lvb === undefined ? {} : { control: LVB_CONTROL.store, lvb: new Uint8Array(Buffer.from(lvb, 'hex')) };
    return await this.#write({ op: 'unlock', lockClass: Number(CLASS[mode]), ...stored });
  }

  async destroy({ mode = 'exclusive' }: Pick<LockOptions, 'mode'> = {}): Promise<string> {
    return await this.#write({ op: 'destroy', lockClass: Number(CLASS[mode]) });
  }

  /** Reads so many blocks of the drive's list of entries. */
  async list(blocks = LIST_BLOCKS): Promise<string> {
    const cdb = mutexReadCdb(blocks);
    return await this.#send({ op: 'read' }, { cdb, direction: 'read', length: blocks * BLOCK_BYTES });
  }

  /** Asks for the numbers of entries. */
  async count(): Promise<string> {
    const cdb = mutexReadCdb(1, ALL_GROUPS);
    return await this.#send({ op: 'count' }, { cdb, direction: 'read', length: BLOCK_BYTES });
  }

  /** Removes every mutex of the drive. */
  async wipe(): Promise<string> {
    const dataOut = Buffer.alloc(BLOCK_BYTES);
    return await this.#send({ op: 'wipe' }, { cdb: wipeCdb(), direction: 'write', dataOut });
  }

  /** An operation that is none (spec idm 2.1), with the data of a lock. */
  async undefinedOperation(op: number): Promise<string> {
    const dataOut = this.#block(this.#lockFields({}));
    return await this.#send({ op: 'undefined' }, { cdb: mutexWriteCdb(op), direction: 'write', dataOut });
  }

  /** Takes all unit attentions (docs/disks.md): mutex commands are refused as long as one waits. Throws InfraError. */
  async untilReady(): Promise<void> {
    await this.site.device.untilReady();
  }

  #lockFields({ mode = 'exclusive', lease: wanted, lvb }: LockOptions): Omit<Asked, 'op'> {
    const lease = wanted === 'endless' ? undefined : { ms: wanted ?? LEASE_MS, told: wanted !== undefined };
    return {
      lockClass: Number(CLASS[mode]),
      countdown: lease === undefined ? ENDLESS : BigInt(this.site.leases?.countdown(lease) ?? lease.ms),
      ...(lease !== undefined && { lease }),
      ...(lvb !== undefined && { lvb: new Uint8Array(Buffer.from(lvb, 'hex')) }),
    };
  }

  async #write(asked: Asked & { readonly op: keyof typeof MUTEX_OP }): Promise<string> {
    const dataOut = this.#block(asked);
    return await this.#send(asked, { cdb: mutexWriteCdb(MUTEX_OP[asked.op]), direction: 'write', dataOut });
  }

  #block({ countdown = 0n, control = LVB_CONTROL.keep, lvb, lockClass = 0 }: Omit<Asked, 'op'>): Buffer {
    return encodeDataBlock({
      ...{ state: 0n, timeNow: this.site.wallClock(), countdown, lockClass: BigInt(lockClass), control },
      lvb: lvb === undefined ? Buffer.alloc(LVB_BYTES) : Buffer.from(lvb),
      resourceId: idOf(this.resource, RESOURCE_BYTES),
      metadata: TEST_METADATA,
      hostId: idOf(this.host, HOST_BYTES),
    });
  }

  /** A call whose answer is lost is recorded as that, whatever lost it. */
  async #send(asked: Asked, command: SgCommand): Promise<string> {
    const { site } = this;
    const call = site.nextCall();
    const sent = site.now();
    let result: SgResult | undefined;
    try {
      result = await site.device.execute(command);
    } finally {
      this.#record(call, asked, command, sent, result);
    }
    return this.#answered(asked, result);
  }

  /** What the drive answered. Throws InfraError when it is lost, where it must not be. */
  #answered({ op, lease }: Asked, result: SgResult): string {
    const { site, resource, host } = this;
    const { status, begin, end } = result;
    if (wasLost(result)) {
      if (site.answersMustCome !== true) return 'lost';
      throw new InfraError(`the way to ${site.device.path} lost a ${op}: ${describe(result)}`);
    }
    const good = status === STATUS.good;
    site.leases?.answered({ op, drive: site.drive, resource, host, lease, good, begin, end });
    return statusName(status);
  }

  #record(
    call: number,
    asked: Asked,
    { dataOut = NO_BYTES }: SgCommand,
    sent: bigint,
    result: SgResult | undefined,
  ): void {
    const { site } = this;
    const { drive, node } = site;
    const end = site.now();
    const ofBlock = (from: number, to: number): Uint8Array<ArrayBuffer> =>
      new Uint8Array(dataOut.subarray(from, to));
    site.record({
      ...{ kind: 'lock-call', t: sent, node, call, drive, op: asked.op },
      host: new Uint8Array(idOf(this.host, HOST_BYTES)),
      resource: ofBlock(0x40, 0x80),
      lockClass: asked.lockClass ?? 0,
      countdown: asked.countdown ?? 0n,
      timeNow: dataOut.length === 0 ? 0n : Buffer.from(dataOut).readBigUInt64BE(0x08),
      control: asked.control ?? LVB_CONTROL.keep,
      lvb: ofBlock(0x21, 0x28),
      metadata: ofBlock(0x80, 0xc0),
      guest: result?.begin ?? sent,
    });
    site.record({
      ...{ kind: 'lock-answer', t: end, node, call, guest: result?.end ?? end },
      status: result === undefined || wasLost(result) ? null : result.status,
      sense: new Uint8Array(result?.sense ?? NO_BYTES),
      dataIn: new Uint8Array(result?.data ?? NO_BYTES),
    });
  }
}

/** True when nobody knows what became of the command: the host's side, not the drive, says how it ended. */
function wasLost({ hostStatus }: SgResult): boolean {
  return hostStatus !== 0;
}

/** A name as an id on the wire. */
function idOf(name: string, bytes: number): Buffer {
  const field = Buffer.alloc(bytes);
  field.write(name, 'latin1');
  return reversed(field);
}
