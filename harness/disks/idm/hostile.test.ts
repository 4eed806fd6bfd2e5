/** Any bytes at all: the model answers, keeps its size in bounds, and neither it nor its judge throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ANY_GENERATION, replayDrives } from '../../oracle/locks/index.js';
import { mutexReadCdb } from './cdb.js';
import { MutexCommands } from './commands.js';
import { BLOCK_BYTES } from './data-block.js';
import { FIRMWARE_2020, FIRMWARE_2023 } from './firmware.js';
import { TestDrive, wishBlock } from './testing/drive.js';
import { profileOf, traceEvents } from './testing/trace-events.js';

const someBytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));

/** A CDB of ours with some bytes changed, and a block of ours with some bytes changed. */
const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
const edited = (bytes: Buffer, changes: readonly (readonly [number, number])[]): Buffer => {
  const copy = Buffer.from(bytes);
  for (const [at, value] of changes) copy[at % copy.length] = value;
  return copy;
};
const cdbs = fc.oneof(
  someBytes(16),
  fc.tuple(fc.nat(15), edits).map(([op, changes]) => {
    const cdb = Buffer.from('f0000000000000000000000002000100', 'hex');
    cdb[1] = op << 4;
    return edited(cdb, changes);
  }),
);
const blocks = fc.oneof(
  someBytes(512),
  fc
    .tuple(fc.constantFrom('A', 'B'), edits)
    .map(([host, changes]) => edited(wishBlock('unlock', { host, lease: 9n }), changes)),
);
const commands = fc.array(
  fc.record({
    cdb: cdbs,
    block: blocks,
    room: fc.constantFrom(0, 1, 511, 512, 4096),
    reads: fc.boolean(),
    wait: fc.nat(20),
  }),
  { maxLength: 40 },
);

void describe('hostile input', () => {
  for (const [name, firmware] of Object.entries({ 'of 2023': FIRMWARE_2023, 'of 2020': FIRMWARE_2020 }))
    void it(`any commands are answered, and the judge finds nothing wrong, firmware ${name}`, () => {
      fc.assert(
        fc.property(commands, (all) => {
          const drive = new TestDrive(new MutexCommands(firmware));
          for (const { cdb, block, room, reads, wait } of all) {
            const { dataIn } = reads ? drive.read(cdb, room) : drive.write(cdb, block);
            assert.ok(dataIn.length <= room);
            drive.wait(wait);
          }
          assert.ok(drive.count() <= firmware.limits.entries);
          const trace = traceEvents(drive.trace);
          assert.deepEqual(replayDrives(trace, profileOf(firmware)).deviations, []);
          replayDrives(trace, ANY_GENERATION);
        }),
        { numRuns: 1_000 },
      );
    });

  void it('a list that does not tell groups apart says nothing of a name that two of them have', () => {
    const firmware = { ...FIRMWARE_2023, readIgnoresGroup: true };
    const drive = new TestDrive(new MutexCommands(firmware));
    for (const group of [1, 2]) drive.op('init', { group });
    drive.read(mutexReadCdb(3), 3 * BLOCK_BYTES);
    assert.deepEqual(replayDrives(traceEvents(drive.trace), profileOf(firmware)).deviations, []);
  });
});
