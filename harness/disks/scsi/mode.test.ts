import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hex, memoryTarget, TestInitiator } from './test-initiator.js';

const RECOVERY = '81 0a c0 00 00000000 00 00 0000';
const DISCONNECT = '82 0e 0000000000000000 000000000000';
const CACHING = `88 12 04 ${'00'.repeat(17)}`;
const CONTROL = '8a 0a 00 10 00 00 0000 ffff 0000';
const EXCEPTIONS = '9c 0a 08 00 00000000 00000000';
const ALL = [RECOVERY, DISCONNECT, CACHING, CONTROL, EXCEPTIONS].join('');

/** MODE SELECT (6) of one page. */
const select = (page: string): Buffer => hex(`00 00 00 00 ${page}`);

describe('MODE SENSE', () => {
  it('tells all pages behind header and block descriptor, in 6 and 10 bytes', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    const pages = hex(ALL);
    assert.equal(pages.length, 12 + 16 + 20 + 12 + 12);
    assert.deepEqual(
      await initiator.data('1a 00 3f 00 ff 00'),
      Buffer.concat([hex('53 00 10 08 00000800 00 000200'), pages]),
    );
    assert.deepEqual(
      await initiator.data('5a 10 3f ff 000000 1000 00'),
      Buffer.concat([hex('005e 00 10 01 00 0010 0000000000000800 00000000 00000200'), pages]),
    );
    assert.deepEqual(
      await initiator.data('5a 08 08 00 000000 1000 00'),
      Buffer.concat([hex('001a 00 10 00 00 0000'), hex(CACHING)]),
    );
    assert.equal((await initiator.data('1a 00 3f 00 04 00')).length, 4);
  });

  it('tells what can be changed: WCE, D_SENSE and SWP', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{}, { cacheLimit: 0 }]), 'a', [0, 1]);
    assert.deepEqual(
      (await initiator.data('1a 08 48 00 ff 00')).subarray(4),
      hex('88 12 04 0000000000000000 000000000000000000'),
    );
    assert.deepEqual((await initiator.data('1a 08 48 00 ff 00', { lun: 1 })).subarray(6), Buffer.alloc(18));
    assert.deepEqual(
      (await initiator.data('1a 08 4a 00 ff 00')).subarray(4),
      hex('8a 0a 04 00 08 00 0000 0000 0000'),
    );
  });

  it('knows no other page, and no subpage', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    assert.equal(await initiator.says('1a 00 0b 00 ff 00'), '02 5/24/00');
    assert.equal(await initiator.says('1a 00 0a 01 ff 00'), '02 5/24/00');
  });
});

