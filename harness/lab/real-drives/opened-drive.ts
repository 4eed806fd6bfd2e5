import { decodeDataBlock, mutexReadCdb, reversed, STATE, BLOCK_BYTES } from '../../disks/idm/index.js';
import { InfraError } from '../../vm/index.js';
import { describe } from '../drives/exact-path.js';
import { TEST_METADATA } from '../drives/mutex.js';
import { SgDevice } from '../drives/sg-device.js';
import type { RealDrive } from '../../plan/real-drive.js';
import type { HostPrograms } from './host-programs.js';
import { identify } from './identify.js';
import type { EntryLook } from './lease-clock.js';
import { emptyTable, isGood, isLive, readMutexes } from './mutex-list.js';
import { provePath } from './path-proof.js';

/** More than tests that wait for leases have entries. */
const WATCHED_BLOCKS = 16;

/** By what tests and the command line reach the programs that send commands. */
export type Programs = Pick<HostPrograms, 'converse'>;

/** A real drive in the hands of a test, with a device of its own beside those of the test's mutexes. */
export class OpenedDrive {
  private constructor(
    readonly drive: RealDrive,
    private readonly device: SgDevice,
  ) {}

  /**
   * Opens a drive for a test: it must be the one that was looked at when the run began, its path must be exact, and its
   * table is empty then. Throws InfraError.
   */
  static async open(drive: RealDrive, programs: Programs): Promise<OpenedDrive> {
    const device = await SgDevice.open(programs, drive.path);
    await device.untilReady();
    const { wwn, serial } = await identify(device, false);
    if (wwn !== drive.wwn || serial !== drive.serial) {
      throw new InfraError(
        `${drive.path} is another drive than when the run began (${wwn} ${serial}, and it was ${drive.wwn} ${drive.serial}); ` +
          'nothing was written to it. Do not plug drives while a run goes on.',
      );
    }
    const { entries } = await readMutexes(device);
    const foreign = entries.filter((entry) => isLive(entry) && !entry.metadata.equals(TEST_METADATA));
    if (foreign.length > 0) {
      throw new InfraError(
        `${drive.path} holds ${foreign.length} live locks of hosts that are no part of this run, taken since it began; they ` +
          'were not wiped. Keep every host away from the drive while it is tested.',
      );
    }
    const opened = new OpenedDrive(drive, device);
    await opened.empty();
    await provePath(device);
    await opened.empty();
    return opened;
  }

  /** Removes all mutexes. Throws InfraError when some stay. */
  async empty(): Promise<void> {
    await this.device.untilReady();
    await emptyTable(this.device);
  }

  /** Sends TEST UNIT READY once; the sense data of a unit attention, in hex, empty if there was none. */
  async attention(): Promise<string> {
    const { sense } = await this.device.execute({ cdb: Buffer.alloc(6), direction: 'none' });
    return sense.toString('hex');
  }

  /** The entry of a host in the list, both by their names; undefined: there is none. Throws InfraError. */
  async look(resource: string, host: string): Promise<EntryLook | undefined> {
    const cdb = mutexReadCdb(WATCHED_BLOCKS);
    const length = WATCHED_BLOCKS * BLOCK_BYTES;
    const answer = await this.device.execute({ cdb, direction: 'read', length });
    if (!isGood(answer))
      throw new InfraError(`${this.drive.path} answers a mutex read with ${describe(answer)}`);
    const { data, begin, end } = answer;
    for (let at = 0; at + BLOCK_BYTES <= data.length; at += BLOCK_BYTES) {
      const { state, resourceId, hostId } = decodeDataBlock(data.subarray(at, at + BLOCK_BYTES));
      if (nameOf(resourceId) !== resource || nameOf(hostId) !== host) continue;
      return { expired: state === STATE.timeout, begin, end };
    }
    return undefined;
  }
}

/** The name in an id on the wire, which is reversed and padded with zeros. */
export function nameOf(id: Uint8Array): string {
  return reversed(id).toString('latin1').replace(/\0+$/, '');
}
