import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hex, memoryTarget, TestInitiator } from './test-initiator.js';
import { seededRandom } from './medium/seeded-random.js';

/** Each block is filled with a byte of its own. */
const blocks = (first: number, count: number, size = 512): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(size, (first + index) & 0xff)));

const READ: Record<string, string> = {
  'READ (6)': '08 000010 02 00',
  'READ (10)': '28 00 00000010 00 0002 00',
  'READ (12)': 'a8 00 00000010 00000002 00 00',
  'READ (16)': '88 00 0000000000000010 00000002 00 00',
};
const WRITE: Record<string, string> = {
  'WRITE (6)': '0a 000010 02 00',
  'WRITE (10)': '2a 00 00000010 00 0002 00',
  'WRITE (12)': 'aa 00 00000010 00000002 00 00',
  'WRITE (16)': '8a 00 0000000000000010 00000002 00 00',
  'WRITE AND VERIFY (10)': '2e 02 00000010 00 0002 00',
  'WRITE AND VERIFY (12)': 'ae 00 00000010 00000002 00 00',
  'WRITE AND VERIFY (16)': '8e 00 0000000000000010 00000002 00 00',
};

describe('READ and WRITE', () => {
  for (const [name, cdb] of Object.entries(WRITE)) {
    it(`${name}: what it writes is read by all READs`, async () => {
      for (const blockSize of [512, 4096]) {
        const initiator = TestInitiator.ready(memoryTarget([{ blockSize }]));
        const data = blocks(1, 2, blockSize);
        assert.equal(await initiator.says(cdb, { dataOut: data }), '00');
        for (const read of Object.values(READ)) assert.deepEqual(await initiator.data(read), data);
        assert.deepEqual(
          await initiator.data('28 00 0000000f 00 0004 00'),
          Buffer.concat([Buffer.alloc(blockSize), data, Buffer.alloc(blockSize)]),
        );
      }
    });
  }

  it('the last block is in range, the one behind it is not, and 0 blocks there neither', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ blocks: 100 }]));
    assert.equal(await initiator.says('28 00 00000063 00 0001 00'), '00');
    assert.equal(await initiator.says('28 00 00000063 00 0000 00'), '00');
    for (const cdb of ['28 00 00000063 00 0002 00', '28 00 00000064 00 0000 00', '08 000063 02 00']) {
      assert.equal(await initiator.says(cdb), '02 5/21/00');
    }
    const answer = await initiator.send('88 00 0000000000000063 00000002 00 00');
    assert.ok(answer.kind === 'status');
    assert.deepEqual(answer.sense, hex('f0 00 05 00000064 0a 00000000 21 00 00 000000'));
    assert.equal(await initiator.says('88 00 ffffffffffffffff 00000001 00 00'), '02 5/21/00');
  });

  it('READ (6) of 0 blocks is of 256', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    assert.equal((await initiator.data('08 000000 00 00', { expected: 1 << 20 })).length, 256 * 512);
  });

  it('data that ends within a block leaves the rest of that block as it was', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    await initiator.send('2a 00 00000004 00 0002 00', { dataOut: blocks(9, 2) });
    const part = await initiator.send('2a 00 00000004 00 0002 00', { dataOut: Buffer.alloc(700, 7) });
    assert.ok(part.kind === 'status');
    assert.deepEqual([part.status, part.wanted], [0, 1024]);
    assert.deepEqual(
      await initiator.data('28 00 00000004 00 0002 00'),
      Buffer.concat([Buffer.alloc(700, 7), Buffer.alloc(324, 10)]),
    );
  });

  it('says what the CDB wants where the initiator expects something else', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    const short = await initiator.send('28 00 00000000 00 0002 00', { expected: 600 });
    assert.ok(short.kind === 'status');
    assert.deepEqual([short.dataIn?.length, short.wanted], [600, 1024]);
    const none = await initiator.send('28 00 00000000 00 0002 00', { direction: 'none' });
    assert.ok(none.kind === 'status');
    assert.deepEqual([none.dataIn?.length, none.wanted], [0, 1024]);
    const long = await initiator.send('2a 00 00000000 00 0001 00', { dataOut: blocks(7, 2) });
    assert.ok(long.kind === 'status');
    assert.equal(long.wanted, 512);
    const little = await initiator.send('2a 00 00000004 00 0002 00', { dataOut: blocks(9, 1) });
    assert.ok(little.kind === 'status');
    assert.equal(little.wanted, 1024);
    assert.deepEqual(
      await initiator.data('28 00 00000000 00 0006 00'),
      Buffer.concat([blocks(7, 1), Buffer.alloc(3 * 512), blocks(9, 1), Buffer.alloc(512)]),
    );
  });

  it('protection information, unknown bits, NACA and too long transfers are refused, with the field', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ blocks: 1 << 20 }]));
    const cases: [string, string][] = [
      ['28 20 00000000 00 0001 00', 'cd 0001'],
      ['28 01 00000000 00 0001 00', 'c8 0001'],
      ['28 00 00000000 00 0001 04', 'ca 0009'],
      ['88 00 0000000000000000 00008001 00 00', 'c0 000a'],
    ];
    for (const [cdb, pointer] of cases) {
      const answer = await initiator.send(cdb);
      assert.ok(answer.kind === 'status');
      assert.deepEqual(answer.sense, hex(`70 00 05 00000000 0a 00000000 24 00 00 ${pointer}`), cdb);
    }
  });

  it('a stopped unit is not ready, and starts again', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    assert.equal(await initiator.says('1b 00 00 00 00 00'), '00');
    assert.equal(await initiator.says('00 00 0000 00 00'), '02 2/04/02');
    assert.equal(await initiator.says('28 00 00000000 00 0001 00'), '02 2/04/02');
    assert.equal((await initiator.data('12 00 00 0024 00')).length, 36);
    assert.equal(await initiator.says('1b 00 00 00 01 00'), '00');
    assert.equal(await initiator.says('28 00 00000000 00 0001 00'), '00');
  });
});

