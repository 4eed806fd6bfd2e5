import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AHS_TYPE, NO_TAG } from './codes.js';
import { additionalHeader } from './ahs.js';
import { joined } from './frame.js';
import { dataOut, scsiCommand } from './initiator-pdus.js';
import { dataIn, scsiResponse } from './target-pdus.js';
import type { TestInitiator } from './testing/initiator.js';
import { Setting, USUAL, WHO } from './testing/setting.js';
import type { Pair } from './text.js';

const READY = { cdb: Buffer.alloc(6) };

function pattern(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
}

/** READ (10) or WRITE (10) of blocks of 512 bytes. */
function transfer(opcode: 0x28 | 0x2a, block: number, count: number): Buffer {
  const cdb = Buffer.alloc(10);
  cdb[0] = opcode;
  cdb.writeUInt32BE(block, 2);
  cdb.writeUInt16BE(count, 7);
  return cdb;
}

/** A command that answers this status, length of data-in, and length that was wanted. */
function answering(status: number, length: number, wanted: number): Buffer {
  const cdb = Buffer.of(0xfd, status, 0, 0, 0, 0, 0, 0, 0, 0);
  cdb.writeUInt32BE(length, 2);
  cdb.writeUInt32BE(wanted, 6);
  return cdb;
}

async function writeAndReadBack(initiator: TestInitiator, length: number): Promise<void> {
  const data = pattern(length);
  const blocks = length / 512;
  const written = await initiator.command({ cdb: transfer(0x2a, 3, blocks), write: data });
  assert.equal(written.response.status, 0);
  assert.equal(written.response.underflow, false);
  const read = await initiator.command({ cdb: transfer(0x28, 3, blocks), read: length });
  assert.equal(read.response.status, 0);
  assert.ok(read.dataIn.equals(data));
}

describe('data of commands', () => {
  const negotiations: Record<string, readonly Pair[]> = {
    'as usual': USUAL,
    'with nothing unsolicited': [...WHO, ['InitialR2T', 'Yes'], ['ImmediateData', 'No']],
    'with small bursts and segments': [
      ...WHO,
      ['InitialR2T', 'No'],
      ['MaxRecvDataSegmentLength', '512'],
      ['MaxBurstLength', '1536'],
      ['FirstBurstLength', '1024'],
      ['MaxOutstandingR2T', '3'],
    ],
    'with digests': [...USUAL, ['HeaderDigest', 'CRC32C'], ['DataDigest', 'CRC32C']],
    'with a digest of data only': [...USUAL, ['HeaderDigest', 'None'], ['DataDigest', 'CRC32C']],
  };
  for (const [name, pairs] of Object.entries(negotiations)) {
    it(`arrives both ways ${name}`, async () => {
      await using setting = await Setting.make();
      await using initiator = await setting.login(pairs);
      const first = new Map(pairs).get('ImmediateData') === 'No' ? 0 : 512;
      for (const length of [512, 4096, 65_536, 200 * 512, 1_048_576]) {
        await writeAndReadBackWith(initiator, length, Math.min(first, length));
      }
    });
  }

  async function writeAndReadBackWith(initiator: TestInitiator, length: number, immediate: number) {
    const data = pattern(length);
    const cdb = transfer(0x2a, 3, length / 512);
    assert.equal((await initiator.command({ cdb, write: data, immediate })).response.status, 0);
    const read = await initiator.command({ cdb: transfer(0x28, 3, length / 512), read: length });
    assert.ok(read.dataIn.equals(data), `${length} bytes`);
  }

  it('comes in PDUs and bursts of the lengths that were agreed on', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login([
      ...WHO,
      ['MaxRecvDataSegmentLength', '600'],
      ['MaxBurstLength', '1024'],
    ]);
    const itt = 0x700;
    initiator.send(
      scsiCommand.write({
        final: true,
        read: true,
        itt,
        expectedLength: 2048,
        cmdSn: initiator.cmdSn++,
        cdb: Buffer.concat([transfer(0x28, 0, 4), Buffer.alloc(6)]),
      }),
    );
    const parts: [number, number, boolean, boolean][] = [];
    for (let i = 0; i < 4; i++) {
      const frame = await initiator.next();
      const pdu = dataIn.read(frame.header);
      assert.equal(pdu.dataSn, i);
      assert.equal(pdu.ttt, NO_TAG);
      parts.push([pdu.bufferOffset, frame.dataLength, pdu.final, pdu.hasStatus]);
    }
    assert.deepEqual(parts, [
      [0, 600, false, false],
      [600, 424, true, false],
      [1024, 600, false, false],
      [1624, 424, true, true],
    ]);
  });

  it('may come unsolicited behind the command', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const data = pattern(4096);
    const write = { final: false, write: true, expectedLength: 4096, cmdSn: initiator.cmdSn++, itt: 0x700 };
    const cdb = Buffer.concat([transfer(0x2a, 0, 8), Buffer.alloc(6)]);
    initiator.send(scsiCommand.write({ ...write, cdb }), data.subarray(0, 1000));
    const rest = { itt: 0x700, ttt: NO_TAG };
    initiator.send(dataOut.write({ ...rest, dataSn: 0, bufferOffset: 1000 }), data.subarray(1000, 3000));
    initiator.send(
      dataOut.write({ ...rest, final: true, dataSn: 1, bufferOffset: 3000 }),
      data.subarray(3000),
    );
    assert.equal(scsiResponse.read((await initiator.next()).header).status, 0);
    assert.ok(setting.device.bytes.subarray(0, 4096).equals(data));
  });

  it('goes both ways in one command', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const cdb = Buffer.alloc(16);
    cdb[0] = 0xf0;
    const data = pattern(1000);
    const readLength = Buffer.alloc(4);
    readLength.writeUInt32BE(600);
    const both = { final: true, read: true, write: true, itt: 0x700, cmdSn: initiator.cmdSn++ };
    initiator.send(
      scsiCommand.write({ ...both, expectedLength: 1000, cdb }),
      data,
      additionalHeader(AHS_TYPE.bidirectionalReadLength, readLength),
    );
    const back = await initiator.next();
    assert.equal(dataIn.read(back.header).hasStatus, false);
    assert.ok(joined(back).equals(data.subarray(0, 600)));
    const response = scsiResponse.read((await initiator.next()).header);
    assert.equal(response.status, 0);
    assert.equal(response.expDataSn, 1);
    assert.equal(response.underflow, false);
    assert.equal(response.bidirectionalOverflow, true);
    assert.equal(response.bidirectionalResidual, 400);
  });

  it('beyond what one command may have is refused, not stored', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const header = { expectedLength: 0xffff_ffff };
    const { response, sense } = await initiator.command({
      cdb: transfer(0x2a, 0, 1),
      write: Buffer.alloc(512),
      header,
    });
    assert.equal(response.status, 2);
    assert.equal(sense.toString('hex', 0, 14), '700005000000000a000000005503');
    await writeAndReadBack(initiator, 512);
  });

  it('waits when a session has too much of it under way', async () => {
    await using setting = await Setting.make({ limits: { sessionData: 65_536 } });
    setting.device.slow = true;
    await using initiator = await setting.login();
    const lengths = [4096, 40_960, 1_048_576, 512, 65_536, 8192];
    const reads = lengths.flatMap((length) => {
      const cdb = transfer(0x28, 0, length / 512);
      return [initiator.command({ cdb, read: length }), initiator.command({ cdb, read: length })];
    });
    for (const { response } of await Promise.all(reads)) assert.equal(response.status, 0);
  });
});

