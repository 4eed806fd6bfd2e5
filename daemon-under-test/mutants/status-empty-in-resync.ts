/** Breaks STAT-09: STATUS_INFO is empty until all regions are in sync. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class StatusEmptyInResync extends LogInstance {
  override statusInfo(): string {
    return this.syncCount() === this.regionCount ? super.statusInfo() : '';
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new StatusEmptyInResync(...of),
};
