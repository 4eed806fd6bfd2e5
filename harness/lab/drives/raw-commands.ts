import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, MUTEX_OP, reversed } from '../../disks/idm/index.js';
import { STATUS } from '../../disks/scsi/status.js';
import { TEST_METADATA } from './mutex.js';
import type { LeaseCall, Leases } from './mutex-site.js';
import type { SgDevice } from './sg-device.js';

/** As hosts allow (spec idm 2.6). */
const RESOURCE_BYTES = 64;
const HOST_BYTES = 32;

/** What a mutex write is about; names are padded with zeros and reversed as hosts do (spec idm 3.1). */
export interface RawBlock {
  readonly host: string;
  /** Default: `r`. */
  readonly resource?: string;
  /** Lease in ms; default 60 000. */
  readonly lease?: number;
}

/** Leases of a drive whose clock is not the test's, and its serial number. */
export interface LeasesOfDrive {
  readonly drive: string;
  readonly leases: Leases;
}

/**
 * Commands to one drive whose bytes the test writes itself, in hex, spaces as it likes; each is an observation
 * `sg-command` of the history with all that the node's kernel said of it (`sgExchanges`).
 */
export class RawCommands {
  private constructor(
    private readonly device: SgDevice,
    private readonly ofDrive: LeasesOfDrive | undefined,
  ) {}

  /** Takes the unit attentions first: a command that is told of one does nothing else. Throws InfraError. */
  static async open(device: SgDevice, ofDrive?: LeasesOfDrive): Promise<RawCommands> {
    await device.untilReady();
    return new RawCommands(device, ofDrive);
  }

  /** With a data block for an exclusive lock, 512 bytes. */
  async write(cdb: string, { host, resource = 'r', lease: ms }: RawBlock): Promise<void> {
    const lease = { ms: ms ?? 60_000, told: ms !== undefined };
    const dataOut = encodeDataBlock({
      ...{
        state: 0n,
        timeNow: BigInt(Date.now()),
        countdown: BigInt(this.ofDrive?.leases.countdown(lease) ?? lease.ms),
        lockClass: LOCK_CLASS.exclusive,
      },
      ...{ control: LVB_CONTROL.keep, lvb: Buffer.alloc(7), metadata: TEST_METADATA },
      resourceId: idOf(resource, RESOURCE_BYTES),
      hostId: idOf(host, HOST_BYTES),
    });
    const bytes = bytesOf(cdb);
    const { status, begin, end } = await this.device.execute({ cdb: bytes, direction: 'write', dataOut });
    const { drive = '', leases } = this.ofDrive ?? {};
    const good = status === STATUS.good;
    leases?.answered({ op: opOf(bytes), drive, resource, host, lease, good, begin, end });
  }

  /** With room for so many bytes. */
  async read(cdb: string, length: number): Promise<void> {
    await this.device.execute({ cdb: bytesOf(cdb), direction: 'read', length });
  }

  async dataless(cdb: string): Promise<void> {
    await this.device.execute({ cdb: bytesOf(cdb), direction: 'none' });
  }
}

/** The operation in the high nibble of byte 1 (spec idm 2.1). */
function opOf(cdb: Buffer): LeaseCall['op'] {
  const code = cdb.readUInt8(1) >> 4;
  const ops = ['init', 'trylock', 'lock', 'unlock', 'refresh', 'break', 'destroy'] as const;
  return ops.find((op) => MUTEX_OP[op] === code) ?? 'undefined';
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** A name as an id on the wire. */
function idOf(name: string, bytes: number): Buffer {
  const field = Buffer.alloc(bytes);
  field.write(name, 'latin1');
  return reversed(field);
}
