import { rm } from 'node:fs/promises';
import { InfraError } from './errors.js';
import type { QmpClient } from './qmp.js';

/** Formats of a dump, the best one first: compressed, which crash(8) reads, or plain. Before 8.2 QEMU knows no raw one. */
const FORMATS = ['kdump-raw-zlib', 'kdump-zlib', 'elf'] as const;
export type DumpFormat = (typeof FORMATS)[number];

/**
 * Writes the memory of a machine, and the registers of its CPUs, into the file `path`, for crash(8). Returns the format.
 * QEMU writes each page once; pages of zeros take no place. Throws InfraError, for example when the disk is full;
 * nothing is left at `path` then.
 */
export async function dumpMemory(qmp: QmpClient, path: string): Promise<DumpFormat> {
  const { formats } = (await qmp.execute('query-dump-guest-memory-capability')) as {
    readonly formats: readonly string[];
  };
  const format = FORMATS.find((known) => formats.includes(known)) ?? 'elf';
  try {
    await qmp.execute('dump-guest-memory', { paging: false, protocol: `file:${path}`, format });
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    const why = error instanceof Error ? error.message : String(error);
    throw new InfraError(`the memory of the node could not be saved in ${path}: ${why}`, { cause: error });
  }
  return format;
}
