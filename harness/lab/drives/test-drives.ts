import { Drives, type DrivesOptions } from '../../disks/drives.js';
import type { Recording } from '../recording.js';
import { driveEvent } from './drive-events.js';

/** The drives of a test, which tell its history all that befalls them. */
export class TestDrives {
  readonly #all: Drives[] = [];
  #recorded = true;

  /** Makes some in this process. Throws what {@link Drives.serve} throws. */
  async serve(options: DrivesOptions, recording: Recording): Promise<Drives> {
    const timeOf = await recording.hostClock();
    const drives = await Drives.serve({
      ...options,
      observe: (record) => {
        if (this.#recorded) recording.fromOutside(driveEvent(record, timeOf(process.hrtime.bigint())));
        options.observe?.(record);
      },
    });
    this.#all.push(drives);
    return drives;
  }

  /** The test is over: what waits for an answer is dropped, and the history hears no more. */
  settle(): void {
    for (const drives of this.#all) drives.letGo();
    this.#recorded = false;
  }
}
