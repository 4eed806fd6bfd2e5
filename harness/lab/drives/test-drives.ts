import { Drives, type DrivesOptions } from '../../disks/drives.js';
import { DRIVE_MUTANTS } from '../../disks/idm/mutants/mutants.js';
import { InfraError } from '../../vm/index.js';
import type { Recording } from '../recording.js';
import { driveEvent } from './drive-events.js';
import { drivesProfile } from './drive-profile.js';

/** The drives of a test, which tell its history all that befalls them. */
export class TestDrives {
  readonly #all: Drives[] = [];
  #recorded = true;
  #lockCalls = 0;
  /** One for all drives and lock calls of the test: their order is no matter of how well clocks were held together. */
  #clock: Promise<(moment: bigint) => bigint> | undefined;
  #timeOf: ((moment: bigint) => bigint) | undefined;

  /** @param broken the broken drive, by name, that each of them is; undefined: good ones */
  constructor(readonly broken: string | undefined) {}

  /** Makes some in this process. Throws what {@link Drives.serve} throws, and InfraError for an unknown broken one. */
  async serve(options: DrivesOptions, recording: Recording): Promise<Drives> {
    const timeOf = await (this.#clock ??= recording.hostClock());
    this.#timeOf = timeOf;
    const now = (): bigint => timeOf(process.hrtime.bigint());
    const drives = await Drives.serve({
      ...this.#broken(),
      ...options,
      observe: (record) => {
        if (this.#recorded) recording.fromOutside(driveEvent(record, now()));
        options.observe?.(record);
      },
    });
    this.#all.push(drives);
    // What a broken drive is said to do, too, is what a good one of its firmware would.
    const mutexes = drivesProfile(options.idm);
    for (const { serial, lun } of drives.all)
      recording.fromOutside({ kind: 'disk-profile', t: now(), node: '', drive: serial, lun, mutexes });
    return drives;
  }

  /** The time of the history now, as drives and lock calls have it. Throws InfraError before there are drives. */
  now(): bigint {
    if (this.#timeOf === undefined) throw new InfraError('no drive was made yet');
    return this.#timeOf(process.hrtime.bigint());
  }

  /** A number for a lock call, unique in the history. */
  nextLockCall(): number {
    return this.#lockCalls++;
  }

  /** The test is over: what waits for an answer is dropped, and the history hears no more. */
  settle(): void {
    for (const drives of this.#all) drives.letGo();
    this.#recorded = false;
  }

  #broken(): Pick<DrivesOptions, 'mutexes'> {
    if (this.broken === undefined) return {};
    const mutant = DRIVE_MUTANTS.find(({ name }) => name === this.broken);
    if (mutant === undefined) throw new InfraError(`there is no broken drive ${this.broken}`);
    return { mutexes: mutant.create };
  }
}
