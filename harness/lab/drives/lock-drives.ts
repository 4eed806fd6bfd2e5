import type { Drive, Drives, DrivesOptions } from '../../disks/drives.js';
import { FIRMWARE_2020, FIRMWARE_2023, type Limits, MUTEX_OPCODE } from '../../disks/idm/index.js';
import { type ArmedFault, ManualClock, STATUS } from '../../disks/scsi/index.js';
import { InfraError } from '../../vm/index.js';
import type { DrivesOfLocks } from './drive-lab.js';

const NS_PER_MS = 1_000_000n;
/** HARDWARE ERROR, INTERNAL TARGET FAILURE (SPC-4). */
const INTERNAL_FAILURE = { key: 0x4, asc: 0x44, ascq: 0x00 };

/** Generations of firmware (docs/in-drive-mutexes.md). */
const FIRMWARE = { 2020: FIRMWARE_2020, 2023: FIRMWARE_2023 } as const;

/** What such drives are; see DrivesOptions. */
export interface LockDrivesOptions extends Omit<DrivesOptions, 'clock' | 'idm'> {
  /** Default: 2023. */
  readonly firmware?: keyof typeof FIRMWARE;
  /** Default: the firmware's. */
  readonly limits?: Partial<Limits>;
}

/** Is told what the clock of a drive stands at from now on, ns; the drive by its serial number. */
export type ClockObserver = (drive: string, at: bigint) => void;

/** Drives with In-Drive-Mutexes whose clock goes only when the test says so: a lease of a minute costs no time. */
export class LockDrives implements DrivesOfLocks {
  private constructor(
    readonly drives: Drives,
    readonly limits: Limits,
    private readonly clock: ManualClock,
    private readonly observe: ClockObserver,
  ) {}

  /** Makes them by `serve`, with a clock that stands still. Throws what that throws. */
  static async serve(
    serve: (options: DrivesOptions) => Promise<Drives>,
    { firmware = 2023, limits, ...options }: LockDrivesOptions,
    observe: ClockObserver,
  ): Promise<LockDrives> {
    const clock = new ManualClock();
    const idm = { ...FIRMWARE[firmware], limits: { ...FIRMWARE[firmware].limits, ...limits } };
    const drives = new LockDrives(await serve({ ...options, idm, clock }), idm.limits, clock, observe);
    drives.#tell();
    return drives;
  }

  /** Lets so many milliseconds go by on all of them; leases are measured by this and nothing else (spec idm 6.1). */
  async elapse(ms: number): Promise<void> {
    this.clock.advance(BigInt(ms) * NS_PER_MS);
    this.#tell();
    await Promise.resolve();
  }

  #tell(): void {
    for (const { serial } of this.drives.all) this.observe(serial, this.clock.now());
  }

  /** One drive refuses all that is about locks, as broken hardware; gives the way to repair it. Throws InfraError. */
  breakDown(lun: number): () => void {
    this.drive(lun);
    const fault = this.drives.device.arm(lun, {
      name: 'broken down',
      match: { opcodes: [MUTEX_OPCODE] },
      does: { kind: 'status', status: STATUS.checkCondition, sense: INTERNAL_FAILURE },
    });
    return () => {
      fault.remove();
    };
  }

  /**
   * The connection of an initiator ends in place of the answer to its next command about locks on that drive, before or
   * after the command took effect. Throws InfraError.
   */
  dropAnswer(lun: number, initiator: string, takesEffect: boolean): ArmedFault {
    this.drive(lun);
    return this.drives.device.arm(lun, {
      name: 'connection lost',
      match: { initiator, opcodes: [MUTEX_OPCODE] },
      times: 1,
      does: { kind: 'drop-connection', takesEffect },
    });
  }

  /** The power of one drive fails and comes back: its mutexes are gone (spec idm 1). Throws InfraError. */
  powerCut(lun: number): void {
    this.drive(lun);
    this.drives.device.powerCut(lun, 'all');
  }

  /** The drive with this LUN. Throws InfraError. */
  drive(lun: number): Drive {
    const drive = this.drives.all[lun];
    if (drive === undefined) throw new InfraError(`there is no drive with LUN ${lun}`);
    return drive;
  }
}
