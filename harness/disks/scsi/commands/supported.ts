/** REPORT SUPPORTED OPERATION CODES and TASK MANAGEMENT FUNCTIONS (SPC-4). */
import { parameterData } from '../answer.js';
import { cdbLength } from '../cdb.js';
import { invalidFieldInCdb } from '../refusal.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';

/** What is told of a command, a vendor's too. */
interface Supported {
  readonly opcode: number;
  readonly serviceAction?: number;
  readonly usage: Buffer;
}

/** A vendor's commands: all bits may be set. */
const vendorUsage = (opcode: number): Buffer => {
  const usage = Buffer.alloc(cdbLength(opcode), 0xff);
  usage[0] = opcode;
  return usage;
};

/** 12 bytes, no time-outs given: length of the rest, and zeros. */
const timeouts = (): Buffer => Buffer.from([0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** 4 bytes of length; for each command 8: opcode, service action 2-3, CTDP and SERVACTV in 5, CDB length 6-7. */
function allCommands(supported: readonly Supported[], withTimeouts: boolean): Buffer {
  const descriptors = supported.flatMap(({ opcode, serviceAction, usage }) => {
    const bytes = Buffer.alloc(8);
    bytes[0] = opcode;
    bytes.writeUInt16BE(serviceAction ?? 0, 2);
    bytes[5] = (withTimeouts ? 0x02 : 0) | (serviceAction === undefined ? 0 : 0x01);
    bytes.writeUInt16BE(usage.length, 6);
    return withTimeouts ? [bytes, timeouts()] : [bytes];
  });
  const body = Buffer.concat(descriptors);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length, 0);
  return Buffer.concat([header, body]);
}

/** CTDP and SUPPORT (1 no, 3 yes) in byte 1, CDB length 2-3, then the usage bits of the CDB. */
function oneCommand(found: Supported | undefined, withTimeouts: boolean): Buffer {
  if (found === undefined) return Buffer.from([0, 0x01, 0, 0]);
  const header = Buffer.from([0, (withTimeouts ? 0x80 : 0) | 0x03, 0, found.usage.length]);
  return Buffer.concat([header, found.usage, ...(withTimeouts ? [timeouts()] : [])]);
}

/**
 * RCTD is bit 7 of byte 2, the reporting options its bits 2-0: 0 all, 1 an opcode that has no service actions, 2 one
 * that has, 3 whichever it is; opcode byte 3, service action 4-5.
 */
function reportOpcodes({ unit, task: { cdb } }: Invocation, commands: readonly Command[]): TaskAnswer {
  const supported: Supported[] = [
    ...commands,
    ...(unit.vendor?.opcodes ?? [])
      .filter((opcode) => !commands.some((known) => known.opcode === opcode))
      .map((opcode) => ({ opcode, usage: vendorUsage(opcode) })),
  ];
  const withTimeouts = (cdb.readUInt8(2) & 0x80) !== 0;
  const option = cdb.readUInt8(2) & 0x07;
  const allocation = cdb.readUInt32BE(6);
  if (option === 0) return parameterData(allCommands(supported, withTimeouts), allocation);
  if (option > 3) throw invalidFieldInCdb(2, 2);
  const wanted = cdb.readUInt16BE(4);
  const sameOpcode = supported.filter(({ opcode }) => opcode === cdb.readUInt8(3));
  const hasServices = sameOpcode.some(({ serviceAction }) => serviceAction !== undefined);
  if (option === 1 && hasServices) throw invalidFieldInCdb(2, 2);
  if (option === 2 && sameOpcode.length > 0 && !hasServices) throw invalidFieldInCdb(2, 2);
  const found = sameOpcode.find(
    ({ serviceAction }) => (serviceAction ?? (option === 3 ? 0 : wanted)) === wanted,
  );
  return parameterData(oneCommand(found, withTimeouts), allocation);
}

/** Abort task, abort task set, clear task set, logical unit reset, target reset; byte 3: no more follows. */
const TASK_MANAGEMENT = Buffer.from([0x80 | 0x40 | 0x10 | 0x08 | 0x02, 0, 0, 0]);

function reportTaskManagement({ task: { cdb } }: Invocation): TaskAnswer {
  const allocation = cdb.readUInt32BE(6);
  if (allocation < 4) throw invalidFieldInCdb(6);
  return parameterData(TASK_MANAGEMENT, allocation);
}

/** `commands` gives all commands of the unit, these two among them. */
export const supportedCommands = (commands: () => readonly Command[]): readonly Command[] => [
  command(
    'REPORT SUPPORTED OPERATION CODES',
    'A3 0C 87 FF FFFF FFFFFFFF 00 00',
    'read',
    false,
    (on) => reportOpcodes(on, commands()),
    0x0c,
  ),
  command(
    'REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS',
    'A3 0D 00 000000 FFFFFFFF 00 00',
    'read',
    false,
    reportTaskManagement,
    0x0d,
  ),
];
