import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_TAG } from './codes.js';
import { nopOut, scsiCommand, taskManagementRequest } from './initiator-pdus.js';
import { writeLun } from './lun.js';
import { taskManagementResponse } from './target-pdus.js';
import type { TestInitiator } from './testing/initiator.js';
import { Setting } from './testing/setting.js';

const MEBI = 1_048_576;

/** Turns of the event loop without a change after which there will be none: everything is in this process. */
const STILL = 300;

/** Waits until a number stands still, and gives it. */
async function settled(number: () => number): Promise<number> {
  let last = number();
  for (let still = 0; still < STILL; still++) {
    await new Promise(setImmediate);
    if (number() === last) continue;
    last = number();
    still = 0;
  }
  return last;
}

/** READ (10) of 1 MiB. */
function bigRead(initiator: TestInitiator): Promise<number> {
  const cdb = Buffer.from('28000000000000080000', 'hex');
  return initiator.command({ cdb, read: MEBI }).then(({ dataIn }) => dataIn.length);
}

describe('an initiator that does not read', () => {
  it('is not read from either', async () => {
    await using setting = await Setting.make({ limits: { backlog: MEBI } });
    await using initiator = await setting.login();
    initiator.socket.pause();
    const data = Buffer.alloc(16_384, 7);
    const pings = 3000;
    for (let itt = 1; itt <= pings; itt++) {
      initiator.send(nopOut.write({ immediate: true, itt, ttt: NO_TAG, cmdSn: 1 }), data);
    }
    const unsent = await settled(() => initiator.socket.writableLength);
    assert.ok(unsent > 10 * MEBI, `${unsent} bytes of ${pings * data.length} are left`);
    initiator.socket.resume();
    for (let itt = 1; itt <= pings; itt++) {
      const frame = await initiator.next();
      assert.equal(frame.header.readUInt32BE(16), itt);
      assert.equal(frame.dataLength, data.length);
    }
  });

  it('has no more data read for it than a session may have', async () => {
    await using setting = await Setting.make({ limits: { sessionData: 4 * MEBI } });
    await using initiator = await setting.login();
    initiator.socket.pause();
    const reads = Array.from({ length: 60 }, () => bigRead(initiator));
    const done = await settled(() => setting.device.tasks.length);
    // Four that are not sent, and what the sockets' own buffers took.
    assert.ok(done >= 4 && done < 30, `${done} of 60 were carried out`);
    initiator.socket.resume();
    for (const length of await Promise.all(reads)) assert.equal(length, MEBI);
  });
});

describe('an initiator that asks for data and does not send it', () => {
  /** A write of 1 MiB whose data never comes. */
  function promise(initiator: TestInitiator, itt: number): void {
    const cdb = Buffer.alloc(16);
    cdb.write('2a000000000000080000', 'hex');
    const header = { final: true, write: true, itt, expectedLength: MEBI, cmdSn: initiator.cmdSn++, cdb };
    initiator.send(scsiCommand.write(header));
  }

  it('is asked for as much as a session may have, and can still abort it all', async () => {
    await using setting = await Setting.make({ limits: { sessionData: 4 * MEBI } });
    await using initiator = await setting.login();
    for (let itt = 1001; itt <= 1020; itt++) promise(initiator, itt);
    const wanted = [];
    for (let i = 0; i < 4; i++) wanted.push((await initiator.next()).header.readUInt32BE(16));
    assert.deepEqual(wanted, [1001, 1002, 1003, 1004]);
    // Small commands do not stand in that line.
    const small = { cdb: Buffer.from('28000000000000000800', 'hex'), read: 4096 };
    assert.equal((await initiator.command(small)).response.status, 0);
    // One after the other waits for memory, is aborted, and leaves the line.
    for (let turn = 0; turn < 50; turn++) {
      const itt = initiator.tag();
      const request = { immediate: true, itt, cmdSn: initiator.cmdSn, lun: writeLun(0) };
      initiator.send(taskManagementRequest.write({ ...request, function: 1, referencedTag: 1020 }));
      assert.equal(taskManagementResponse.read((await initiator.next()).header).response, 0);
      promise(initiator, 1020);
    }
    const request = { immediate: true, itt: 7, cmdSn: initiator.cmdSn, lun: writeLun(0) };
    initiator.send(taskManagementRequest.write({ ...request, function: 2 }));
    assert.equal(taskManagementResponse.read((await initiator.next()).header).response, 0);
    assert.equal(setting.target.sessions()[0]?.commands, 0);
    assert.equal(await bigRead(initiator), MEBI);
  });
});
