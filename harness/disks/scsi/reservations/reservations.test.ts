import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hex, memoryTarget, TestInitiator } from '../test-initiator.js';
import { out, parameters, READ, setUp, TABLE, writes } from './test-reservations.js';

describe('PERSISTENT RESERVE', () => {
  it('tells keys, reservation, capabilities and full status, byte by byte', async () => {
    const { a, b } = setUp();
    assert.equal(await out(a, 'register', 0, 0x1122), '00');
    assert.equal(await out(b, 'register', 0, 0x3344, 0, 0x04), '00');
    assert.deepEqual(
      await a.data('5e 00 0000000000 1000 00'),
      hex('00000002 00000010 0000000000001122 0000000000003344'),
    );
    assert.deepEqual(await a.data('5e 01 0000000000 1000 00'), hex('00000002 00000000'));
    assert.equal(await out(b, 'reserve', 0x3344, 0, 5), '00');
    assert.deepEqual(
      await a.data('5e 01 0000000000 1000 00'),
      hex('00000002 00000010 0000000000003344 00000000 00 05 0000'),
    );
    assert.deepEqual(await a.data('5e 02 0000000000 1000 00'), hex('0008 05 b0 ea01 0000'));
    const id = (name: string): Buffer => {
      const text = Buffer.alloc(36);
      text.write(`iqn.2026-11.test:${name},i,0x00023d000001`);
      return Buffer.concat([hex('45 00 0024'), text]);
    };
    assert.deepEqual(
      await a.data('5e 03 0000000000 1000 00'),
      Buffer.concat([
        hex('00000002 00000080'),
        hex('0000000000001122 00000000 00 00 00000000 0001 00000028'),
        id('a'),
        hex('0000000000003344 00000000 03 05 00000000 0001 00000028'),
        id('b'),
      ]),
    );
    assert.equal((await a.data('5e 03 0000000000 0009 00')).length, 9);
  });

  it('refuses other parameter lists, SPEC_I_PT, scopes, types and services', async () => {
    const { a } = setUp();
    await out(a, 'register', 0, 1);
    const dataOut = parameters(1, 0);
    assert.equal(await a.says('5f 01 01 0000 00000017 00', { dataOut }), '02 5/1a/00');
    assert.equal(
      await a.says('5f 01 01 0000 00000018 00', { dataOut: dataOut.subarray(0, 20) }),
      '02 5/1a/00',
    );
    assert.equal(
      await a.says('5f 00 00 0000 00000018 00', { dataOut: parameters(1, 2, 0x08) }),
      '02 5/26/00',
    );
    for (const type of [0, 2, 4, 9]) assert.equal(await out(a, 'reserve', 1, 0, type), '02 5/24/00');
    assert.equal(await a.says('5f 01 11 0000 00000018 00', { dataOut }), '02 5/24/00');
    assert.equal(await a.says('5f 07 01 0000 00000018 00', { dataOut }), '02 5/24/00');
    assert.equal(await a.says('5e 04 0000000000 1000 00'), '02 5/24/00');
  });

  it('release with another type is 5/26/04, by who holds nothing it is good', async () => {
    const { a, b } = setUp();
    await out(a, 'register', 0, 1);
    await out(b, 'register', 0, 2);
    await out(a, 'reserve', 1, 0, 1);
    assert.equal(await out(a, 'release', 1, 0, 3), '02 5/26/04');
    assert.equal(await out(b, 'release', 2, 0, 3), '00');
    assert.equal(await out(a, 'release', 1, 0, 1), '00');
    assert.equal(await b.says('00 00 0000 00 00'), '00', 'nobody is told of the end of Write Exclusive');
    await out(a, 'reserve', 1, 0, 5);
    await out(a, 'release', 1, 0, 5);
    assert.equal(await b.says('00 00 0000 00 00'), '02 6/2a/04');
  });

  it('clear and preempt tell those whom they concern', async () => {
    const { a, b, c } = setUp();
    for (const [initiator, key] of [
      [a, 1],
      [b, 2],
      [c, 3],
    ] as const)
      await out(initiator, 'register', 0, key);
    await out(a, 'reserve', 1, 0, 5);
    assert.equal(await out(b, 'preempt', 2, 1, 6), '00');
    assert.equal(await a.says('00 00 0000 00 00'), '02 6/2a/05');
    assert.equal(await c.says('00 00 0000 00 00'), '02 6/2a/04');
    assert.equal(await b.says('00 00 0000 00 00'), '00');
    assert.equal(await out(a, 'clear', 1), '18');
    assert.equal(await out(c, 'clear', 3), '00');
    assert.equal(await b.says('00 00 0000 00 00'), '02 6/2a/03');
    assert.deepEqual(await a.data('5e 00 0000000000 1000 00'), hex('00000005 00000000'));
  });

  it('who keeps a reservation that goes over as it is need not be told', async () => {
    const { a, b, c } = setUp();
    await out(a, 'register', 0, 1);
    await out(b, 'register', 0, 2);
    await out(c, 'register', 0, 3);
    await out(a, 'reserve', 1, 0, 5);
    assert.equal(await out(b, 'preempt', 2, 1, 5), '00');
    assert.equal(await c.says('00 00 0000 00 00'), '00');
  });

  it('all registrants hold theirs until the last one is gone', async () => {
    const { a, b, c } = setUp();
    await out(a, 'register', 0, 1);
    await out(b, 'register', 0, 2);
    await out(a, 'reserve', 1, 0, 7);
    assert.equal(await out(a, 'register', 1, 0), '00');
    assert.deepEqual([await writes(a), await writes(b), await writes(c)], ['18', '00', '18']);
    assert.equal(await out(b, 'register', 2, 0), '00');
    assert.deepEqual([await writes(a), await writes(c)], ['00', '00']);
  });

  it('registrations are limited', async () => {
    const target = memoryTarget();
    const said = [];
    for (let count = 0; count < 257; count++) {
      const initiator = TestInitiator.ready(target, `n${count}`);
      said.push(await out(initiator, 'ignore', 0, 1));
      if (count === 256) assert.equal(await out(initiator, 'register', 0, 0), '00', 'nothing to do');
    }
    assert.deepEqual(said, [...Array<string>(256).fill('00'), '02 5/55/04']);
  });

  it('preempt and abort aborts what those preempted have running', async () => {
    const { a, b } = setUp();
    await out(a, 'register', 0, 1);
    await out(b, 'register', 0, 2);
    a.target.arm(0, { name: 'hang', match: { opcodes: [0x28] }, does: { kind: 'hang' } });
    const [hanging, other] = [a.send(READ), b.send(READ)];
    assert.equal(await out(b, 'preempt-abort', 2, 1, 1), '00');
    assert.deepEqual(await hanging, { kind: 'aborted' });
    assert.equal(a.target.withheldCount, 1);
    a.target.release();
    assert.equal((await other).kind, 'status');
  });

  it('survives logouts and resets, and a power cut if APTPL was set', async () => {
    const { a, b } = setUp();
    await out(a, 'register', 0, 1, 0, 0x01);
    assert.deepEqual(await a.data('5e 02 0000000000 1000 00'), hex('0008 05 b1 ea01 0000'));
    await out(a, 'reserve', 1, 0, 3);
    a.target.nexusEnded(a.nexus);
    b.target.resetUnit(0, b.nexus);
    assert.equal(await writes(b), '18');
    assert.equal(await b.says('00 00 0000 00 00'), '02 6/29/03', 'the conflict left it pending');
    a.target.powerCut(0, 'all');
    assert.equal(await writes(b), '18');
    const again = new TestInitiator(a.target, 'a');
    again.begin();
    assert.equal(await again.says('00 00 0000 00 00'), '02 6/29/00');
    assert.equal(await writes(again), '00');
    assert.equal(await out(again, 'register', 1, 1), '00');
    a.target.powerCut(0, 'all');
    await b.says('00 00 0000 00 00');
    assert.equal(await writes(b), '00');
  });

  it('and RESERVE shut each other out', async () => {
    const { a, b } = setUp();
    assert.equal(await a.says('16 00 0000 00 00'), '00');
    for (const cdb of [READ, '00 00 0000 00 00', '16 00 0000 00 00', '1a 00 3f 00 ff 00']) {
      assert.equal(await b.says(cdb), '18');
    }
    for (const cdb of [
      '12 00 00 0024 00',
      '03 00 0000 ff 00',
      '25 00 00000000 0000 00 00',
      '17 00 0000 00 00',
    ]) {
      assert.equal(await b.says(cdb), '00');
    }
    assert.equal(await out(a, 'register', 0, 1), '18');
    assert.equal(await a.says('5e 00 0000000000 1000 00'), '18');
    a.target.nexusEnded(a.nexus);
    assert.equal(await b.says('56 00 0000000000 0000 00'), '00');
    assert.equal(await b.says('57 00 0000000000 0000 00'), '00');
    assert.equal(await out(b, 'register', 0, 1), '00');
    assert.equal(await b.says('16 00 0000 00 00'), '18');
  });
});

