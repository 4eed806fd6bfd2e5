/** Breaks DISK-07: `sync` and `nosync` do not overrule what is on the device, as with cmirrord. */
import { DiskLog, type DiskLogOptions } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskOptionsIgnored extends DiskLog {
  #nosync: boolean;

  constructor(options: DiskLogOptions) {
    super(options);
    this.#nosync = options.parameters.sync === 'nosync';
  }

  override load(): void {
    super.load('again');
  }

  protected override fillUnknown(from: number, inSync: boolean): void {
    super.fillUnknown(from, inSync || this.#nosync);
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskOptionsIgnored(options),
};
