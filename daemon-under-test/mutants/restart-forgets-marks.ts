/** Breaks RECOV-07: a daemon that comes after another keeps the sync bits and forgets the marks. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ForgetsMarks extends LogInstance {
  #resumes = 0;

  override resume(): void {
    const first = this.restored && this.#resumes++ === 0;
    super.resume();
    if (!first) return;
    for (let region = 0; region < this.regionCount; region++) {
      if (this.sync.get(region)) this.setClean(region, true);
    }
    this.commit();
  }
}

export const mutation: Mutation = { createInstance: (...of) => new ForgetsMarks(...of) };
