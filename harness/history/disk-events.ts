/** Events of emulated disks, and of what hosts asked of drives for locks; {@link file://./events.ts} has the others. */
import { z } from 'zod';
import { decimalU64, hexBytes, nanoseconds } from './codecs.js';

const text = z.string();
const order = z
  .int()
  .nonnegative()
  .describe("Number in the target's one sequence of all that happens to its disks");
const driveTime = nanoseconds.describe("Drive's own clock, ns; leases are measured by it");

const base = {
  n: z.uint32().describe('Number of the event: 0, 1, 2... in the order of the lines'),
  t: nanoseconds.describe(
    'Guest CLOCK_MONOTONIC, ns; of disks and locks: the moment on the host, all mapped to it alike',
  ),
  node: text.describe('Node where it happened; of disks: the one of the initiator, if known, else empty'),
};

const origin = {
  initiator: text.describe('iSCSI name of the initiator'),
  isid: text.describe("Initiator's session id, hex"),
  login: z.int().nonnegative().describe('Counts logins: a session that came back is another one'),
};

const data = z
  .strictObject({
    length: z.int().nonnegative(),
    bytes: z.exactOptional(hexBytes).describe('Whole, of vendor commands and where it is short'),
    crc32: z.exactOptional(z.uint32()).describe('Of blocks'),
  })
  .describe('Data of a command');

export const diskCommandSchema = z
  .strictObject({
    kind: z.literal('disk-command'),
    ...base,
    ...origin,
    drive: text.nullable().describe('Serial number of the unit; null for a LUN without one'),
    lun: z.int().nonnegative().nullable().describe('Null for an address that is none'),
    name: text.nullable().describe('Name of the command; null if the unit does not know it'),
    cdb: hexBytes,
    direction: z
      .enum(['none', 'read', 'write', 'both'])
      .describe('Which way data goes, as the initiator said beside the command'),
    expectedLength: z
      .int()
      .nonnegative()
      .describe('Bytes that the initiator expects to go: of data-out for write and both, else of data-in'),
    dataOut: data,
    dataIn: data.describe("Data of a command, as the unit gave it: not yet cut by the initiator's room"),
    arrived: order,
    executed: order.nullable().describe('When it took effect, all at once; null: it did not'),
    answered: order,
    arrivedAt: driveTime,
    at: driveTime.nullable().describe("Drive's clock when it took effect"),
    answeredAt: driveTime,
    outcome: z.enum(['status', 'drop-connection', 'aborted']),
    status: z.uint32().max(0xff).nullable().describe('SCSI status; null unless the outcome is status'),
    sense: hexBytes,
    fault: text.nullable().describe('Name of the fault that befell it'),
  })
  .meta({ title: 'disk-command', description: 'A SCSI command, as the disk that executed it tells' });

export const diskNexusSchema = z
  .strictObject({
    kind: z.literal('disk-nexus'),
    ...base,
    ...origin,
    what: z.enum(['began', 'refused', 'ended']),
    order,
    at: driveTime,
  })
  .meta({ title: 'disk-nexus', description: 'A login at a target, or its end' });

export const diskResetSchema = z
  .strictObject({
    kind: z.literal('disk-reset'),
    ...base,
    ...origin,
    lun: z.int().nonnegative().nullable().describe('Null: the whole target'),
    order,
    at: driveTime,
  })
  .meta({ title: 'disk-reset', description: 'A reset of a unit or of the target by task management' });

export const diskPowerCutSchema = z
  .strictObject({
    kind: z.literal('disk-power-cut'),
    ...base,
    drive: text,
    lun: z.int().nonnegative(),
    order,
    at: driveTime,
  })
  .meta({ title: 'disk-power-cut', description: 'The power of a unit failed and came back' });

export const diskClockSchema = z
  .strictObject({
    kind: z.literal('disk-clock'),
    ...base,
    drive: text,
    at: driveTime.describe("What the drive's clock stands at from this moment until it is set on, ns"),
  })
  .meta({
    title: 'disk-clock',
    description:
      'A test set the clock of a drive; a drive that has none of these has one that goes by itself',
  });

