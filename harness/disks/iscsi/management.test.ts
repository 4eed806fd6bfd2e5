import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_TAG, OPCODE, TASK_FUNCTION, TASK_RESPONSE } from './codes.js';
import { dataOut, nopOut, scsiCommand, taskManagementRequest } from './initiator-pdus.js';
import { writeLun } from './lun.js';
import { nopIn, r2t, taskManagementResponse } from './target-pdus.js';
import type { TestInitiator } from './testing/initiator.js';
import { Setting, USUAL } from './testing/setting.js';
import { type Pair } from './text.js';

const READY = { cdb: Buffer.alloc(6) };
const HANG = Buffer.of(0xff);
const OTHER: Pair[] = [['InitiatorName', 'iqn.other'], ...USUAL.slice(1)];

/** Starts commands that hang on a unit, and waits until the device has them. */
async function hang(setting: Setting, initiator: TestInitiator, lun = 0): Promise<number> {
  const before = setting.device.hanging;
  const { itt, outcome } = initiator.start({ cdb: HANG, lun });
  outcome.catch(() => undefined);
  while (setting.device.hanging === before) await initiator.command({ ...READY, lun: 1 });
  initiator.forget(itt);
  return itt;
}

interface Asked {
  readonly function: number;
  readonly referencedTag?: number;
  readonly lun?: number;
  readonly refCmdSn?: number;
}

/** Sends an immediate task management request; gives the response. */
async function manage(initiator: TestInitiator, { lun = 0, ...rest }: Asked): Promise<number> {
  const itt = initiator.tag();
  const { cmdSn } = initiator;
  initiator.send(taskManagementRequest.write({ immediate: true, itt, cmdSn, lun: writeLun(lun), ...rest }));
  const { header } = await initiator.next();
  assert.equal(header.readUInt8(0), OPCODE.taskManagementResponse);
  const response = taskManagementResponse.read(header);
  assert.equal(response.itt, itt);
  return response.response;
}

/** The order that PDUs come in shows that nothing came before this. */
async function nothingElse(initiator: TestInitiator): Promise<void> {
  initiator.send(nopOut.write({ immediate: true, itt: 0xabcd, ttt: NO_TAG, cmdSn: initiator.cmdSn }));
  const { header } = await initiator.next();
  assert.equal(header.readUInt8(0), OPCODE.nopIn);
}

describe('ABORT TASK', () => {
  it('ends one task, which is never answered', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const first = await hang(setting, initiator);
    const second = await hang(setting, initiator);
    const asked = { function: TASK_FUNCTION.abortTask };
    assert.equal(await manage(initiator, { ...asked, referencedTag: first }), TASK_RESPONSE.complete);
    assert.equal(setting.device.hanging, 1);
    assert.equal(setting.device.tasks.find(({ cdb }) => cdb[0] === 0xff)?.signal.aborted, true);
    assert.equal(await manage(initiator, { ...asked, referencedTag: first }), TASK_RESPONSE.taskDoesNotExist);
    assert.equal(
      await manage(initiator, { ...asked, referencedTag: second, lun: 1 }),
      TASK_RESPONSE.taskDoesNotExist,
    );
    assert.equal(setting.device.hanging, 1);
    await nothingElse(initiator);
    assert.equal(setting.target.sessions()[0]?.commands, 1);
  });

  it('waits until the device has let go', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const itt = await hang(setting, initiator);
    assert.equal(await manage(initiator, { function: 1, referencedTag: itt }), 0);
    assert.equal(setting.device.hanging, 0);
  });

  it('ends a write whose data is on its way; the data is thrown away', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const itt = initiator.tag();
    const cdb = Buffer.alloc(16);
    cdb[0] = 0x2a;
    const header = { final: true, write: true, itt, expectedLength: 2048, cmdSn: initiator.cmdSn++, cdb };
    initiator.send(scsiCommand.write(header));
    const { ttt } = r2t.read((await initiator.next()).header);
    assert.equal(await manage(initiator, { function: 1, referencedTag: itt }), 0);
    initiator.send(dataOut.write({ final: true, itt, ttt }), Buffer.alloc(2048, 1));
    await nothingElse(initiator);
    assert.equal(setting.device.tasks.length, 0);
    // The tag is free for another command.
    assert.equal((await initiator.command({ ...READY, header: { itt } })).response.status, 0);
  });

  it('fills the place of a command that has not come', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const missing = initiator.cmdSn++;
    const waiting = initiator.start(READY);
    await nothingElse(initiator);
    const asked = { function: 1, referencedTag: 0x4711, refCmdSn: missing };
    assert.equal(await manage(initiator, asked), TASK_RESPONSE.complete);
    assert.equal((await waiting.outcome).response.expCmdSn, missing + 2);
    assert.equal(await manage(initiator, asked), TASK_RESPONSE.taskDoesNotExist);
  });

  it('reaches a command that waits for those before it', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const missing = initiator.cmdSn++;
    const waiting = initiator.start(READY);
    waiting.outcome.catch(() => undefined);
    initiator.forget(waiting.itt);
    assert.equal(await manage(initiator, { function: 1, referencedTag: waiting.itt }), 0);
    const { response } = await initiator.command({ ...READY, lun: 1, header: { cmdSn: missing } });
    assert.equal(response.expCmdSn, missing + 2);
    assert.deepEqual(
      setting.device.tasks.map(({ lun }) => lun),
      [1],
    );
  });
});

