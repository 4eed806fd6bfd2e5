/** Breaks DISK-02: a log of another version is read as if it were this one. */
import { decodeDiskHeader } from '../reference/disk-image.js';
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class VersionUnchecked extends DiskLog {
  protected override knownRegions(area: Buffer): number {
    const header = decodeDiskHeader(area);
    return header.kind === 'unknown-version' ? Number(area.readBigUInt64LE(8)) : super.knownRegions(area);
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new VersionUnchecked(options) };