describe('answers', () => {
  it('count residuals against what the command wanted', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const table: [number, number, number, string][] = [
      // Expected, data-in, wanted; then data-in that arrives, and the residual.
      [512, 512, 512, '512 none 0'],
      [512, 100, 100, '100 underflow 412'],
      [512, 1024, 1024, '512 overflow 512'],
      [512, 512, 2048, '512 overflow 1536'],
      [0, 8, 8, '0 overflow 8'],
      [512, 0, 0, '0 underflow 512'],
    ];
    for (const [expected, length, wanted, result] of table) {
      const { response, dataIn: data } = await initiator.command({
        cdb: answering(0, length, wanted),
        read: expected,
      });
      const { overflow, underflow, residual = 0 } = response;
      const kind = overflow === true ? 'overflow' : underflow === true ? 'underflow' : 'none';
      assert.equal(`${data.length} ${kind} ${residual}`, result);
    }
    const short = await initiator.command({ cdb: transfer(0x2a, 0, 1), write: pattern(1024) });
    assert.equal(short.response.underflow, true);
    assert.equal(short.response.residual, 512);
    const noData = await initiator.command({ cdb: answering(0, 8, 8) });
    assert.equal(noData.response.overflow, true);
    assert.equal(noData.response.residual, 8);
  });

  it('carry every status as it is, with data-in before it', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    for (const status of [0x00, 0x04, 0x08, 0x14, 0x18, 0x22, 0x28, 0x30, 0x40, 0x7e]) {
      const { response, dataIn: data } = await initiator.command({
        cdb: answering(status, 40, 40),
        read: 40,
      });
      assert.equal(response.status, status);
      assert.equal(data.length, 40);
    }
    const check = await initiator.command({ cdb: answering(0x02, 40, 40), read: 40 });
    assert.equal(check.response.status, 2);
    assert.equal(check.dataIn.length, 40);
    assert.equal(check.response.expDataSn, 1);
  });

  it('carry sense data behind its length', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const bad = await initiator.command({ cdb: Buffer.of(0x77), read: 100 });
    assert.equal(bad.response.status, 2);
    assert.equal(bad.sense.toString('hex'), '700005000000000a00000000200000000000');
    assert.equal(bad.response.residual, 100);
    const noUnit = await initiator.command({ ...READY, lun: 7 });
    assert.equal(noUnit.sense.toString('hex', 12, 14), '2500');
  });

  it('lead to units in both forms of addressing, and to none in others', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const luns = ['0001000000000000', '4001000000000000', 'c101000000000000', '0001000100000000'];
    for (const lun of luns) await initiator.command({ ...READY, header: { lun: Buffer.from(lun, 'hex') } });
    assert.deepEqual(
      setting.device.tasks.map((task) => task.lun),
      [1, 1, undefined, undefined],
    );
  });

  it('to long CDBs come as to others', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const header = scsiCommand.write({ final: true, itt: 0x700, cmdSn: initiator.cmdSn++ });
    initiator.send(header, undefined, additionalHeader(AHS_TYPE.extendedCdb, Buffer.alloc(16, 0xab)));
    assert.equal(scsiResponse.read((await initiator.next()).header).status, 0);
    assert.deepEqual(setting.device.tasks[0]?.cdb, Buffer.concat([Buffer.alloc(16), Buffer.alloc(16, 0xab)]));
  });

  it('do not come when the device drops the connection', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    await assert.rejects(initiator.command({ cdb: Buffer.of(0xfe) }), /closed the connection/);
    await using again = await setting.login();
    await writeAndReadBack(again, 4096);
  });
});
