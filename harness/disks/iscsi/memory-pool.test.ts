import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EmulatedTarget, LogicalUnit, MemoryStore } from '../scsi/index.js';
import { Loan, MemoryPool } from './memory-pool.js';
import { IscsiTarget } from './target.js';
import { TestInitiator } from './testing/initiator.js';
import { TARGET, USUAL } from './testing/setting.js';

const KIB = 1024;

describe('memory that is used again', () => {
  it('is given out once at a time', () => {
    const pool = new MemoryPool(1024 * KIB);
    const [one, other] = [new Loan(pool), new Loan(pool)];
    const first = one.take(5000);
    assert.equal(first.length, 5000);
    assert.notEqual(other.take(5000).buffer, first.buffer);
    one.return();
    assert.equal(other.take(8192).buffer, first.buffer);
    one.return();
    assert.equal(pool.idle, 0, 'nothing is given back twice');
    other.return();
    assert.equal(pool.idle, 2 * 8192);
  });

  it('keeps no more than its limit, and nothing that is very long', () => {
    const pool = new MemoryPool(100 * KIB);
    const loan = new Loan(pool);
    for (const bytes of [64 * KIB, 64 * KIB, 32 * KIB, 0, 1]) loan.take(bytes);
    loan.return();
    assert.equal(pool.idle, (64 + 32 + 4) * KIB);
    const large = new Loan(new MemoryPool(1024 * 1024 * KIB));
    assert.equal(large.take(5000 * KIB).length, 5000 * KIB);
    large.return();
  });

  it('has no data of another command in it, whatever goes on at once', async () => {
    const device = new EmulatedTarget();
    device.addUnit(0, new LogicalUnit({ serial: 'pool', store: new MemoryStore(65_536, 512) }));
    await using target = await IscsiTarget.listen({ name: TARGET, device });
    await using initiator = await TestInitiator.login(target.address, USUAL);
    await initiator.command({ cdb: Buffer.alloc(6) }); // hears of the power-on
    const sizes = [1, 8, 9, 128, 512, 1024, 2048];
    const cdb = (opcode: number, lba: number, blocks: number): Buffer => {
      const bytes = Buffer.alloc(10);
      bytes[0] = opcode;
      bytes.writeUInt32BE(lba, 2);
      bytes.writeUInt16BE(blocks, 7);
      return bytes;
    };
    for (let turn = 0; turn < 6; turn++) {
      const places = sizes.map((blocks, n) => ({
        blocks,
        lba: n * 4096,
        data: Buffer.alloc(blocks * 512, `turn ${turn} place ${n} `),
      }));
      const writes = places.map(({ lba, blocks, data }) =>
        initiator.command({ cdb: cdb(0x2a, lba, blocks), write: data }),
      );
      for (const { response } of await Promise.all(writes)) assert.equal(response.status, 0);
      const reads = places.map(({ lba, blocks, data }) =>
        initiator.command({ cdb: cdb(0x28, lba, blocks), read: data.length }),
      );
      for (const [n, { dataIn }] of (await Promise.all(reads)).entries())
        assert.ok(dataIn.equals(places[n]?.data ?? Buffer.alloc(0)), `turn ${turn}, place ${n}`);
    }
    device[Symbol.dispose]();
  });
});
