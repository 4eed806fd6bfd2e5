import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EmulatedTarget, LogicalUnit, MemoryStore } from '../scsi/index.js';
import { NO_TAG, TASK_FUNCTION } from './codes.js';
import { logoutRequest, nopOut, taskManagementRequest } from './initiator-pdus.js';
import { writeLun } from './lun.js';
import { IscsiTarget } from './target.js';
import { logoutResponse, nopIn, taskManagementResponse } from './target-pdus.js';
import { TestInitiator } from './testing/initiator.js';
import { TARGET, USUAL } from './testing/setting.js';
import type { Pair } from './text.js';

const READY = { cdb: Buffer.alloc(6) };
const RESERVE = { cdb: Buffer.from('160000000000', 'hex') };
const WRITE = Buffer.from('2a000000000000000800', 'hex');
const READ = Buffer.from('28000000000000000800', 'hex');

/** The emulated disks behind the target, and the initiators a and b. */
async function disks() {
  const device = new EmulatedTarget();
  for (const lun of [0, 1]) {
    device.addUnit(lun, new LogicalUnit({ serial: `disk-${lun}`, store: new MemoryStore(2048, 512) }));
  }
  const target = await IscsiTarget.listen({ name: TARGET, device });
  return {
    device,
    target,
    async login(name: string): Promise<TestInitiator> {
      const who: Pair[] = [['InitiatorName', `iqn.2026-11.invalid.ulogcheck:${name}`], ...USUAL.slice(1)];
      const initiator = await TestInitiator.login(target.address, who);
      // The first command on each unit hears of the power-on.
      for (const lun of [0, 1]) assert.equal((await initiator.command({ ...READY, lun })).sense[12], 0x29);
      return initiator;
    },
    async [Symbol.asyncDispose]() {
      await target.close();
      device[Symbol.dispose]();
    },
  };
}

async function manage(initiator: TestInitiator, of: number, referencedTag = NO_TAG): Promise<number> {
  const header = { immediate: true, itt: initiator.tag(), cmdSn: initiator.cmdSn, lun: writeLun(0) };
  initiator.send(taskManagementRequest.write({ ...header, function: of, referencedTag }));
  return taskManagementResponse.read((await initiator.next()).header).response;
}

describe('emulated disks behind the iSCSI target', () => {
  it('keep what one initiator writes for the other to read', async () => {
    await using all = await disks();
    await using a = await all.login('a');
    await using b = await all.login('b');
    const data = Buffer.from(Array.from({ length: 4096 }, (_, i) => i & 0xff));
    assert.equal((await a.command({ cdb: WRITE, write: data })).response.status, 0);
    assert.ok((await b.command({ cdb: READ, read: 4096 })).dataIn.equals(data));
    assert.ok((await b.command({ cdb: READ, read: 4096, lun: 1 })).dataIn.equals(Buffer.alloc(4096)));
  });

  it('tell the other initiator of a reset of the unit, and forget reservations', async () => {
    await using all = await disks();
    await using a = await all.login('a');
    await using b = await all.login('b');
    assert.equal((await a.command(RESERVE)).response.status, 0);
    assert.equal((await b.command(RESERVE)).response.status, 0x18);
    assert.equal(await manage(b, TASK_FUNCTION.logicalUnitReset), 0);
    const told = await a.command(READY);
    assert.equal(told.response.status, 2);
    assert.equal(told.sense.toString('hex', 12, 13), '29');
    await b.command(READY);
    assert.equal((await b.command(RESERVE)).response.status, 0);
  });

  it('free what a nexus reserved as soon as its logout is answered', async () => {
    await using all = await disks();
    await using a = await all.login('a');
    await using b = await all.login('b');
    assert.equal((await a.command(RESERVE)).response.status, 0);
    a.send(logoutRequest.write({ immediate: true, itt: 5, cmdSn: a.cmdSn }));
    assert.equal(logoutResponse.read((await a.next()).header).response, 0);
    assert.equal((await b.command(RESERVE)).response.status, 0);
  });

  it('withhold a command until it is aborted, and never answer it', async () => {
    await using all = await disks();
    await using a = await all.login('a');
    const armed = all.device.arm(0, { name: 'hang', match: { opcodes: [0x28] }, does: { kind: 'hang' } });
    const { itt, outcome } = a.start({ cdb: READ, read: 4096 });
    outcome.catch(() => undefined);
    while (all.device.withheldCount === 0) await a.command(READY);
    assert.equal(await manage(a, TASK_FUNCTION.abortTask, itt), 0);
    assert.equal(all.device.withheldCount, 0);
    armed.remove();
    all.device.release();
    a.forget(itt);
    a.send(nopOut.write({ immediate: true, itt: 0x900, ttt: NO_TAG, cmdSn: a.cmdSn }));
    assert.equal(nopIn.read((await a.next()).header).itt, 0x900, 'nothing came before it');
  });

  it('cut the connection of one initiator by a fault, and take it back', async () => {
    await using all = await disks();
    await using a = await all.login('a');
    await using b = await all.login('b');
    const match = { initiator: 'iqn.2026-11.invalid.ulogcheck:a', opcodes: [0x28] };
    all.device.arm(0, { name: 'cut', match, times: 1, does: { kind: 'drop-connection' } });
    await assert.rejects(a.command({ cdb: READ, read: 4096 }), /closed the connection/);
    assert.equal((await b.command({ cdb: READ, read: 4096 })).response.status, 0);
    await using again = await all.login('a');
    assert.equal((await again.command({ cdb: READ, read: 4096 })).response.status, 0);
  });

  it('cut an idle connection at once when the path of its initiator fails, and refuse another', async () => {
    await using all = await disks();
    await using a = await all.login('a');
    await using b = await all.login('b');
    const { initiator } = all.target.sessions()[0] ?? { initiator: '' };
    const cut = assert.rejects(a.next(), /closed the connection/);
    all.device.pathDown(initiator);
    await cut;
    assert.deepEqual(
      all.target.sessions().map((session) => session.initiator),
      ['iqn.2026-11.invalid.ulogcheck:b'],
    );
    await assert.rejects(all.login('a'), /login status 301/);
    assert.equal((await b.command({ cdb: READ, read: 4096 })).response.status, 0);
    all.device.pathUp(initiator);
    await using again = await all.login('a');
    assert.equal((await again.command({ cdb: READ, read: 4096 })).response.status, 0);
  });
});
