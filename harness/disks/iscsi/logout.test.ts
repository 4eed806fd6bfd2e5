import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ownPath, removeOwned } from '../../setup/owned.mjs';
import { OPCODE } from './codes.js';
import { joined } from './frame.js';
import { logoutRequest, nopOut, textRequest } from './initiator-pdus.js';
import { loginResponse, logoutResponse, nopIn, reject, textResponse } from './target-pdus.js';
import { TestInitiator } from './testing/initiator.js';
import { INITIATOR, Setting, TARGET, USUAL, WHO } from './testing/setting.js';
import { readText, writeText, type Pair } from './text.js';

const READY = { cdb: Buffer.alloc(6) };
const HANG = { cdb: Buffer.of(0xff) };

function opcode(header: Buffer): number {
  return header.readUInt8(0) & 0x3f;
}

describe('logout', () => {
  it('closes the session, and ends what is under way in it without an answer', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    initiator.start(HANG).outcome.catch(() => undefined);
    assert.equal((await initiator.command(READY)).response.status, 0);
    initiator.send(logoutRequest.write({ itt: 0x99, reason: 0, cmdSn: initiator.cmdSn }));
    const { header } = await initiator.next();
    assert.equal(opcode(header), OPCODE.logoutResponse);
    assert.equal(logoutResponse.read(header).response, 0);
    // Whoever has the answer finds the nexus ended, whenever the socket closes.
    assert.deepEqual(setting.device.events, ['began 1', 'ended 1']);
    assert.deepEqual(setting.target.sessions(), []);
    await initiator.end();
    assert.equal(setting.device.hanging, 0);
  });

  it('is refused for recovery, unknown connections and unknown reasons', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const ask = async (reason: number, cid: number): Promise<Buffer> => {
      initiator.send(logoutRequest.write({ immediate: true, itt: 5, reason, cid, cmdSn: 1 }));
      return (await initiator.next()).header;
    };
    assert.equal(logoutResponse.read(await ask(2, 0)).response, 2);
    assert.equal(logoutResponse.read(await ask(1, 9)).response, 1);
    assert.equal(reject.read(await ask(9, 0)).reason, 9);
    assert.equal((await initiator.command(READY)).response.status, 0);
  });

  it('does not wait for an initiator that never closes its side', async () => {
    await using setting = await Setting.make();
    const socket = connect({ ...setting.target.address, allowHalfOpen: true });
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.resume();
    socket.write(Buffer.alloc(48));
    await new Promise((resolve) => socket.once('close', resolve).once('end', () => socket.end()));
  });
});

describe('an initiator that closes its side without a logout', () => {
  it('loses its session, by a stream that allows half-open connections, too', async () => {
    await using setting = await Setting.make();
    const path = join(tmpdir(), `ulogcheck-half-${process.pid}.sock`);
    ownPath(path);
    const server = createServer({ allowHalfOpen: true }, (socket) => setting.target.serve(socket));
    await new Promise<void>((resolve) => server.listen(path, () => resolve()));
    await using initiator = await TestInitiator.login({ path }, USUAL);
    initiator.start(HANG).outcome.catch(() => undefined);
    assert.equal((await initiator.command(READY)).response.status, 0);
    initiator.socket.end();
    await initiator.closed;
    server.close();
    assert.deepEqual(setting.device.events, ['began 1', 'ended 1']);
    assert.equal(setting.device.hanging, 0);
    await removeOwned(path);
  });
});

describe('discovery', () => {
  const who: Pair[] = [WHO[0] ?? ['', ''], ['SessionType', 'Discovery']];

  it('tells targets and their addresses, and nothing else', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login(who);
    const { address } = setting.target;
    assert.ok('port' in address);
    const ask = async (text: readonly Pair[], values: object = {}) => {
      initiator.send(
        textRequest.write({ final: true, itt: 7, ttt: 0xffffffff, cmdSn: initiator.cmdSn++, ...values }),
        writeText(text),
      );
      return initiator.next();
    };
    const all = await ask([['SendTargets', 'All']]);
    assert.equal(textResponse.read(all.header).final, true);
    assert.deepEqual(readText(joined(all)), [
      ['TargetName', TARGET],
      ['TargetAddress', `127.0.0.1:${address.port},1`],
    ]);
    assert.equal(joined(await ask([['SendTargets', TARGET]])).length, joined(all).length);
    assert.equal(joined(await ask([['SendTargets', 'iqn.other']])).length, 0);
    initiator.start(READY).outcome.catch(() => undefined);
    assert.equal(reject.read((await initiator.next()).header).reason, 4);
    assert.deepEqual(setting.device.events, [], 'no nexus');
    assert.equal(setting.target.sessions()[0]?.discovery, true);
  });

  it('names no address when the one in use will do', async () => {
    await using setting = await Setting.make({ announceAddress: false });
    await using initiator = await setting.login(who);
    initiator.send(
      textRequest.write({ final: true, itt: 7, ttt: 0xffffffff, cmdSn: 1 }),
      writeText([['SendTargets', 'All']]),
    );
    assert.deepEqual(readText(joined(await initiator.next())), [['TargetName', TARGET]]);
  });

  it('is possible from a normal session, for its own target', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.login();
    const ask = async (value: string) => {
      initiator.send(
        textRequest.write({ final: true, itt: 7, ttt: 0xffffffff, cmdSn: initiator.cmdSn++ }),
        writeText([['SendTargets', value]]),
      );
      return new Map(readText(joined(await initiator.next())));
    };
    assert.equal((await ask('')).get('TargetName'), TARGET);
    assert.equal((await ask('All')).get('SendTargets'), 'Reject');
  });
});

describe('signs of life', () => {
  it('are asked for when a connection is idle, and their absence ends it', async () => {
    await using setting = await Setting.make({ ping: { afterMs: 1000, withinMs: 500 } });
    await using initiator = await setting.login();
    setting.clock.pass(1000);
    const ping = nopIn.read((await initiator.next()).header);
    assert.equal(ping.itt, 0xffffffff);
    assert.notEqual(ping.ttt, 0xffffffff);
    initiator.send(nopOut.write({ immediate: true, itt: 0xffffffff, ttt: ping.ttt, cmdSn: 1 }));
    assert.equal((await initiator.command(READY)).response.status, 0);
    setting.clock.pass(500);
    assert.equal((await initiator.command(READY)).response.status, 0);
    setting.clock.pass(1000);
    setting.clock.pass(1000);
    assert.equal(opcode((await initiator.next()).header), OPCODE.nopIn);
    setting.clock.pass(500);
    await initiator.end();
  });
});

describe('dropping connections', () => {
  it('concerns one initiator, or all', async () => {
    await using setting = await Setting.make();
    await using one = await setting.login();
    const other: Pair[] = [['InitiatorName', 'iqn.other'], ...USUAL.slice(1)];
    await using two = await setting.login(other);
    setting.target.dropConnections(INITIATOR);
    await one.end();
    assert.equal((await two.command(READY)).response.status, 0);
    setting.target.dropConnections();
    await two.end();
    await using again = await setting.login();
    assert.equal((await again.command(READY)).response.status, 0);
    assert.deepEqual(loginResponse.opcode, OPCODE.loginResponse);
  });
});