describe('task management of many', () => {
  it('ABORT TASK SET ends the tasks of the initiator on the unit', async () => {
    await using setting = await Setting.make();
    await using one = await setting.login();
    await using other = await setting.login(OTHER);
    await hang(setting, one);
    await hang(setting, one);
    await hang(setting, one, 1);
    await hang(setting, other);
    assert.equal(await manage(one, { function: TASK_FUNCTION.abortTaskSet }), 0);
    assert.equal(setting.device.hanging, 2);
    await nothingElse(other);
  });

  it('CLEAR TASK SET ends those of all initiators', async () => {
    await using setting = await Setting.make();
    await using one = await setting.login();
    await using other = await setting.login(OTHER);
    await hang(setting, one);
    await hang(setting, other);
    await hang(setting, other, 1);
    assert.equal(await manage(one, { function: TASK_FUNCTION.clearTaskSet }), 0);
    assert.equal(setting.device.hanging, 1);
    await nothingElse(other);
  });

  it('LOGICAL UNIT RESET ends them too, and resets the unit', async () => {
    await using setting = await Setting.make();
    await using one = await setting.login();
    await using other = await setting.login(OTHER);
    await hang(setting, other);
    await hang(setting, other, 1);
    assert.equal(await manage(one, { function: TASK_FUNCTION.logicalUnitReset }), 0);
    assert.equal(setting.device.hanging, 1);
    assert.ok(setting.device.events.includes('reset 0'));
    assert.equal((await other.command(READY)).response.status, 0);
  });

  it('TARGET WARM RESET ends everything, TARGET COLD RESET all connections as well', async () => {
    await using setting = await Setting.make();
    await using one = await setting.login();
    await using other = await setting.login(OTHER);
    await hang(setting, other, 1);
    assert.equal(await manage(one, { function: TASK_FUNCTION.targetWarmReset }), 0);
    assert.equal(setting.device.hanging, 0);
    assert.equal((await other.command(READY)).response.status, 0);
    assert.equal(await manage(one, { function: TASK_FUNCTION.targetColdReset }), 0);
    await Promise.all([one.end(), other.end()]);
    assert.deepEqual(
      setting.device.events.filter((event) => event === 'reset'),
      ['reset', 'reset'],
    );
  });

  it('leaves commands alone that were sent after it', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    await initiator.command(READY);
    await hang(setting, initiator);
    const header = { immediate: true, itt: initiator.tag(), cmdSn: 1, lun: writeLun(0) };
    initiator.send(taskManagementRequest.write({ ...header, function: TASK_FUNCTION.abortTaskSet }));
    assert.equal(taskManagementResponse.read((await initiator.next()).header).response, 0);
    assert.equal(setting.device.hanging, 1);
  });

  it('says what it does not do, and which units are none', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    assert.equal(await manage(initiator, { function: TASK_FUNCTION.taskReassign }), 4);
    assert.equal(await manage(initiator, { function: TASK_FUNCTION.clearAca }), 5);
    assert.equal(await manage(initiator, { function: 99 }), 255);
    for (const of of [2, 4, 5]) assert.equal(await manage(initiator, { function: of, lun: 9 }), 2);
    assert.equal(setting.device.events.length, 1);
  });

  it('keeps its place among commands when it is not immediate', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const first = initiator.cmdSn++;
    const header = { itt: initiator.tag(), cmdSn: initiator.cmdSn++, lun: writeLun(0) };
    initiator.send(taskManagementRequest.write({ ...header, function: TASK_FUNCTION.logicalUnitReset }));
    await nothingElse(initiator);
    initiator.send(nopOut.write({ itt: 0x900, ttt: NO_TAG, cmdSn: first }));
    assert.equal(nopIn.read((await initiator.next()).header).itt, 0x900);
    assert.equal(taskManagementResponse.read((await initiator.next()).header).response, 0);
  });
});