describe('ORWRITE, COMPARE AND WRITE, VERIFY', () => {
  it('ORWRITE combines', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    await initiator.data('2a 00 00000000 00 0001 00', { dataOut: Buffer.alloc(512, 0x0f) });
    assert.equal(
      await initiator.says('8b 00 0000000000000000 00000001 00 00', { dataOut: Buffer.alloc(512, 0x81) }),
      '00',
    );
    assert.deepEqual(await initiator.data('28 00 00000000 00 0001 00'), Buffer.alloc(512, 0x8f));
  });

  it('COMPARE AND WRITE writes if all is equal, else says where not, in both formats', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    const cdb = '89 00 0000000000000003 000000 02 00 00';
    assert.equal(
      await initiator.says(cdb, { dataOut: Buffer.concat([Buffer.alloc(1024), blocks(5, 2)]) }),
      '00',
    );
    const wrong = blocks(5, 2);
    wrong[700] = 0;
    const answer = await initiator.send(cdb, { dataOut: Buffer.concat([wrong, blocks(9, 2)]) });
    assert.ok(answer.kind === 'status');
    assert.deepEqual(answer.sense, hex('f0 00 0e 000002bc 0a 00000000 1d 00 00 000000'));
    await initiator.data('15 10 0000 10 00', {
      dataOut: hex('00 00 00 00 0a 0a 04 10 00 00 00 00 ff ff 00 00'),
    });
    const again = await initiator.send(cdb, { dataOut: Buffer.concat([wrong, blocks(9, 2)]) });
    assert.ok(again.kind === 'status');
    assert.deepEqual(again.sense, hex('72 0e 1d 00 000000 0c 00 0a 80 00 00000000000002bc'));
    assert.deepEqual(await initiator.data('28 00 00000003 00 0002 00'), blocks(5, 2));
    assert.equal(await initiator.says(cdb, { dataOut: Buffer.alloc(1024) }), '02 5/24/00');
  });

  it('VERIFY compares with BYTCHK 1 and 3, only looks with 0, and knows no 2', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    await initiator.data('2a 00 00000000 00 0002 00', {
      dataOut: Buffer.concat([blocks(4, 1), blocks(4, 1)]),
    });
    assert.equal(await initiator.says('2f 00 00000000 00 0002 00'), '00');
    assert.equal(await initiator.says('2f 02 00000000 00 0001 00', { dataOut: blocks(4, 1) }), '00');
    assert.equal(await initiator.says('2f 02 00000000 00 0001 00', { dataOut: blocks(5, 1) }), '02 e/1d/00');
    assert.equal(await initiator.says('2f 06 00000000 00 0002 00', { dataOut: blocks(4, 1) }), '00');
    assert.equal(await initiator.says('2f 06 00000000 00 0003 00', { dataOut: blocks(4, 1) }), '02 e/1d/00');
    for (const cdb of [
      '2f 04 00000000 00 0001 00',
      '2e 04 00000000 00 0001 00',
      '2e 06 00000000 00 0001 00',
    ]) {
      assert.equal(await initiator.says(cdb, { dataOut: blocks(4, 1) }), '02 5/24/00');
    }
    assert.equal(await initiator.says('8f 00 0000000000000800 00000001 00 00'), '02 5/21/00');
  });
});