describe('the six types', () => {
  for (const [type, ...allowed] of TABLE) {
    it(`type ${type} lets others do what the table says, and TEST UNIT READY and INQUIRY always`, async () => {
      const { a, b, c } = setUp();
      await out(a, 'register', 0, 1);
      await out(b, 'register', 0, 2);
      assert.equal(await out(a, 'reserve', 1, 0, type), '00');
      for (const [index, initiator] of [a, b, c].entries()) {
        const may = [await initiator.says(READ), await writes(initiator)].map((status) => status === '00');
        assert.equal(`${may[0] === true ? 'r' : '-'}${may[1] === true ? 'w' : '-'}`, allowed[index]);
        const reads = allowed[index]?.startsWith('r') === true ? '00' : '18';
        assert.equal(await initiator.says('1a 00 3f 00 ff 00'), reads, 'MODE SENSE');
        const written = allowed[index] === 'rw' ? '00' : '18';
        assert.equal(await initiator.says('35 00 00000000 00 0000 00'), written, 'SYNCHRONIZE CACHE');
        assert.equal(await initiator.says('1b 00 00 00 01 00'), '00', 'START');
        for (const cdb of [
          '00 00 0000 00 00',
          '12 00 00 0024 00',
          '5e 00 0000000000 0008 00',
          '4d 00 00 00 00 0000 0100 00',
        ]) {
          assert.equal(await initiator.says(cdb), '00');
        }
      }
      const nobody = type >= 7;
      assert.equal((await c.data('5e 01 0000000000 1000 00')).readBigUInt64BE(8), nobody ? 0n : 1n);
      assert.equal(await out(b, 'reserve', 2, 0, type), nobody ? '00' : '18');
    });
  }
});
