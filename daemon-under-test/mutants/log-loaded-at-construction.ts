/** Breaks CTR-21: the log is read from and written to its device at CTR, while another instance is live on it. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class LoadedAtConstruction extends DiskLog {
  override claim(): void {
    // Done already.
  }

  override load(): void {
    // Done already.
  }

  prepare(): this {
    super.claim();
    super.load('constructed');
    this.rewrite();
    return this;
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new LoadedAtConstruction(options).prepare(),
};