describe('the volatile write cache', () => {
  const one = (value: number): Buffer => Buffer.alloc(512, value);
  const first = '28 00 00000000 00 0001 00';

  it('loses what was neither synchronised nor forced, and nothing else', async () => {
    const target = memoryTarget([{}], { random: seededRandom(1) });
    const initiator = TestInitiator.ready(target);
    const outcome = async (...cdbs: readonly string[]): Promise<number | undefined> => {
      let value = 1;
      await initiator.send('91 00 0000000000000000 00000000 00 00');
      await initiator.send('2a 08 00000000 00 0001 00', { dataOut: one(0xee) });
      for (const cdb of cdbs) {
        const writes = cdb.startsWith('2a') || cdb.startsWith('2e');
        await initiator.send(cdb, writes ? { dataOut: one(value++) } : {});
      }
      assert.equal((await initiator.data(first))[0], value === 1 ? 0xee : value - 1, 'readers see all');
      target.powerCut(0, 'none');
      await initiator.send('00 00 0000 00 00');
      return (await initiator.data(first))[0];
    };
    assert.equal(await outcome('2a 00 00000000 00 0001 00'), 0xee);
    assert.equal(await outcome('2a 00 00000000 00 0001 00', '2a 00 00000000 00 0001 00'), 0xee);
    assert.equal(await outcome('2a 08 00000000 00 0001 00'), 1);
    assert.equal(await outcome('2e 00 00000000 00 0001 00'), 1);
    assert.equal(await outcome('2a 00 00000000 00 0001 00', '35 00 00000000 00 0000 00'), 1);
    assert.equal(
      await outcome('2a 00 00000000 00 0001 00', '35 00 00000000 00 0001 00', '2a 00 00000000 00 0001 00'),
      1,
    );
    assert.equal(await outcome('2a 00 00000000 00 0001 00', '35 00 00000001 00 0001 00'), 0xee);
    assert.equal(await outcome('2a 00 00000000 00 0001 00', '28 08 00000000 00 0001 00'), 1);
  });

  it('is flushed when the unit is stopped; a power cut starts it, with the saved mode pages', async () => {
    const target = memoryTarget();
    const initiator = TestInitiator.ready(target);
    await initiator.send('2a 00 00000000 00 0001 00', { dataOut: one(1) });
    const protect = hex('00 00 00 00 0a 0a 00 10 08 00 0000 ffff 0000');
    assert.equal(await initiator.says('15 10 0000 10 00', { dataOut: protect }), '00');
    assert.equal(await initiator.says('1b 00 00 00 00 00'), '00');
    assert.equal(target.powerCut(0, 'none').blocksLost, 0);
    assert.equal(await initiator.says('00 00 0000 00 00'), '02 6/29/00');
    assert.deepEqual(await initiator.data(first), one(1));
    assert.equal(await initiator.says('2a 00 00000000 00 0001 00', { dataOut: one(2) }), '00');
  });

  it('is flushed when WCE is switched off, and holds nothing while it is', async () => {
    const target = memoryTarget();
    const initiator = TestInitiator.ready(target);
    await initiator.send('2a 00 00000000 00 0001 00', { dataOut: one(1) });
    const caching = '00 00 00 00 08 12 00 0000000000000000000000000000000000';
    assert.equal(await initiator.says('15 11 0000 18 00', { dataOut: hex(caching) }), '00');
    await initiator.send('2a 00 00000001 00 0001 00', { dataOut: one(2) });
    assert.equal(target.powerCut(0, 'none').blocksLost, 0);
    await initiator.send('00 00 0000 00 00');
    assert.deepEqual(await initiator.data('28 00 00000000 00 0002 00'), Buffer.concat([one(1), one(2)]));
  });
});