describe('MODE SELECT', () => {
  it('changes current values, tells the other nexuses, and keeps saved values over a reset', async () => {
    const target = memoryTarget();
    const a = TestInitiator.ready(target, 'a');
    const b = TestInitiator.ready(target, 'b');
    const wce = async (control: number): Promise<number> =>
      ((await a.data(`1a 08 ${(control | 0x08).toString(16).padStart(2, '0')} 00 ff 00`))[6] ?? 0) & 0x04;
    const off = select('08 12 00 0000000000000000 000000000000000000');
    assert.equal(await a.says('15 10 0000 18 00', { dataOut: off }), '00');
    assert.equal(await b.says('00 00 0000 00 00'), '02 6/2a/01');
    assert.equal(await a.says('00 00 0000 00 00'), '00');
    assert.deepEqual([await wce(0x00), await wce(0x80), await wce(0xc0)], [0, 4, 4]);
    assert.equal(await a.says('15 10 0000 18 00', { dataOut: off }), '00');
    assert.equal(await b.says('00 00 0000 00 00'), '00', 'nothing changed');
    target.resetUnit(0, a.nexus);
    await a.says('00 00 0000 00 00');
    assert.equal(await wce(0x00), 4);
    assert.equal(await a.says('15 11 0000 18 00', { dataOut: off }), '00');
    target.resetUnit(0, a.nexus);
    await a.says('00 00 0000 00 00');
    assert.deepEqual([await wce(0x00), await wce(0x80), await wce(0xc0)], [0, 4, 0]);
  });

  it('SWP protects from all that writes, and shows in the header', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{}, { readOnly: true }]), 'a', [0, 1]);
    const swp = hex('0000 00 00 00 00 0000 0a 0a 00 10 08 00 0000 ffff 0000');
    assert.equal(await initiator.says('55 10 0000000000 0014 00', { dataOut: swp }), '00');
    assert.equal((await initiator.data('1a 08 08 00 ff 00'))[2], 0x90);
    const block = Buffer.alloc(512);
    const writers: [string, Buffer][] = [
      ['0a 000000 01 00', block],
      ['2e 00 00000000 00 0001 00', block],
      ['41 00 00000000 00 0001 00', block],
      ['42 00 00000000 00 0018 00', hex('0016 0010 00000000 0000000000000000 00000001 00000000')],
      ['89 00 0000000000000000 000000 01 00 00', Buffer.alloc(1024)],
      ['8b 00 0000000000000000 00000001 00 00', block],
    ];
    for (const [cdb, dataOut] of writers) {
      assert.equal(await initiator.says(cdb, { dataOut }), '02 7/27/02');
      assert.equal(await initiator.says(cdb, { dataOut, lun: 1 }), '02 7/27/00');
    }
    assert.equal(await initiator.says('28 00 00000000 00 0001 00'), '00');
  });

  it('D_SENSE asks for descriptors, which REQUEST SENSE gives as it is asked', async () => {
    const target = memoryTarget();
    const initiator = TestInitiator.ready(target);
    await initiator.data('15 10 0000 10 00', { dataOut: select('0a 0a 04 10 00 00 0000 ffff 0000') });
    const answer = await initiator.send('ff');
    assert.ok(answer.kind === 'status');
    assert.deepEqual(answer.sense, hex('72 05 20 00 000000 00'));
    const range = await initiator.send('28 00 00000800 00 0001 00');
    assert.ok(range.kind === 'status');
    assert.deepEqual(range.sense, hex('72 05 21 00 000000 0c 00 0a 80 00 0000000000000800'));
    const field = await initiator.send('12 00 80 00ff 00');
    assert.ok(field.kind === 'status');
    assert.deepEqual(field.sense, hex('72 05 24 00 000000 08 02 06 0000 c0 0002 00'));
    target.unit(0).resize(4096);
    assert.deepEqual(await initiator.data('03 01 0000 ff 00'), hex('72 06 2a 09 000000 00'));
    assert.deepEqual(
      await initiator.data('03 00 0000 ff 00'),
      hex('70 00 00 00000000 0a 00000000 00 00 00 000000'),
    );
  });

  it('changes nothing unless all is right', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    const before = await initiator.data('1a 00 3f 00 ff 00');
    const good = '08 12 00 0000000000000000 000000000000000000';
    const cases: [string, Buffer, string, string?][] = [
      ['15 00 0000 18 00', select(good), '5/24/00', 'cc 0001'],
      ['15 10 0000 03 00', Buffer.alloc(3), '5/1a/00'],
      ['15 10 0000 14 00', select(good).subarray(0, 20), '5/1a/00'],
      ['15 10 0000 18 00', select(good).subarray(0, 20), '5/1a/00'],
      ['15 10 0000 1a 00', select(`${good} 0a 0a`), '5/1a/00'],
      ['15 10 0000 19 00', select(`${good} 0a`), '5/1a/00'],
      ['15 10 0000 18 00', select('0b 12 00 0000000000000000 000000000000000000'), '5/26/00', '8d 0004'],
      ['15 10 0000 18 00', select('08 11 00 0000000000000000 000000000000000000'), '5/26/00', '80 0005'],
      ['15 10 0000 18 00', select('08 12 01 0000000000000000 000000000000000000'), '5/26/00', '80 0006'],
      ['15 10 0000 0c 00', hex('00 00 00 07 0000000000000000'), '5/26/00', '80 0003'],
      ['15 10 0000 0c 00', hex('00 00 00 08 00000000 00 001000'), '5/26/00', '80 0009'],
      ['15 10 0000 0c 00', hex('00 00 00 08 00000001 00 000200'), '5/26/00', '80 0004'],
    ];
    for (const [cdb, dataOut, sense, pointer] of cases) {
      const answer = await initiator.send(cdb, { dataOut });
      assert.equal(
        await initiator.says(cdb, { dataOut }),
        `02 ${sense}`,
        `${cdb} ${dataOut.toString('hex')}`,
      );
      assert.ok(answer.kind === 'status');
      assert.deepEqual(answer.sense?.subarray(15), hex(pointer ?? '000000'), dataOut.toString('hex'));
    }
    assert.deepEqual(await initiator.data('1a 00 3f 00 ff 00'), before);
    assert.equal(await initiator.says('15 10 0000 00 00'), '00');
    assert.equal(
      await initiator.says('15 10 0000 0c 00', { dataOut: hex('00 00 00 08 00000800 00 000200') }),
      '00',
    );
  });
});
