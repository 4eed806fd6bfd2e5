import { createHash, randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { type Firmware, FIRMWARE_2023, MutexCommands } from './idm/index.js';
import { type ChapCredentials, IscsiTarget, type ListenAddress } from './iscsi/index.js';
import {
  type BlockStore,
  type DriveClock,
  EmulatedTarget,
  FileStore,
  LogicalUnit,
  MemoryStore,
  naaOf,
  type Observer,
  systemClock,
} from './scsi/index.js';

const BLOCK_BYTES = 512;
/** Sparse; as large as the disks that every node has. */
const DEFAULT_BYTES = 64 * 1024 * 1024;
/** What the model of the write cache may take, of one drive and of all of a set. */
const MOST_CACHE_BYTES = 4 * 1024 * 1024;
const ALL_CACHES_BYTES = 16 * 1024 * 1024;
/** Our own; a domain below .invalid is nobody's (RFC 2606). */
const NAME_PREFIX = 'iqn.2026-11.invalid.ulogcheck';

/** What drives are wanted. */
export interface DrivesOptions {
  /** How many: the LUNs 0, 1, … of one target. */
  readonly count: number;
  /** They have In-Drive-Mutexes, of this firmware; `false`: plain disks. Default: the firmware of 2023. */
  readonly idm?: Firmware | false;
  /** Makes the In-Drive-Mutexes of one drive, such as a broken variant of them. Default: good ones. */
  readonly mutexes?: (firmware: Firmware) => MutexCommands;
  /** Of each; a multiple of 512. Default 64 MiB. */
  readonly bytes?: number;
  /** Holds a file `lunN.img` for each, which stays; what such a file held before is on the drive. Default: memory. */
  readonly directory?: string;
  /** Default: 127.0.0.1 and any free port. */
  readonly address?: ListenAddress;
  /** Who may log in; default: a user and a secret of these drives' own. `false`: everybody. */
  readonly chap?: ChapCredentials | false;
  readonly clock?: DriveClock;
  readonly observe?: Observer;
}

/** One drive of a set. */
export interface Drive {
  readonly lun: number;
  /** Unit serial number. */
  readonly serial: string;
  /** NAA designator, 16 hex digits: what a host knows the drive by. */
  readonly naa: string;
}

/** What a node needs of drives to reach them, whosever they are. */
export type ReachableDrives = Pick<Drives, 'all' | 'idm' | 'chap' | 'name' | 'port' | 'letGo'> & {
  readonly target: Pick<IscsiTarget, 'serve'>;
};

/** iSCSI name of a node's initiator, from the node's name of letters and digits. */
export function initiatorName(node: string): string {
  return `${NAME_PREFIX}:${node}`;
}

const NAME_OF_SETS = `${NAME_PREFIX}:drives-`;
const serialOf = (id: string, lun: number): string => `ULOGCHECK-${id}-${lun}`;

/** NAA designator of the drive at a LUN of such a set, from the name of its target; 16 hex digits. */
export function naaOfDrive(target: string, lun: number): string {
  return naaOf(serialOf(target.slice(NAME_OF_SETS.length), lun)).toString('hex');
}

/** Its first group is the node of an initiator, by the initiator's name. */
export const NODE_OF_INITIATOR = new RegExp(`^${NAME_PREFIX.replaceAll('.', '\\.')}:([a-z0-9-]+)$`);

/** Emulated drives behind one iSCSI target, in this process. */
export class Drives implements AsyncDisposable {
  private constructor(
    readonly all: readonly Drive[],
    readonly idm: boolean,
    readonly chap: ChapCredentials | undefined,
    /** The units, and the faults of all of them. */
    readonly device: EmulatedTarget,
    readonly target: IscsiTarget,
  ) {}

  /** Makes them and begins to listen. Throws IscsiTargetError, and what the files' directory throws. */
  static async serve(options: DrivesOptions): Promise<Drives> {
    const { count, idm = FIRMWARE_2023, bytes = DEFAULT_BYTES, directory, clock = systemClock } = options;
    const { chap = ownCredentials(), address, observe } = options;
    const { mutexes = (firmware: Firmware) => new MutexCommands(firmware) } = options;
    // Drives in files are the same ones the next time.
    const id = directory === undefined ? randomBytes(4).toString('hex') : digest(resolve(directory));
    const device = new EmulatedTarget({ clock, ...(observe && { observe }) });
    try {
      const all: Drive[] = [];
      for (let lun = 0; lun < count; lun++) {
        const serial = serialOf(id, lun);
        const unit = new LogicalUnit({
          serial,
          product: idm === false ? 'EMULATED DISK' : 'IDM DISK',
          ...storage(lun, bytes, directory),
          cacheLimit: Math.min(MOST_CACHE_BYTES, Math.floor(ALL_CACHES_BYTES / count)),
          ...(idm !== false && { vendorCommands: mutexes(idm) }),
        });
        device.addUnit(lun, unit);
        all.push({ lun, serial, naa: unit.identity.naa.toString('hex') });
      }
      const target = await IscsiTarget.listen({
        name: `${NAME_OF_SETS}${id}`,
        device,
        ...(address && { address }),
        ...(chap !== false && { chap }),
      });
      return new Drives(all, idm !== false, chap === false ? undefined : chap, device, target);
    } catch (error) {
      device[Symbol.dispose]();
      throw error;
    }
  }

  /** Name of the target. */
  get name(): string {
    return this.target.name;
  }

  /** The TCP port of this host at which they are. Throws an Error for drives on a unix socket. */
  get port(): number {
    const { address } = this.target;
    if ('path' in address) throw new Error(`the drives are at ${address.path}, not at a port`);
    return address.port;
  }

  /**
   * Nothing waits any more: withheld commands drop their connections. To be called before anything drains a machine that
   * has one of the drives by QEMU's own initiator (stop, snapshot, removal of the device), which waits for them.
   */
  letGo(): void {
    this.device.release('drop');
  }

  /** Drops what is withheld, ends all sessions, and gives up what the drives hold. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo();
    await this.target.close();
    this.device[Symbol.dispose]();
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** Where a drive in a directory is kept. */
export function driveFile(directory: string, lun: number): string {
  return join(directory, `lun${lun}.img`);
}

/** Secrets of CHAP should have 12 bytes or more (RFC 7143 9.2.1). */
function ownCredentials(): ChapCredentials {
  return { user: 'ulogcheck', secret: randomBytes(12).toString('hex') };
}

function storage(
  lun: number,
  bytes: number,
  directory: string | undefined,
): { readonly store: BlockStore; readonly written: boolean } {
  const blocks = bytes / BLOCK_BYTES;
  if (directory === undefined) return { store: new MemoryStore(blocks, BLOCK_BYTES), written: false };
  const { store, fresh } = FileStore.open(driveFile(directory, lun), blocks, BLOCK_BYTES);
  return { store, written: !fresh };
}
