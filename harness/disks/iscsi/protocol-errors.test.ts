import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_TAG, OPCODE } from './codes.js';
import { frameBytes, joined } from './frame.js';
import { dataOut, nopOut, scsiCommand, snack } from './initiator-pdus.js';
import { writeLun } from './lun.js';
import { nopIn, r2t, reject, scsiResponse } from './target-pdus.js';
import type { TestInitiator } from './testing/initiator.js';
import { Setting, USUAL } from './testing/setting.js';

const READY = { cdb: Buffer.alloc(6) };

/** READ (10) or WRITE (10) of blocks of 512 bytes. */
function transfer(opcode: 0x28 | 0x2a, block: number, count: number): Buffer {
  const cdb = Buffer.alloc(10);
  cdb[0] = opcode;
  cdb.writeUInt32BE(block, 2);
  cdb.writeUInt16BE(count, 7);
  return cdb;
}

describe('what is wrong about data-out', () => {
  /** A write of 2,048 bytes without immediate data, and the R2T for it. */
  async function asked(initiator: TestInitiator) {
    const itt = initiator.tag();
    const cdb = Buffer.concat([transfer(0x2a, 0, 4), Buffer.alloc(6)]);
    const header = { final: true, write: true, itt, expectedLength: 2048, cmdSn: initiator.cmdSn++, cdb };
    initiator.send(scsiCommand.write(header));
    const { header: bytes } = await initiator.next();
    return r2t.read(bytes);
  }

  it('ends the command with sense, and nothing is written', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const table: [Partial<Parameters<typeof dataOut.write>[0]>, number, string][] = [
      [{ dataSn: 7 }, 2048, '0b4705'],
      [{ bufferOffset: 4 }, 2044, '0b0c0d'],
      [{}, 2047, '0b0c0d'],
      [{}, 2052, '0b0c0d'],
    ];
    for (const [wrong, length, code] of table) {
      const { itt, ttt } = await asked(initiator);
      initiator.send(dataOut.write({ final: true, itt, ttt, ...wrong }), Buffer.alloc(length, 1));
      const frame = await initiator.next();
      assert.equal(scsiResponse.read(frame.header).status, 2);
      const sense = joined(frame).subarray(2);
      assert.equal(sense.toString('hex', 2, 3) + sense.toString('hex', 12, 14), code);
    }
    assert.ok(setting.device.bytes.equals(Buffer.alloc(setting.device.bytes.length)));
    assert.equal(setting.device.tasks.length, 0);
  });

  it('rejects data for nobody', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const stray = dataOut.write({ final: true, itt: 0x4711, ttt: 1 });
    initiator.send(stray, Buffer.alloc(100));
    const frame = await initiator.next();
    assert.equal(reject.read(frame.header).reason, 4);
    assert.equal(
      joined(frame).toString('hex'),
      Buffer.concat(frameBytes(stray, Buffer.alloc(100))).toString('hex', 0, 48),
    );
    const { itt, ttt } = await asked(initiator);
    initiator.send(dataOut.write({ final: true, itt, ttt: ttt + 1 }), Buffer.alloc(100));
    assert.equal(reject.read((await initiator.next()).header).reason, 4);
    initiator.send(dataOut.write({ final: true, itt, ttt }), Buffer.alloc(2048));
    assert.equal(scsiResponse.read((await initiator.next()).header).status, 2);
  });

  it('shows in a digest: the PDU is rejected, and its command ends with sense', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login([...USUAL, ['DataDigest', 'CRC32C']]);
    const { itt, ttt } = await asked(initiator);
    const pieces = frameBytes(dataOut.write({ final: true, itt, ttt }), Buffer.alloc(2048), {
      header: false,
      data: true,
    });
    const bytes = Buffer.concat(pieces);
    bytes[100] = 1;
    initiator.socket.write(bytes);
    assert.equal(reject.read((await initiator.next()).header).reason, 2);
    const frame = await initiator.next();
    assert.equal(joined(frame).toString('hex', 14, 16), '4705');
    const ping = Buffer.concat(
      frameBytes(nopOut.write({ immediate: true, itt: 1 }), Buffer.alloc(4), { header: false, data: true }),
    );
    ping[50] = 1;
    initiator.socket.write(ping);
    assert.equal(reject.read((await initiator.next()).header).reason, 2);
  });

  it('shows in a header digest: the connection is closed', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login([...USUAL, ['HeaderDigest', 'CRC32C']]);
    const bytes = Buffer.concat(
      frameBytes(nopOut.write({ itt: 1 }), undefined, { header: true, data: false }),
    );
    bytes[20] = 1;
    initiator.socket.write(bytes);
    await initiator.end();
  });
});

