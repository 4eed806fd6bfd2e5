/** Breaks STAT-01: the status line announces a word that does not come. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class StatusWordCount extends LogInstance {
  override statusInfo(): string {
    return '2 clustered-core';
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new StatusWordCount(...of),
};