const refusal = z.enum(['GOOD', 'RC', 'CT', 'BUSY']);

export const diskProfileSchema = z
  .strictObject({
    kind: z.literal('disk-profile'),
    ...base,
    drive: text.describe('Serial number of the unit'),
    lun: z.int().nonnegative(),
    mutexes: z
      .strictObject({
        limits: z
          .strictObject({
            entries: z.int().nonnegative(),
            hosts: z.int().nonnegative(),
            hostsOfMutex: z.int().nonnegative(),
          })
          .describe('How many there may be (spec idm 6.4)'),
        majorVersion: z.uint32().max(0xff).describe('Byte 60h of VPD page C3h'),
        keepLastShared: z.boolean().describe('The last shared UNLOCK leaves a record'),
        destroyExpired: refusal.describe('DESTROY of expired holders only'),
        unlockOfUnlocked: refusal.describe('UNLOCK of an unlocked record'),
        relockLive: refusal.describe('TRYLOCK by the holder itself, its lease live'),
        relockExpired: refusal.describe('TRYLOCK by the holder itself, its lease expired'),
        lockContention: refusal.describe('LOCK against other holders'),
        lvbCopiedAtLock: z
          .boolean()
          .describe('A lock of an absent or unlocked mutex takes the LVB it brings'),
        refusedBreakEvicts: z.boolean().describe('A refused BREAK removes expired holders'),
        multipleLocked: z.boolean().describe('Several live sharers read 0103h'),
        readIgnoresGroup: z.boolean().describe('A list read gives all groups'),
        anyPadding: z.boolean().describe('Anything may stand behind the last entry'),
        legacyAliases: z.boolean().describe('The commands of before 2022 are mutex commands too'),
        newerSense: z.boolean().describe('Full tables are told by 0B/55/03'),
      })
      .nullable()
      .describe('Null: it has no mutexes'),
  })
  .meta({
    title: 'disk-profile',
    description:
      'What a drive is said to do with mutexes where the specification leaves it free (spec idm 6)',
  });

const callNumber = z.int().nonnegative().describe('Number of the call, unique in the history');

export const lockCallSchema = z
  .strictObject({
    kind: z.literal('lock-call'),
    ...base,
    call: callNumber,
    drive: text.describe('Serial number of the drive, or whatever else names it in all nodes alike'),
    host: hexBytes.describe('Host id, 32 bytes as on the wire'),
    op: z.enum([
      'init',
      'trylock',
      'lock',
      'unlock',
      'refresh',
      'break',
      'destroy',
      'read',
      'count',
      'wipe',
      'undefined',
    ]),
    resource: hexBytes.describe('Resource id, 64 bytes as on the wire; of read, count and wipe: empty'),
    lockClass: z.uint32().describe('0 exclusive, 1 protected write, 2 shared'),
    countdown: decimalU64.describe('Lease in ms; all ones: without an end'),
    timeNow: decimalU64.describe("Host's time in ms, as sent"),
    control: z.uint32().max(0xff).describe('Control code of the LVB'),
    lvb: hexBytes.describe('Wire bytes 21h-27h'),
    metadata: hexBytes.describe('64 bytes'),
    guest: nanoseconds.describe('When the call was made, by the clock of the node that made it'),
  })
  .meta({ title: 'lock-call', description: 'A host asked a drive for something about locks' });

export const lockAnswerSchema = z
  .strictObject({
    kind: z.literal('lock-answer'),
    ...base,
    call: callNumber,
    status: z.uint32().max(0xff).nullable().describe('SCSI status; null: lost, nobody knows what happened'),
    sense: hexBytes,
    dataIn: hexBytes,
    guest: nanoseconds.describe('When the answer came, by the clock of the node that made the call'),
  })
  .meta({ title: 'lock-answer', description: 'What the host got' });
