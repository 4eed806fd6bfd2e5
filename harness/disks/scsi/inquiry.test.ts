import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { naaOf } from './identity.js';
import { hex, memoryTarget, TestInitiator } from './test-initiator.js';
import type { VendorCommands } from './vendor.js';

const inquiry = (page?: string): string =>
  page === undefined ? '12 00 00 1000 00' : `12 01 ${page} 1000 00`;

describe('INQUIRY', () => {
  it('standard data says a disk of SPC-4 with its names', async () => {
    const bytes = await TestInitiator.ready(memoryTarget([{ product: 'TEST', revision: 'R1' }])).data(
      inquiry(),
    );
    assert.equal(bytes.length, 96);
    assert.deepEqual(bytes.subarray(0, 8), hex('00 00 06 12 5b 00 00 02'));
    assert.equal(bytes.toString('latin1', 8, 36), 'ULOGCHK TEST            R1  ');
    assert.deepEqual(bytes.subarray(58, 66), hex('00a0 0460 04c0 0960'));
  });

  it('is cut by the allocation length, and answered with a unit attention pending', async () => {
    const initiator = new TestInitiator(memoryTarget());
    initiator.begin();
    assert.equal((await initiator.data('12 00 00 0005 00')).length, 5);
    assert.equal(await initiator.says('00 00 0000 00 00'), '02 6/29/00');
    assert.equal(await initiator.says('00 00 0000 00 00'), '00');
  });

  it('page 00 lists the pages, in order, a vendor’s own among them', async () => {
    const vendorCommands: VendorCommands = {
      opcodes: [0xf0],
      execute: () => ({ kind: 'status', status: 0x22 }),
      vpdPages: new Map([[0xc3, hex('00 c3 0001 07')]]),
      happened: () => undefined,
    };
    const initiator = TestInitiator.ready(memoryTarget([{ vendorCommands }]));
    assert.deepEqual(await initiator.data(inquiry('00')), hex('00 00 0008 00 80 83 86 b0 b1 b2 c3'));
    assert.deepEqual(await initiator.data(inquiry('c3')), hex('00 c3 0001 07'));
  });

  it('page 80 is the serial number', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    assert.deepEqual(await initiator.data(inquiry('80')), Buffer.from('\x00\x80\x00\x05DISK0', 'latin1'));
  });

  it('page 83 names the unit by NAA and T10 vendor, the port by number and name, and the device', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    const bytes = await initiator.data(inquiry('83'));
    assert.equal(bytes.readUInt16BE(2), bytes.length - 4);
    assert.deepEqual(bytes.subarray(4, 16), Buffer.concat([hex('01 03 00 08'), naaOf('DISK0')]));
    const t10 = `ULOGCHK EMULATED DISK   DISK0`;
    assert.deepEqual(
      bytes.subarray(16, 20 + t10.length),
      Buffer.concat([hex('02 01 00 1d'), Buffer.from(t10)]),
    );
    const port = bytes.subarray(20 + t10.length);
    assert.deepEqual(port.subarray(0, 8), hex('51 94 00 04 00000001'));
    assert.deepEqual(
      port.subarray(8),
      Buffer.concat([
        hex('53 98 00 20'),
        Buffer.from('iqn.2026-11.test:disks,t,0x0001\0'),
        hex('53 a8 00 18'),
        Buffer.from('iqn.2026-11.test:disks\0\0'),
      ]),
    );
  });

  it('NAA ids are locally assigned, and differ in their 64 bits', () => {
    const ids = Array.from({ length: 100 }, (_, index) => naaOf(`S${index}`));
    assert.ok(ids.every((id) => id.length === 8 && id.readUInt8(0) >> 4 === 3));
    assert.equal(new Set(ids.map((id) => id.toString('hex'))).size, 100);
  });

  it('pages 86, B0, B1 and B2 tell cache, limits, medium and provisioning', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{}, { thin: false, cacheLimit: 0 }]), 'a', [0, 1]);
    const page = async (code: string, lun: number): Promise<Buffer> => initiator.data(inquiry(code), { lun });
    assert.deepEqual((await page('86', 0)).subarray(0, 8), hex('00 86 003c 00 01 01 01'));
    assert.deepEqual((await page('86', 1)).subarray(0, 8), hex('00 86 003c 00 01 00 01'));
    const limits = await page('b0', 0);
    assert.deepEqual(limits.subarray(0, 12), hex('00 b0 003c 00 ff 0000 00008000'));
    assert.deepEqual(limits.subarray(20, 44), hex('00080000 00000100 00000001 00000000 0000000000008000'));
    assert.deepEqual((await page('b0', 1)).subarray(20, 32), Buffer.alloc(12));
    assert.deepEqual((await page('b1', 0)).subarray(0, 8), hex('00 b1 003c 0001 00 03'));
    assert.deepEqual(await page('b2', 0), hex('00 b2 0004 00 e6 02 00'));
    assert.deepEqual(await page('b2', 1), hex('00 b2 0004 00 00 00 00'));
  });

  it('an unknown page, or a page without EVPD, is an invalid field in byte 2', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    for (const cdb of [inquiry('c3'), '12 00 80 0100 00']) {
      const answer = await initiator.send(cdb);
      assert.ok(answer.kind === 'status');
      assert.deepEqual(answer.sense, hex('70 00 05 00000000 0a 00000000 24 00 00 c0 0002'));
    }
  });
});

describe('a LUN without a unit', () => {
  it('answers INQUIRY with qualifier 3, REQUEST SENSE with 5/25/00, all else in 5/25/00', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    for (const lun of [1, undefined]) {
      assert.equal((await initiator.data(inquiry(), { lun }))[0], 0x7f);
      assert.deepEqual(
        (await initiator.data('03 00 0000 ff 00', { lun })).subarray(0, 14),
        hex('70 00 05 00000000 0a 00000000 25 00'),
      );
      assert.equal(await initiator.says('00 00 0000 00 00', { lun }), '02 5/25/00');
      assert.equal(await initiator.says('a0 00 00 000000 00000100 00 00', { lun }), '02 5/25/00');
    }
  });
});

describe('REPORT LUNS', () => {
  it('tells all units in order, flat addresses from 256 on, also where LUN 0 has none', async () => {
    const target = memoryTarget([{}, {}]);
    target.addUnit(300, target.unit(1));
    target.removeUnit(0);
    const initiator = new TestInitiator(target);
    assert.deepEqual(
      await initiator.data('a0 00 00 000000 00001000 00 00'),
      hex('00000010 00000000 0001000000000000 412c000000000000'),
    );
    assert.deepEqual(await initiator.data('a0 00 01 000000 00001000 00 00'), Buffer.alloc(8));
    assert.equal(await initiator.says('a0 00 03 000000 00001000 00 00'), '02 5/24/00');
    assert.equal(await initiator.says('a0 00 00 000000 0000000f 00 00'), '02 5/24/00');
  });

  it('clears the unit attention that says that the LUNs changed', async () => {
    const target = memoryTarget([{}, {}]);
    const initiator = TestInitiator.ready(target, 'a', [0, 1]);
    target.removeUnit(1);
    assert.equal(await initiator.says('00 00 0000 00 00'), '02 6/3f/0e');
    target.addUnit(1, memoryTarget().unit(0));
    await initiator.data('a0 00 00 000000 00001000 00 00');
    assert.equal(await initiator.says('00 00 0000 00 00'), '00');
    assert.equal(await initiator.says('00 00 0000 00 00', { lun: 1 }), '02 6/29/00');
    assert.equal(await initiator.says('00 00 0000 00 00', { lun: 1 }), '00');
  });
});
