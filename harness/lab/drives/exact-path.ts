import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, MUTEX_OP, mutexWriteCdb } from '../../disks/idm/index.js';
import { STATUS, statusName } from '../../disks/scsi/status.js';
import { InfraError } from '../../vm/index.js';
import type { SgDevice } from './sg-device.js';
import type { SgResult } from './sg-frames.js';

/** SG_INFO_CHECK of scsi/sg.h: not everything is as it should be. */
const INFO_CHECK = 0x1;
const LEASE_MS = 60_000n;

/** A status that must arrive as it was sent, with its value shifted as old headers have it. */
const EXPECTED = {
  [STATUS.good]: { masked: 0x00, info: 0 },
  [STATUS.reservationConflict]: { masked: 0x0c, info: INFO_CHECK },
  [STATUS.commandTerminated]: { masked: 0x11, info: INFO_CHECK },
} as const;

/**
 * Proves that refusals of mutex commands arrive in the guest as the drive sends them: QEMU's own initiator, for one, makes
 * a success of status 0x22, so that a refused lock would be taken for granted (docs/disks.md). A mutex of its own, named
 * after the node, is locked, unlocked with the wrong class (0x22 in every generation, which a second lock is not), asked
 * for by another host (0x18), and destroyed.
 * Throws InfraError.
 */
export async function proveExact(device: SgDevice, node: string): Promise<void> {
  // Mutex commands are refused as long as something new about the unit was not told (spec idm 4).
  await device.untilReady();
  const send = async (op: number, host: string, lockClass: bigint): Promise<SgResult> =>
    await device.execute({
      cdb: mutexWriteCdb(op),
      direction: 'write',
      dataOut: encodeDataBlock({
        state: 0n,
        timeNow: BigInt(Date.now()),
        countdown: op === MUTEX_OP.trylock ? LEASE_MS : 0n,
        lockClass,
        control: LVB_CONTROL.keep,
        lvb: Buffer.alloc(7),
        resourceId: padded(`ulogcheck proof ${node}`, 64),
        metadata: Buffer.alloc(64),
        hostId: padded(host, 32),
      }),
    });
  const steps = [
    { what: 'TRYLOCK', op: MUTEX_OP.trylock, host: 'one', status: STATUS.good },
    {
      what: 'UNLOCK with another class',
      op: MUTEX_OP.unlock,
      host: 'one',
      lockClass: LOCK_CLASS.sharedProtectedRead,
      status: STATUS.commandTerminated,
    },
    {
      what: 'TRYLOCK by another host',
      op: MUTEX_OP.trylock,
      host: 'two',
      status: STATUS.reservationConflict,
    },
    { what: 'UNLOCK', op: MUTEX_OP.unlock, host: 'one', status: STATUS.good },
    { what: 'DESTROY', op: MUTEX_OP.destroy, host: 'one', status: STATUS.good },
  ] as const;
  for (const step of steps) {
    const { what, op, host, status } = step;
    const { masked, info } = EXPECTED[status];
    const seen = await send(op, host, 'lockClass' in step ? step.lockClass : LOCK_CLASS.exclusive);
    if (seen.status === status && seen.maskedStatus === masked && (seen.info & INFO_CHECK) === info) continue;
    throw new InfraError(
      `${node}: ${what} through ${device.path} should arrive as ${statusName(status)} (masked ${hex(masked)}), and arrived ` +
        `as ${describe(seen)}: locks cannot be judged over this path to the drive`,
    );
  }
}

/** The fields of a result that tell how a command fared. */
export function describe({ status, maskedStatus, hostStatus, driverStatus, info, sense }: SgResult): string {
  const ofHost = `host ${hex(hostStatus)}, driver ${hex(driverStatus)}`;
  const told = sense.length === 0 ? 'no sense' : `sense ${sense.toString('hex')}`;
  return `${statusName(status)} (masked ${hex(maskedStatus)}, ${ofHost}, info ${hex(info)}, ${told})`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

function padded(text: string, bytes: number): Buffer {
  const field = Buffer.alloc(bytes);
  field.write(text, 'latin1');
  return field;
}
