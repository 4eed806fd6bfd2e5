/** Breaks LUID-12: DTR of a log that was swapped out writes its header and bitmap once more, over those of the new one. */
import { DiskLog, type LoadMode } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class WritesAtTheEnd extends DiskLog {
  #loaded = false;
  #ending = false;

  override get owned(): boolean {
    return this.#ending || super.owned;
  }

  override load(mode: LoadMode): void {
    super.load(mode);
    this.#loaded = true;
  }

  override close(): void {
    if (this.#loaded && !super.owned) {
      this.#ending = true;
      this.rewrite();
      this.#ending = false;
    }
    super.close();
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new WritesAtTheEnd(options) };
