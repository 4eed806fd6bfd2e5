import {
  DRIVE_LIMITS,
  type DriveLimits,
  type JsonValue,
  LEASE_WAIT,
  REAL_DRIVE,
  SG_COMMAND,
  UNIT_RESET,
} from '../../history/index.js';
import { driveName, type RealDrive } from '../../plan/real-drive.js';
import { InfraError } from '../../vm/index.js';
import type { DriveLab, DrivesOfLocks, DrivesWanted } from '../drives/drive-lab.js';
import { MajorityLock } from '../drives/majority-lock.js';
import { Mutex } from '../drives/mutex.js';
import { RawCommands } from '../drives/raw-commands.js';
import { SgDevice } from '../drives/sg-device.js';
import { sgObservation } from '../drives/sg-observation.js';
import type { HistoryFile } from '../history-file.js';
import { NotApplicable } from '../not-applicable.js';
import { LeaseClock, type Time } from './lease-clock.js';
import { OpenedDrive, type Programs } from './opened-drive.js';
import { resetUnit } from './reset-unit.js';

/** What the hosts of one test have in common. */
export class RealDriveSite {
  readonly #opened: OpenedDrive[] = [];
  #hosts = 0;
  #calls = 0;

  /** @param drives the drive under test, and the others that a test may have besides it */
  constructor(
    private readonly drives: readonly RealDrive[],
    readonly programs: Programs,
    readonly file: HistoryFile,
    readonly time: Time,
  ) {}

  /** One more host. */
  addHost(): RealDriveLab {
    this.#hosts += 1;
    return new RealDriveLab(this, `node${this.#hosts}`);
  }

  nextCall(): number {
    return this.#calls++;
  }

  /** The next drives that the test has not had yet, with empty tables. Throws NotApplicable, InfraError. */
  async take(count: number): Promise<RealLockDrives> {
    const from = this.#opened.length;
    const taken = this.drives.slice(from, from + count);
    if (taken.length < count) {
      throw new NotApplicable(
        `the test needs ${from + count} drives, and the run has ${this.drives.length}; --drive can be given several times`,
      );
    }
    for (const drive of taken) {
      this.#opened.push(await OpenedDrive.open(drive, this.programs));
      this.observe(REAL_DRIVE, { ...drive, name: driveName(drive) });
    }
    return new RealLockDrives(this, this.#opened.slice(from));
  }

  /** Puts a fact into the history, at a time of this machine. */
  observe(name: string, value: JsonValue, t: bigint = this.file.latest): void {
    this.file.accept({ kind: 'observation', t, node: 'node1', evidence: 'ioctl', name, value });
  }

  /** Leaves nothing of the test in the drives. Throws InfraError. */
  async empty(): Promise<void> {
    for (const drive of this.#opened) await drive.empty();
  }
}

/** Real drives of a test. */
export class RealLockDrives implements DrivesOfLocks {
  readonly limits: DriveLimits;
  readonly leases: LeaseClock;

  constructor(
    site: RealDriveSite,
    readonly all: readonly OpenedDrive[],
  ) {
    const { limits, leases } = this.at(0).drive.profile;
    this.limits = limits;
    site.observe(DRIVE_LIMITS, limits);
    const scale = { factor: leases.factor, slack: leases.slackPercent / 100 };
    this.leases = new LeaseClock(scale, {
      time: site.time,
      look: async (serial, resource, host) =>
        await this.all.find(({ drive }) => drive.serial === serial)?.look(resource, host),
      waited: (wait) => {
        site.observe(LEASE_WAIT, wait);
      },
    });
  }

  async elapse(ms: number): Promise<void> {
    await this.leases.elapse(ms);
  }

  /** Throws InfraError when there are not so many. */
  at(lun: number): OpenedDrive {
    const drive = this.all[lun];
    if (drive === undefined) throw new InfraError(`there is no drive with LUN ${lun}`);
    return drive;
  }
}

/** One host of a test on real drives of this machine: a name in the data blocks, and devices of its own. */
export class RealDriveLab implements DriveLab {
  constructor(
    private readonly site: RealDriveSite,
    readonly nodeName: string,
  ) {}

  async lockDrives({ count = 1 }: DrivesWanted = {}): Promise<RealLockDrives> {
    return await this.site.take(count);
  }

  async mutex(drives: DrivesOfLocks, resource: string, { lun = 0 } = {}): Promise<Mutex> {
    const { site, nodeName } = this;
    const real = ownDrives(drives);
    const { path, serial } = real.at(lun).drive;
    const device = await SgDevice.open(site.programs, path);
    const { leases } = real;
    return new Mutex(
      {
        ...{ device, drive: serial, node: nodeName, leases, answersMustCome: true },
        nextCall: () => site.nextCall(),
        record: (event) => {
          site.file.accept(event);
        },
        now: () => site.time.now(),
        wallClock: () => BigInt(Date.now()),
      },
      resource,
      nodeName,
    );
  }

  async majorityLock(drives: DrivesOfLocks, resource: string): Promise<MajorityLock> {
    const mutexes: Mutex[] = [];
    for (const lun of ownDrives(drives).all.keys()) mutexes.push(await this.mutex(drives, resource, { lun }));
    return new MajorityLock(mutexes);
  }

  async rawCommands(drives: DrivesOfLocks): Promise<RawCommands> {
    const { site } = this;
    const real = ownDrives(drives);
    const { path, serial } = real.at(0).drive;
    const device = await SgDevice.open(site.programs, path, (name, command, result) => {
      site.observe(SG_COMMAND, sgObservation(name, command, result), result.begin);
    });
    return await RawCommands.open(device, { drive: serial, leases: real.leases });
  }

  async anotherNode(): Promise<RealDriveLab> {
    return await Promise.resolve(this.site.addHost());
  }

  async resetUnit(drives: DrivesOfLocks, lun = 0): Promise<void> {
    const opened = ownDrives(drives).at(lun);
    await resetUnit(opened.drive.path, this.site.programs);
    this.site.observe(UNIT_RESET, { drive: opened.drive.serial, sense: await opened.attention() });
  }
}

/** Throws InfraError for drives of another lab. */
function ownDrives(drives: DrivesOfLocks): RealLockDrives {
  if (drives instanceof RealLockDrives) return drives;
  throw new InfraError('these drives are none of this machine');
}
