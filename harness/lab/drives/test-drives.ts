import { Drives, type DrivesOptions } from '../../disks/drives.js';
import { DRIVE_MUTANTS } from '../../disks/idm/mutants/mutants.js';
import { InfraError } from '../../vm/index.js';
import type { Recording } from '../recording.js';
import { driveEvent } from './drive-events.js';

/** The drives of a test, which tell its history all that befalls them. */
export class TestDrives {
  readonly #all: Drives[] = [];
  #recorded = true;
  #lockCalls = 0;

  /** @param broken the broken drive, by name, that each of them is; undefined: good ones */
  constructor(readonly broken: string | undefined) {}

  /** Makes some in this process. Throws what {@link Drives.serve} throws, and InfraError for an unknown broken one. */
  async serve(options: DrivesOptions, recording: Recording): Promise<Drives> {
    const timeOf = await recording.hostClock();
    const drives = await Drives.serve({
      ...this.#broken(),
      ...options,
      observe: (record) => {
        if (this.#recorded) recording.fromOutside(driveEvent(record, timeOf(process.hrtime.bigint())));
        options.observe?.(record);
      },
    });
    this.#all.push(drives);
    return drives;
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
