import {
  ALL_GROUPS,
  BLOCK_BYTES,
  type DataBlock,
  decodeDataBlock,
  encodeDataBlock,
  LVB_CONTROL,
  MUTEX_OP,
  mutexReadCdb,
  mutexWriteCdb,
  STATE,
  wipeCdb,
} from '../../disks/idm/index.js';
import { STATUS } from '../../disks/scsi/status.js';
import { InfraError } from '../../vm/index.js';
import { describe } from '../drives/exact-path.js';
import type { SgDevice } from '../drives/sg-device.js';
import type { SgResult } from '../drives/sg-frames.js';

/** Any drive that claims more does not count entries (spec idm 3.3 knows 4000). */
const MOST_ENTRIES = 65_535;
/** 128 KiB: what any host bus adapter takes in one piece. */
const MOST_BLOCKS = 256;

/** Whether a command did what it should, with nothing to say besides. */
export function isGood({ status, hostStatus }: SgResult): boolean {
  return status === STATUS.good && hostStatus === 0;
}

/**
 * Asks a drive for its numbers of entries, and reads so many from its list, as hosts do (spec idm 7); changes nothing.
 * Of more than 256 the first 256 are given. Throws InfraError naming what the drive answered instead.
 */
export async function readMutexes(device: SgDevice): Promise<{ count: number; entries: DataBlock[] }> {
  const inquiry = await device.execute({
    ...{ cdb: mutexReadCdb(1, ALL_GROUPS), direction: 'read', length: BLOCK_BYTES },
  });
  if (!isGood(inquiry) || inquiry.data.length < 2) {
    throw new InfraError(`${device.path} answers a mutex inquiry with ${describe(inquiry)}`);
  }
  const count = inquiry.data.readUInt16BE(0);
  if (count === MOST_ENTRIES)
    throw new InfraError(`${device.path} counts ${count} mutexes, which is no count`);
  if (count === 0) return { count, entries: [] };
  const blocks = Math.min(count, MOST_BLOCKS);
  const list = await device.execute({
    ...{ cdb: mutexReadCdb(blocks), direction: 'read', length: blocks * BLOCK_BYTES },
  });
  if (!isGood(list)) throw new InfraError(`${device.path} answers a mutex read with ${describe(list)}`);
  return { count, entries: entriesIn(list.data) };
}

/** The entries in the blocks of a list, up to the first block that is none. */
export function entriesIn(data: Buffer): DataBlock[] {
  const entries: DataBlock[] = [];
  for (let at = 0; at + BLOCK_BYTES <= data.length; at += BLOCK_BYTES) {
    const entry = decodeDataBlock(data.subarray(at, at + BLOCK_BYTES));
    if (entry.state === STATE.endMarker) break;
    entries.push(entry);
  }
  return entries;
}

/** States of entries whose holders have lost their locks, or never had them (spec idm 3.2). */
const NOT_HELD: readonly bigint[] = [STATE.uninitialised, STATE.unlocked, STATE.timeout];

/** Whether the holder of an entry may rely on it; a state that nobody knows is taken for one of a lock. */
export function isLive({ state }: Pick<DataBlock, 'state'>): boolean {
  return !NOT_HELD.includes(state);
}

/**
 * Empties the mutex table of a drive: by the wipe and, as tests must not depend on just that, by releasing and destroying
 * what is left of it. Throws InfraError when something stays.
 */
export async function emptyTable(device: SgDevice): Promise<void> {
  const wipe = await device.execute({
    ...{ cdb: wipeCdb(), direction: 'write', dataOut: Buffer.alloc(BLOCK_BYTES) },
  });
  const { entries } = await readMutexes(device);
  for (const entry of entries) {
    for (const op of [MUTEX_OP.unlock, MUTEX_OP.destroy]) {
      const dataOut = encodeDataBlock({ ...entry, state: 0n, countdown: 0n, control: LVB_CONTROL.keep });
      await device.execute({ cdb: mutexWriteCdb(op), direction: 'write', dataOut });
    }
  }
  const left = entries.length === 0 ? 0 : (await readMutexes(device)).count;
  if (left === 0) return;
  throw new InfraError(
    `the mutex table of ${device.path} cannot be emptied: ${left} entries stay; it answered the wipe with ${describe(wipe)}`,
  );
}
