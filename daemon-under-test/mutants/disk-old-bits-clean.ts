/** Breaks LUID-13: a log that grows takes the bits on the device for clean, as if it had been synchronised. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskOldBitsClean extends DiskLog {
  #known = 0;

  protected override knownRegions(area: Buffer): number {
    this.#known = super.knownRegions(area);
    return this.#known;
  }

  protected override fillUnknown(from: number, inSync: boolean): void {
    super.fillUnknown(from, inSync);
    if (from === 0 || from === this.clean.size) return;
    for (let region = 0; region < from; region++) this.clean.set(region, true);
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskOldBitsClean(options),
};
