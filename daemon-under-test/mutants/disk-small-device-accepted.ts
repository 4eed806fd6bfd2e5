/** Breaks DISK-09: a log device that is too small is not refused. */
import { DiskLog } from '../reference/disk-log.js';
import type { LogDevice } from '../reference/log-device.js';
import type { Mutation } from './mutant-main.js';

export const mutation: Mutation = {
  createDiskLog: (options) => {
    const device = Object.create(options.device, { size: { value: Number.MAX_SAFE_INTEGER } }) as LogDevice;
    return new DiskLog({ ...options, device });
  },
};
