/** Commands that the benchmarks send. */
import {
  encodeDataBlock,
  LOCK_CLASS,
  LVB_CONTROL,
  MUTEX_OP,
  mutexReadCdb,
  mutexWriteCdb,
} from '../idm/index.js';
import type { LoadCommand, LoadInitiator } from './initiator.js';

const BLOCK_BYTES = 512;
const LIST_BLOCKS = 32;
const RESOURCES = 16;

/** READ (10) or WRITE (10) of whole blocks of 512 bytes. */
export function transfer(lun: number, lba: number, data: Buffer | number): LoadCommand {
  const isWrite = typeof data !== 'number';
  const cdb = Buffer.alloc(16);
  cdb[0] = isWrite ? 0x2a : 0x28;
  cdb.writeUInt32BE(lba, 2);
  cdb.writeUInt16BE((isWrite ? data.length : data) / BLOCK_BYTES, 7);
  return isWrite ? { cdb, lun, write: data } : { cdb, lun, read: data };
}

function block(resource: number, unlocks: boolean): Buffer {
  return encodeDataBlock({
    state: 0n,
    timeNow: 0n,
    countdown: unlocks ? 0n : 60_000n,
    lockClass: LOCK_CLASS.exclusive,
    control: unlocks ? LVB_CONTROL.store : LVB_CONTROL.keep,
    lvb: Buffer.alloc(7),
    resourceId: Buffer.alloc(64, `resource ${resource}.`),
    metadata: Buffer.alloc(64),
    hostId: Buffer.alloc(32, 'the only host.'),
  });
}

/** Trylock, refresh, list and unlock of one mutex after the other, round and round; all of them are GOOD. */
export function mutexMix(lun: number): () => LoadCommand {
  const all = Array.from({ length: RESOURCES }, (_unused, resource): LoadCommand[] => [
    { lun, cdb: mutexWriteCdb(MUTEX_OP.trylock), write: block(resource, false) },
    { lun, cdb: mutexWriteCdb(MUTEX_OP.refresh), write: block(resource, false) },
    { lun, cdb: mutexReadCdb(LIST_BLOCKS), read: LIST_BLOCKS * BLOCK_BYTES },
    { lun, cdb: mutexWriteCdb(MUTEX_OP.unlock), write: block(resource, true) },
  ]).flat();
  let sent = 0;
  return () => all[sent++ % all.length] as LoadCommand;
}

/** Takes the unit attention of a new session off a unit: TEST UNIT READY is GOOD the second time. */
export async function becomeReady(initiator: LoadInitiator, lun: number): Promise<void> {
  const statuses: number[] = [];
  const tests = Array.from({ length: 2 }, () => ({ lun, cdb: Buffer.alloc(16) }));
  await initiator.run(
    1,
    () => tests.pop(),
    (_command, status) => statuses.push(status),
  );
  if (statuses.at(-1) !== 0) throw new Error(`unit ${lun} does not become ready: ${statuses.join(', ')}`);
}

/** Sends commands for so many ms; all of them must be GOOD. Gives how many there were. Throws an Error. */
export async function loadFor(
  initiator: LoadInitiator,
  depth: number,
  ms: number,
  next: () => LoadCommand,
): Promise<number> {
  const until = performance.now() + ms;
  let wrong: string | undefined;
  const count = await initiator.run(
    depth,
    () => (performance.now() < until && wrong === undefined ? next() : undefined),
    ({ cdb, read }, status, bytes) => {
      if (status !== 0 || bytes !== (read ?? 0))
        wrong ??= `${cdb.toString('hex')} ended with status ${status} and ${bytes} bytes`;
    },
  );
  if (wrong !== undefined) throw new Error(wrong);
  return count;
}
