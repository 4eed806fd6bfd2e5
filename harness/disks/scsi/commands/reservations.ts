/** PERSISTENT RESERVE IN and OUT (SPC-4), RESERVE and RELEASE (SPC-2). */
import { CONFLICT, GOOD, parameterData, tookDataOut } from '../answer.js';
import {
  capabilitiesData,
  fullStatusData,
  keysData,
  reservationData,
} from '../reservations/persistent-data.js';
import type { PersistentReservations, Verdict } from '../reservations/persistent.js';
import { reservationType } from '../reservations/types.js';
import { invalidFieldInCdb, invalidFieldInParameters, parameterListLengthError } from '../refusal.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';

/** Service actions of PERSISTENT RESERVE OUT. */
const OUT = {
  register: 0x00,
  reserve: 0x01,
  release: 0x02,
  clear: 0x03,
  preempt: 0x04,
  preemptAndAbort: 0x05,
  registerAndIgnore: 0x06,
} as const;
type ServiceAction = (typeof OUT)[keyof typeof OUT];

/** Bytes of the parameter list without SPEC_I_PT. */
const PARAMETERS = 24;

/** An SPC-2 reservation and persistent ones shut each other out, whoever made them (SPC-2, reservations). */
function persistentIn(
  { unit, task: { cdb } }: Invocation,
  data: (state: PersistentReservations) => Buffer,
): TaskAnswer {
  if (unit.reservedBy !== undefined) return CONFLICT;
  return parameterData(data(unit.persistent), cdb.readUInt16BE(7));
}

/** Reservation key 0-7, service action key 8-15; in byte 20 SPEC_I_PT (3), ALL_TG_PT (2) and APTPL (0). */
function persistentOut(invocation: Invocation, action: ServiceAction): TaskAnswer {
  const { unit, task } = invocation;
  if (unit.reservedBy !== undefined) return CONFLICT;
  if (task.cdb.readUInt32BE(5) !== PARAMETERS || task.dataOut.length < PARAMETERS)
    throw parameterListLengthError();
  // One port's TransportID more in the list would be needed to register others (SIP_C is 0).
  if ((task.dataOut.readUInt8(20) & 0x08) !== 0) throw invalidFieldInParameters(20, 3);
  return serve(invocation, action) === 'good' ? tookDataOut(task, PARAMETERS) : CONFLICT;
}

function serve({ unit, task, port }: Invocation, action: ServiceAction): Verdict {
  const { persistent } = unit;
  const { cdb, dataOut } = task;
  const key = dataOut.readBigUInt64BE(0);
  const actionKey = dataOut.readBigUInt64BE(8);
  const flags = dataOut.readUInt8(20);
  const options = { allTargetPorts: (flags & 0x04) !== 0, keepOverPowerLoss: (flags & 0x01) !== 0 };
  // The scope, in the high nibble, is the unit's: 0.
  const type = reservationType(cdb.readUInt8(2));
  switch (action) {
    case OUT.register:
      return persistent.register(port, key, actionKey, options);
    case OUT.registerAndIgnore:
      return persistent.register(port, undefined, actionKey, options);
    case OUT.reserve:
      if (type === undefined) throw invalidFieldInCdb(2);
      return persistent.reserve(port, key, type);
    case OUT.release:
      return persistent.release(port, key, type);
    case OUT.clear:
      return persistent.clear(port, key);
    case OUT.preempt:
    case OUT.preemptAndAbort: {
      const { verdict, preempted } = persistent.preempt(port, key, actionKey, type, () =>
        invalidFieldInCdb(2),
      );
      if (action === OUT.preemptAndAbort) unit.abortTasks(preempted);
      return verdict;
    }
  }
}

/** RESERVE: for this nexus, unless another has it, or anybody is registered for persistent reservations. */
function reserve({ unit, port }: Invocation): TaskAnswer {
  if (unit.persistent.registrations.length > 0) return CONFLICT;
  if (unit.reservedBy !== undefined && unit.reservedBy !== port) return CONFLICT;
  unit.reservedBy = port;
  return GOOD;
}

/** RELEASE: good, without effect, for who has not reserved. */
function release({ unit, port }: Invocation): TaskAnswer {
  if (unit.persistent.registrations.length > 0) return CONFLICT;
  if (unit.reservedBy === port) unit.reservedBy = undefined;
  return GOOD;
}

const inCommand = (
  name: string,
  serviceAction: number,
  data: (state: PersistentReservations) => Buffer,
): Command =>
  command(
    `PERSISTENT RESERVE IN, ${name}`,
    `5E 0${serviceAction.toString(16)} 0000000000 FFFF 00`,
    'reserve',
    false,
    (on) => persistentIn(on, data),
    serviceAction,
  );
const outCommand = (name: string, serviceAction: ServiceAction): Command =>
  command(
    `PERSISTENT RESERVE OUT, ${name}`,
    `5F 0${serviceAction.toString(16)} FF 0000 FFFFFFFF 00`,
    'reserve',
    false,
    (on) => persistentOut(on, serviceAction),
    serviceAction,
  );

export const RESERVATION_COMMANDS: readonly Command[] = [
  command('RESERVE (6)', '16 00 0000 00 00', 'write', false, reserve),
  command('RELEASE (6)', '17 00 0000 00 00', 'reserve', false, release),
  command('RESERVE (10)', '56 00 0000000000 0000 00', 'write', false, reserve),
  command('RELEASE (10)', '57 00 0000000000 0000 00', 'reserve', false, release),
  inCommand('READ KEYS', 0x00, keysData),
  inCommand('READ RESERVATION', 0x01, reservationData),
  inCommand('REPORT CAPABILITIES', 0x02, capabilitiesData),
  inCommand('READ FULL STATUS', 0x03, fullStatusData),
  outCommand('REGISTER', OUT.register),
  outCommand('RESERVE', OUT.reserve),
  outCommand('RELEASE', OUT.release),
  outCommand('CLEAR', OUT.clear),
  outCommand('PREEMPT', OUT.preempt),
  outCommand('PREEMPT AND ABORT', OUT.preemptAndAbort),
  outCommand('REGISTER AND IGNORE EXISTING KEY', OUT.registerAndIgnore),
];
