/** READ CAPACITY and GET LBA STATUS (SBC-3). */
import { parameterData } from '../answer.js';
import { u64 } from '../cdb.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';
import { requireInRange } from './extents.js';

/** 8 bytes: last LBA, all ones if it needs more than 32 bits; bytes of a block. */
function readCapacity10({ unit: { medium } }: Invocation): TaskAnswer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.min(medium.blocks - 1, 0xffff_ffff), 0);
  bytes.writeUInt32BE(medium.blockSize, 4);
  return parameterData(bytes, bytes.length);
}

/**
 * 32 bytes: last LBA, bytes of a block, in byte 13 the exponent of logical blocks in a physical one, in byte 14 LBPME and
 * LBPRZ of a thin unit.
 */
function readCapacity16({ unit: { medium, physicalExponent }, task }: Invocation): TaskAnswer {
  const bytes = Buffer.alloc(32);
  bytes.writeBigUInt64BE(BigInt(medium.blocks - 1), 0);
  bytes.writeUInt32BE(medium.blockSize, 8);
  bytes[13] = physicalExponent;
  bytes[14] = medium.thin ? 0xc0 : 0;
  return parameterData(bytes, task.cdb.readUInt32BE(10));
}

/** One answer tells no more runs than this. */
const MOST_RUNS = 64;

/** 8 bytes, of which the first 4 tell the length of all behind them; for each run 16: LBA, number of blocks, state in byte 12. */
function getLbaStatus({ unit, task }: Invocation): TaskAnswer {
  const { medium } = unit;
  const start = u64(task.cdb, 2);
  requireInRange(unit, { lba: start, count: 0 });
  const allocation = task.cdb.readUInt32BE(10);
  const room = Math.max(1, Math.min(MOST_RUNS, Math.ceil((allocation - 8) / 16)));
  const descriptors: Buffer[] = [];
  for (let lba = start; lba < medium.blocks && descriptors.length < room;) {
    const { count, state } = medium.run(lba);
    const descriptor = Buffer.alloc(16);
    descriptor.writeBigUInt64BE(BigInt(lba), 0);
    descriptor.writeUInt32BE(count, 8);
    descriptor[12] = state;
    descriptors.push(descriptor);
    lba += count;
  }
  const header = Buffer.alloc(8);
  header.writeUInt32BE(4 + 16 * descriptors.length, 0);
  return parameterData(Buffer.concat([header, ...descriptors]), allocation);
}

export const CAPACITY_COMMANDS: readonly Command[] = [
  command('READ CAPACITY (10)', '25 00 00000000 0000 00 00', 'always', true, readCapacity10),
  command(
    'READ CAPACITY (16)',
    '9E 10 0000000000000000 FFFFFFFF 00 00',
    'always',
    true,
    readCapacity16,
    0x10,
  ),
  command('GET LBA STATUS', '9E 12 FFFFFFFFFFFFFFFF FFFFFFFF 00 00', 'read', true, getLbaStatus, 0x12),
];
