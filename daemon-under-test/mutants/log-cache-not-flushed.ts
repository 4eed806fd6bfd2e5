/** Breaks DISK-12: what is written to the log device stays in its cache, which a power loss empties. */
import { DiskLog } from '../reference/disk-log.js';
import type { LogDevice } from '../reference/log-device.js';
import type { Mutation } from './mutant-main.js';

function withoutSync(device: LogDevice): LogDevice {
  return {
    number: device.number,
    size: device.size,
    blockSize: device.blockSize,
    allocate: (size) => device.allocate(size),
    read: (into, position) => device.read(into, position),
    write: (from, position) => device.write(from, position),
    sync: () => undefined,
    close: () => device.close(),
  };
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskLog({ ...options, device: withoutSync(options.device) }),
};
