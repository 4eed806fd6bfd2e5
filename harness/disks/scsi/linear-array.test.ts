import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { memoryTarget, TestInitiator, told } from './test-initiator.js';

/** Around a border of the store's chunks, so that runs cross it. */
const BLOCKS = 140;

/** Length of the CDB. */
type Form = 6 | 10 | 12 | 16;
const OPCODES = {
  read: { 6: 0x08, 10: 0x28, 12: 0xa8, 16: 0x88 },
  write: { 6: 0x0a, 10: 0x2a, 12: 0xaa, 16: 0x8a },
  verify: { 6: 0x2f, 10: 0x2f, 12: 0xaf, 16: 0x8f },
  same: { 6: 0x41, 10: 0x41, 12: 0x41, 16: 0x93 },
} as const;

function cdbOf(opcode: number, flags: number, lba: number, count: number): string {
  const cdb = Buffer.alloc(16);
  cdb[0] = opcode;
  switch (opcode >> 5) {
    case 0:
      cdb.writeUIntBE(lba, 1, 3);
      cdb[4] = count;
      break;
    case 4:
      cdb[1] = flags;
      cdb.writeUInt32BE(lba, 6);
      cdb.writeUInt32BE(count, 10);
      break;
    case 5:
      cdb[1] = flags;
      cdb.writeUInt32BE(lba, 2);
      cdb.writeUInt32BE(count, 6);
      break;
    default:
      cdb[1] = flags;
      cdb.writeUInt32BE(lba, 2);
      cdb.writeUInt16BE(count, 7);
  }
  return cdb.toString('hex');
}

const GOOD = '00';
const OUT_OF_RANGE = '02 5/21/00';
const MISCOMPARE = '02 e/1d/00';

/** A step says what is expected, and changes the model: one number for each block. */
class Run {
  readonly model = Array<number>(BLOCKS).fill(0);

  constructor(
    private readonly initiator: TestInitiator,
    private readonly blockSize: number,
  ) {}

  bytes(values: readonly number[]): Buffer {
    return Buffer.concat(values.map((value) => Buffer.alloc(this.blockSize, value)));
  }

  inRange(lba: number, count: number): boolean {
    return lba < BLOCKS && lba + count <= BLOCKS;
  }

  put(lba: number, values: readonly number[]): void {
    values.forEach((value, index) => (this.model[lba + index] = value));
  }

  async read(form: Form, lba: number, count: number): Promise<void> {
    const answer = await this.initiator.send(cdbOf(OPCODES.read[form], 0, lba, count), { expected: 1 << 20 });
    const fits = this.inRange(lba, count);
    assert.equal(told(answer), fits ? GOOD : OUT_OF_RANGE);
    if (fits && answer.kind === 'status') {
      assert.deepEqual(answer.dataIn, this.bytes(this.model.slice(lba, lba + count)));
    }
  }

  async write(form: Form, fua: boolean, lba: number, values: readonly number[]): Promise<void> {
    const cdb = cdbOf(OPCODES.write[form], fua ? 0x08 : 0, lba, values.length);
    const fits = this.inRange(lba, values.length);
    assert.equal(await this.initiator.says(cdb, { dataOut: this.bytes(values) }), fits ? GOOD : OUT_OF_RANGE);
    if (fits) this.put(lba, values);
  }

  async verify(form: Form, lba: number, values: readonly number[], truthful: boolean): Promise<void> {
    const fits = this.inRange(lba, values.length);
    const there = this.model.slice(lba, lba + values.length);
    const compared = truthful && fits ? there : values;
    const same = compared.every((value, index) => value === there[index]);
    const cdb = cdbOf(OPCODES.verify[form], 0x02, lba, values.length);
    const expected = fits ? (same ? GOOD : MISCOMPARE) : OUT_OF_RANGE;
    assert.equal(await this.initiator.says(cdb, { dataOut: this.bytes(compared) }), expected);
  }

  async same(form: Form, unmaps: boolean, lba: number, count: number, value: number): Promise<void> {
    const cdb = cdbOf(OPCODES.same[form], unmaps ? 0x08 : 0, lba, count);
    const fits = this.inRange(lba, count);
    assert.equal(
      await this.initiator.says(cdb, { dataOut: this.bytes([value]) }),
      fits ? GOOD : OUT_OF_RANGE,
    );
    if (fits) this.put(lba, Array<number>(count === 0 ? BLOCKS - lba : count).fill(value));
  }

  async or(lba: number, values: readonly number[]): Promise<void> {
    const cdb = cdbOf(0x8b, 0, lba, values.length);
    const fits = this.inRange(lba, values.length);
    assert.equal(await this.initiator.says(cdb, { dataOut: this.bytes(values) }), fits ? GOOD : OUT_OF_RANGE);
    if (fits)
      this.put(
        lba,
        values.map((value, index) => value | (this.model[lba + index] ?? 0)),
      );
  }

  async swap(lba: number, values: readonly number[], truthful: boolean): Promise<void> {
    const fits = this.inRange(lba, values.length);
    const there = this.model.slice(lba, lba + values.length);
    const compared = truthful && fits ? there : values;
    const same = compared.every((value, index) => value === there[index]);
    const cdb = `89 00 ${lba.toString(16).padStart(16, '0')} 000000 ${values.length.toString(16).padStart(2, '0')} 00 00`;
    const dataOut = Buffer.concat([this.bytes(compared), this.bytes(values)]);
    const expected = fits ? (same ? GOOD : MISCOMPARE) : OUT_OF_RANGE;
    assert.equal(await this.initiator.says(cdb, { dataOut }), expected);
    if (expected === GOOD) this.put(lba, values);
  }
}

const form = fc.constantFrom<Form[]>(6, 10, 12, 16);
const lba = fc.oneof(fc.nat(8), fc.integer({ min: 120, max: BLOCKS + 1 }));
const value = fc.constantFrom(0, 0, 1, 2, 0xff);
const values = fc.array(value, { minLength: 1, maxLength: 6 });
const step = fc.oneof(
  fc.tuple(form, lba, fc.integer({ min: 1, max: 6 })).map((taken) => (run: Run) => run.read(...taken)),
  fc.tuple(form, fc.boolean(), lba, values).map((taken) => (run: Run) => run.write(...taken)),
  fc.tuple(form, lba, values, fc.boolean()).map((taken) => (run: Run) => run.verify(...taken)),
  fc.tuple(form, fc.boolean(), lba, fc.nat(6), value).map((taken) => (run: Run) => run.same(...taken)),
  fc.tuple(lba, values).map((taken) => (run: Run) => run.or(...taken)),
  fc.tuple(lba, values, fc.boolean()).map((taken) => (run: Run) => run.swap(...taken)),
);

describe('commands on blocks', () => {
  it('do what they would do to a linear array', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(512, 4096),
        fc.constantFrom(0, 10_000, 1 << 20),
        fc.array(step, { maxLength: 40, size: 'max' }),
        async (blockSize, cacheLimit, steps) => {
          const target = memoryTarget([{ blocks: BLOCKS, blockSize, cacheLimit }]);
          const initiator = TestInitiator.ready(target);
          const run = new Run(initiator, blockSize);
          for (const taken of steps) await taken(run);
          await run.read(16, 0, BLOCKS);
          target.powerCut(0, 'all');
          assert.equal(await initiator.says('00 00 0000 00 00'), '02 6/29/00');
          await run.read(16, 0, BLOCKS);
        },
      ),
    );
  });
});
