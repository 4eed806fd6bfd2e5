import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_TAG } from './codes.js';
import { joined } from './frame.js';
import { scsiCommand, textRequest } from './initiator-pdus.js';
import { writeLun } from './lun.js';
import { asyncMessage, reject, textResponse } from './target-pdus.js';
import { INITIATOR, Setting, USUAL } from './testing/setting.js';
import { readText, writeText, type Pair } from './text.js';

const OTHER: Pair[] = [['InitiatorName', 'iqn.other'], ...USUAL.slice(1)];

describe('Async Messages', () => {
  it('say what they are asked to, in whose sessions they are asked to', async () => {
    await using setting = await Setting.make();
    await using one = await setting.login();
    await using other = await setting.login(OTHER);
    const { target } = setting;
    target.announce({ kind: 'logout', within: 3 }, INITIATOR);
    target.announce({ kind: 'connection-drop', time2Wait: 1, time2Retain: 2 }, INITIATOR);
    target.announce({ kind: 'session-drop', time2Wait: 1, time2Retain: 2 }, INITIATOR);
    target.announce({ kind: 'renegotiate', within: 4 }, INITIATOR);
    target.announce({ kind: 'scsi', lun: 1, sense: Buffer.from('sense') });
    const said = [];
    for (let i = 0; i < 5; i++) {
      const frame = await one.next();
      const { event, parameter1, parameter2, parameter3, statSn } = asyncMessage.read(frame.header);
      said.push([event, parameter1, parameter2, parameter3, statSn, joined(frame).toString('latin1')]);
    }
    assert.deepEqual(said, [
      [1, 0, 0, 3, 2, ''],
      [2, 0, 1, 2, 3, ''],
      [3, 0, 1, 2, 4, ''],
      [4, 0, 0, 4, 5, ''],
      [0, 0, 0, 0, 6, '\0\x05sense'],
    ]);
    const heard = asyncMessage.read((await other.next()).header);
    assert.equal(heard.event, 0);
    assert.deepEqual(heard.lun, writeLun(1));
  });
});

describe('text in the full feature phase', () => {
  const request = { itt: 0x700, ttt: NO_TAG };

  it('renews what may be renewed', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const text = writeText([
      ['MaxRecvDataSegmentLength', '1024'],
      ['MaxBurstLength', '512'],
      ['X-a', ''],
    ]);
    initiator.send(textRequest.write({ ...request, final: true, cmdSn: initiator.cmdSn++ }), text);
    const frame = await initiator.next();
    assert.deepEqual(readText(joined(frame)), [
      ['MaxBurstLength', 'Reject'],
      ['X-a', 'NotUnderstood'],
    ]);
    initiator.send(
      scsiCommand.write({
        final: true,
        read: true,
        itt: 0x701,
        expectedLength: 4096,
        cmdSn: initiator.cmdSn++,
        cdb: Buffer.from('28000000000000000800000000000000', 'hex'),
      }),
    );
    assert.equal((await initiator.next()).dataLength, 1024);
  });

  it('may come, and be answered, in several PDUs', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login([...USUAL.slice(0, 2), ['MaxRecvDataSegmentLength', '512']]);
    const all = writeText(Array.from({ length: 50 }, (_, i) => [`X-${i}`, '']));
    const send = (values: object, text: Buffer) =>
      initiator.send(textRequest.write({ ...request, ...values, cmdSn: initiator.cmdSn++ }), text);
    send({ continues: true }, all.subarray(0, 77));
    let frame = await initiator.next();
    let response = textResponse.read(frame.header);
    assert.equal(response.final, false);
    assert.equal(frame.dataLength, 0);
    send({ final: true, ttt: response.ttt }, all.subarray(77));
    let text = '';
    for (;;) {
      frame = await initiator.next();
      response = textResponse.read(frame.header);
      text += joined(frame).toString();
      if (response.final) break;
      assert.equal(response.continues, true);
      assert.equal(frame.dataLength, 512);
      send({ final: true, ttt: response.ttt }, Buffer.alloc(0));
    }
    assert.equal(response.ttt, NO_TAG);
    assert.equal(text.split('=NotUnderstood\0').length, 51);
  });

  it('is rejected when it breaks the rules, and the next exchange is fine', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const ask = async (values: object, text: Buffer) => {
      initiator.send(textRequest.write({ ...request, ...values, cmdSn: initiator.cmdSn++ }), text);
      return initiator.next();
    };
    const wrong: [object, Buffer][] = [
      [{ final: true, continues: true }, Buffer.alloc(0)],
      [{ final: true, ttt: 7 }, Buffer.alloc(0)],
      [{ final: true }, Buffer.from('nonsense')],
      [
        { final: true },
        writeText([
          ['X-a', ''],
          ['X-a', ''],
        ]),
      ],
      [{ continues: true }, Buffer.alloc(16_385)],
    ];
    for (const [values, text] of wrong) assert.equal(reject.read((await ask(values, text)).header).reason, 4);
    const fine = await ask({ final: true }, writeText([['SendTargets', '']]));
    assert.equal(textResponse.read(fine.header).final, true);
  });
});