describe('the order of commands', () => {
  it('holds back what comes early, and drops what comes twice or from outside the window', async () => {
    await using setting = await Setting.make({ limits: { commands: 4 } });
    await using initiator = await setting.login();
    const send = (cmdSn: number, lun: number) => {
      const { itt, outcome } = initiator.start({ ...READY, lun, header: { cmdSn } });
      outcome.catch(() => undefined);
      return { itt, outcome };
    };
    const second = send(2, 1);
    send(2, 2);
    send(5, 3);
    send(0, 4);
    const first = send(1, 0);
    await Promise.all([first.outcome, second.outcome]);
    assert.deepEqual(
      setting.device.tasks.map((task) => task.lun),
      [0, 1],
    );
    const { response } = await send(3, 0).outcome;
    assert.equal(response.expCmdSn, 4);
    assert.equal(response.maxCmdSn, 7);
  });

  it('closes the window while nothing is answered', async () => {
    await using setting = await Setting.make({ limits: { commands: 2 } });
    await using initiator = await setting.login();
    const hanging = [0, 1].map(() => initiator.start({ cdb: Buffer.of(0xff) }));
    for (const { outcome } of hanging) outcome.catch(() => undefined);
    const ping = { immediate: true, itt: 0x900, ttt: NO_TAG, cmdSn: initiator.cmdSn };
    initiator.send(nopOut.write(ping), Buffer.from('hello'));
    const frame = await initiator.next();
    const { expCmdSn, maxCmdSn } = nopIn.read(frame.header);
    assert.deepEqual([expCmdSn, maxCmdSn], [3, 2]);
    assert.equal(joined(frame).toString(), 'hello');
  });

  it('is not for immediate commands, of which there may not be too many', async () => {
    await using setting = await Setting.make({ limits: { immediateCommands: 2 } });
    await using initiator = await setting.login();
    const header = { immediate: true };
    assert.equal((await initiator.command({ ...READY, header })).response.expCmdSn, 1);
    for (let i = 0; i < 2; i++)
      initiator.start({ cdb: Buffer.of(0xff), header }).outcome.catch(() => undefined);
    initiator.send(scsiCommand.write({ ...header, final: true, itt: 0x900 }));
    assert.equal(reject.read((await initiator.next()).header).reason, 6);
  });
});

describe('PDUs that no initiator should send', () => {
  const cases: [string, Buffer, Buffer | undefined, number][] = [
    ['an unknown opcode', Buffer.concat([Buffer.of(0x1c), Buffer.alloc(47)]), undefined, 5],
    ['an opcode of targets', nopIn.write({ itt: 1 }), undefined, 5],
    ['a SNACK', snack.write({ type: 1, itt: 1, ttt: NO_TAG }), undefined, 3],
    ['a second login', Buffer.concat([Buffer.of(0x43), Buffer.alloc(47)]), undefined, 4],
    ['a command without a tag', scsiCommand.write({ final: true, itt: NO_TAG, cmdSn: 1 }), undefined, 9],
    [
      'a read with data',
      scsiCommand.write({ final: true, read: true, itt: 1, cmdSn: 1 }),
      Buffer.alloc(4),
      9,
    ],
    ['a read that is not final', scsiCommand.write({ read: true, itt: 1, cmdSn: 1 }), undefined, 9],
    [
      'a command both ways without its second length',
      scsiCommand.write({ final: true, read: true, write: true, itt: 1, cmdSn: 1 }),
      undefined,
      9,
    ],
    [
      'a ping without a tag that wants a place in the order',
      nopOut.write({ itt: NO_TAG, cmdSn: 1 }),
      undefined,
      4,
    ],
  ];
  for (const [name, header, data, reason] of cases) {
    it(`are rejected: ${name}`, async () => {
      await using setting = await Setting.make();
      await using initiator = await setting.login();
      initiator.send(header, data);
      const frame = await initiator.next();
      assert.equal(frame.header.readUInt8(0), OPCODE.reject);
      assert.equal(reject.read(frame.header).reason, reason);
      assert.ok(joined(frame).equals(header));
      // The number of what was rejected is still free.
      assert.equal((await initiator.command({ ...READY, lun: 1 })).response.status, 0);
    });
  }

  it('are rejected: a tag that is in use', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const { itt, outcome } = initiator.start({ cdb: Buffer.of(0xff) });
    outcome.catch(() => undefined);
    initiator.forget(itt);
    initiator.send(scsiCommand.write({ final: true, itt, lun: writeLun(0), cmdSn: initiator.cmdSn }));
    assert.equal(reject.read((await initiator.next()).header).reason, 7);
  });

  it('close the connection when they are longer than was agreed on', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    initiator.send(nopOut.write({ immediate: true, itt: 1 }), Buffer.alloc(262_145));
    await initiator.end();
  });
});
