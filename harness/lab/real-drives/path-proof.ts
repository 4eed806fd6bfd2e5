import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, MUTEX_OP, mutexWriteCdb } from '../../disks/idm/index.js';
import { STATUS, statusName } from '../../disks/scsi/status.js';
import { InfraError } from '../../vm/index.js';
import { describe } from '../drives/exact-path.js';
import { isGood } from './mutex-list.js';
import { TEST_METADATA } from '../drives/mutex.js';
import type { SgDevice } from '../drives/sg-device.js';
import type { SgResult } from '../drives/sg-frames.js';

/** SG_INFO_CHECK of scsi/sg.h: not everything is as it should be. */
const INFO_CHECK = 0x1;
const LEASE_MS = 60_000n;

/** Statuses that must arrive as the drive sends them, with their values shifted as old headers have it. */
const REFUSALS = [
  { status: STATUS.commandTerminated, masked: 0x11 },
  { status: STATUS.reservationConflict, masked: 0x0c },
] as const;

type Op = keyof typeof MUTEX_OP;
type Mode = 'exclusive' | 'shared';
/** One command of the proof, by one of two hosts; some are there to be refused. */
type Step = readonly [op: Op, host: 'one' | 'two', mode: Mode];

/**
 * Each refusal is provoked in several ways (spec idm 6.2), for a drive may be wrong, or of another generation, in one of
 * them, and that is for the tests to say. What is left at the end, the caller removes.
 */
const STEPS: readonly Step[] = [
  ['trylock', 'one', 'exclusive'],
  // By its holder: 22h; by another: 18h; with another class: 22h; by a stranger: 18h.
  ['trylock', 'one', 'exclusive'],
  ['trylock', 'two', 'exclusive'],
  ['unlock', 'one', 'shared'],
  ['refresh', 'two', 'exclusive'],
  ['break', 'two', 'exclusive'],
  ['unlock', 'one', 'exclusive'],
  ['destroy', 'one', 'exclusive'],
  ['trylock', 'one', 'shared'],
  ['trylock', 'two', 'shared'],
  // To exclusive beside another sharer: 22h.
  ['refresh', 'one', 'exclusive'],
];

/**
 * Proves that refusals of mutex commands arrive from a real drive as it sends them. What lies between may make a success
 * of status 22h, as QEMU's initiator does (docs/disks.md), and hypervisors and bridges may, so that a refused lock would be
 * taken for granted. The drive's table is used, and not emptied. Throws InfraError when one of the statuses was never
 * seen, with what came instead.
 */
export async function provePath(device: SgDevice): Promise<void> {
  const seen: { readonly step: Step; readonly result: SgResult }[] = [];
  for (const step of STEPS) seen.push({ step, result: await send(device, step) });
  // Where nothing at all was granted, no refusal can have been taken for a success: that is the drive's, and tests tell it.
  if (!seen.some(({ result }) => isGood(result))) return;
  for (const { status, masked } of REFUSALS) {
    const exact = seen.some(
      ({ result }) =>
        result.status === status && result.maskedStatus === masked && (result.info & INFO_CHECK) !== 0,
    );
    if (exact) continue;
    const told = seen.map(
      ({ step: [op, host, mode], result }) => `  ${op} ${mode} by host ${host}: ${describe(result)}`,
    );
    throw new InfraError(
      `${device.path}: none of ${STEPS.length} mutex commands arrived as ${statusName(status)}, though several must be ` +
        'refused so. Something between this machine and the drive may change it (QEMU does), and then a refused lock is ' +
        `taken for granted; so nothing can be judged over this path. What arrived:\n${told.join('\n')}`,
    );
  }
}

async function send(device: SgDevice, [op, host, mode]: Step): Promise<SgResult> {
  return await device.execute({
    cdb: mutexWriteCdb(MUTEX_OP[op]),
    direction: 'write',
    dataOut: encodeDataBlock({
      state: 0n,
      timeNow: BigInt(Date.now()),
      countdown: op === 'unlock' || op === 'destroy' ? 0n : LEASE_MS,
      lockClass: mode === 'exclusive' ? LOCK_CLASS.exclusive : LOCK_CLASS.sharedProtectedRead,
      control: LVB_CONTROL.keep,
      lvb: Buffer.alloc(7),
      resourceId: padded('ulogcheck proof', 64),
      metadata: TEST_METADATA,
      hostId: padded(host, 32),
    }),
  });
}

function padded(text: string, bytes: number): Buffer {
  const field = Buffer.alloc(bytes);
  field.write(text, 'latin1');
  return field;
}
