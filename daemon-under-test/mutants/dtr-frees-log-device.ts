/** Breaks LUID-03: DTR of the old log of a swap takes the log device away from the new one. */
import { DiskLog, type DiskLogOptions } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class FreesTheDevice extends DiskLog {
  readonly #owners: DiskLogOptions['owners'];

  constructor(options: DiskLogOptions) {
    super(options);
    this.#owners = options.owners;
  }

  override close(): void {
    this.#owners.delete(this.deviceNumber);
    super.close();
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new FreesTheDevice(options) };
