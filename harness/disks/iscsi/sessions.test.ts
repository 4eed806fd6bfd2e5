import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ownedTempDir } from '../../setup/owned.mjs';
import { LOGIN_STATUS } from './codes.js';
import { logoutRequest, nopOut } from './initiator-pdus.js';
import { IscsiTarget, IscsiTargetError, type ListenAddress } from './target.js';
import { logoutResponse, nopIn } from './target-pdus.js';
import { MemoryDevice } from './testing/memory-device.js';
import { INITIATOR, Setting, TARGET, USUAL, WHO } from './testing/setting.js';
import { type Pair } from './text.js';

const READY = { cdb: Buffer.alloc(6) };
const HANG = { cdb: Buffer.of(0xff) };

describe('a target', () => {
  it('listens on loopback and on unix sockets, and nowhere else', async () => {
    const device = new MemoryDevice();
    const refused = [
      { host: '0.0.0.0', port: 0 },
      { host: '::1', port: 0 },
      { host: 'localhost', port: 0 },
      { path: 'relative' },
      { path: '\0abstract' },
      { port: 0 },
    ] as unknown as ListenAddress[];
    for (const address of refused) {
      await assert.rejects(IscsiTarget.listen({ name: TARGET, device, address }), IscsiTargetError);
    }
    await assert.rejects(IscsiTarget.listen({ name: 'disk', device }), /disk is no iSCSI name/);
  });

  it('serves a unix socket', async () => {
    await using directory = await ownedTempDir('iscsi-test-');
    await using setting = await Setting.make({ address: { path: join(directory.path, 'target') } });
    await using initiator = await setting.login();
    assert.equal((await initiator.command(READY)).response.status, 0);
  });

  it('says when a port is taken', async () => {
    await using setting = await Setting.make();
    await assert.rejects(Setting.make({ address: setting.target.address }), /cannot listen: .*EADDRINUSE/);
  });

  it('closes all sockets with its end, in whatever state they are', async () => {
    const setting = await Setting.make();
    const silent = await setting.connect();
    const half = await setting.connect();
    await half.loginStep({ transit: false }, WHO);
    const full = await setting.login();
    const hanging = full.start(HANG);
    hanging.outcome.catch(() => undefined);
    while (setting.device.hanging === 0) await full.command(READY);
    await setting.target.close();
    await Promise.all([silent.end(), half.end(), full.end()]);
    assert.deepEqual(setting.target.sessions(), []);
    assert.equal(setting.device.tasks[0]?.signal.aborted, true);
    assert.deepEqual(setting.device.events, ['began 1', 'ended 1']);
    assert.equal(setting.clock.timers, 0);
    assert.throws(() => setting.target.address, IscsiTargetError);
  });
});

describe('login over a connection', () => {
  it('leads to a session that is told of, and ends with its connection', async () => {
    await using setting = await Setting.make();
    const initiator = await setting.connect();
    const answer = await initiator.login(USUAL);
    assert.equal(answer.expCmdSn, 1);
    assert.equal(answer.maxCmdSn, 128);
    assert.deepEqual(setting.target.sessions(), [
      {
        initiator: INITIATOR,
        isid: '400001000000',
        tsih: answer.tsih,
        discovery: false,
        connections: 1,
        commands: 0,
      },
    ]);
    await initiator[Symbol.asyncDispose]();
    while (setting.target.sessions().length > 0) await new Promise(setImmediate);
    assert.deepEqual(setting.device.events, ['began 1', 'ended 1']);
  });

  it('counts its responses', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.connect();
    const first = await initiator.loginStep({ transit: false, nextStage: 0 }, WHO);
    const second = await initiator.loginStep({}, []);
    assert.equal(second.header.statSn, first.header.statSn + 1);
    const { response } = await initiator.command(READY);
    assert.equal(response.statSn, first.header.statSn + 2);
  });

  it('is refused with a status, and the connection closed', async () => {
    await using setting = await Setting.make();
    await using initiator = await setting.connect();
    const { header } = await initiator.loginStep({}, [WHO[0] ?? ['', ''], ['TargetName', 'iqn.other']]);
    assert.equal(header.status, LOGIN_STATUS.notFound);
    await initiator.end();
    assert.deepEqual(setting.target.sessions(), []);
  });

  it('is refused by the device, for as long as it wants', async () => {
    await using setting = await Setting.make();
    setting.device.admits = false;
    await using first = await setting.connect();
    assert.equal((await first.loginStep({}, USUAL)).header.status, LOGIN_STATUS.serviceUnavailable);
    setting.device.admits = true;
    await using second = await setting.login();
    assert.equal((await second.command(READY)).response.status, 0);
    assert.deepEqual(setting.device.events, ['began 2']);
  });

  it('has to come first, and soon', async () => {
    await using setting = await Setting.make();
    await using impatient = await setting.connect();
    impatient.send(nopOut.write({ immediate: true, itt: 1 }));
    await impatient.end();
    await using late = await setting.connect();
    await late.loginStep({ transit: false }, WHO);
    await using silent = await setting.connect();
    await using inTime = await setting.login();
    setting.clock.pass(15_000);
    await Promise.all([late.end(), silent.end()]);
    assert.equal((await inTime.command(READY)).response.status, 0);
  });

  it('is not open to any number of strangers at a time', async () => {
    await using setting = await Setting.make({ limits: { loginsUnderWay: 2, sessions: 1 } });
    await using first = await setting.connect();
    await using second = await setting.connect();
    const third = connect(setting.target.address);
    await new Promise((resolve) => third.once('close', resolve));
    await first.login(USUAL);
    const { header } = await second.loginStep({ isid: Buffer.alloc(6, 2) }, USUAL);
    assert.equal(header.status, LOGIN_STATUS.outOfResources);
  });

  it('of the same initiator port ends the older session, commands and all', async () => {
    await using setting = await Setting.make();
    await using older = await setting.login();
    older.start(HANG).outcome.catch(() => undefined);
    while (setting.device.hanging === 0) await older.command(READY);
    await using newer = await setting.login();
    await older.end();
    assert.equal(setting.device.hanging, 0);
    assert.deepEqual(setting.device.events, ['began 1', 'ended 1', 'began 2']);
    assert.equal((await newer.command(READY)).response.status, 0);
    // Another ISID is another port of the same initiator.
    await using beside = await setting.connect();
    await beside.login(USUAL, { isid: Buffer.alloc(6, 9) });
    assert.equal((await newer.command(READY)).response.status, 0);
    assert.equal(setting.target.sessions().length, 2);
  });
});

describe('several connections of one session', () => {
  const offer: Pair[] = [...USUAL, ['MaxConnections', '2']];

  it('share one order of commands, and each has an order of answers', async () => {
    await using setting = await Setting.make();
    await using first = await setting.connect();
    const { tsih } = await first.login(offer);
    await using second = await setting.connect();
    const joining = await second.login(WHO, { tsih, cid: 1 });
    assert.equal(joining.tsih, tsih);
    assert.equal(setting.target.sessions()[0]?.connections, 2);
    // The command with the second number comes first, by the second connection.
    const later = second.start({ ...READY, header: { cmdSn: 2 } });
    const echo = nopOut.write({ immediate: true, itt: 0x77, ttt: 0xffffffff, cmdSn: 1 });
    second.send(echo);
    assert.equal(nopIn.read((await second.next()).header).itt, 0x77);
    assert.equal(setting.device.tasks.length, 0);
    const earlier = await first.command({ ...READY, header: { cmdSn: 1 } });
    assert.equal(earlier.response.status, 0);
    const { response } = await later.outcome;
    assert.equal(response.expCmdSn, 3);
    assert.equal(response.statSn, joining.statSn + 2);
  });

  it('are as many as was agreed on', async () => {
    await using setting = await Setting.make();
    await using first = await setting.connect();
    const { tsih } = await first.login(offer);
    await using second = await setting.connect();
    await second.login(WHO, { tsih, cid: 1 });
    await using third = await setting.connect();
    const refused = await third.loginStep({ tsih, cid: 2 }, WHO);
    assert.equal(refused.header.status, LOGIN_STATUS.tooManyConnections);
    await using stranger = await setting.connect();
    const unknown = await stranger.loginStep({ tsih, cid: 2, isid: Buffer.alloc(6, 3) }, WHO);
    assert.equal(unknown.header.status, LOGIN_STATUS.sessionDoesNotExist);
  });

  it("take each other's place when they have the same number", async () => {
    await using setting = await Setting.make();
    await using first = await setting.connect();
    const { tsih } = await first.login(USUAL);
    first.start(HANG).outcome.catch(() => undefined);
    while (setting.device.hanging === 0) await first.command(READY);
    await using again = await setting.connect();
    const { expCmdSn } = await again.login(WHO, { tsih });
    await first.end();
    again.cmdSn = expCmdSn;
    assert.equal((await again.command(READY)).response.status, 0);
    assert.equal(setting.device.hanging, 0);
    assert.deepEqual(setting.device.events, ['began 1']);
  });

  it('end one by one, and the session with the last', async () => {
    await using setting = await Setting.make();
    await using first = await setting.connect();
    const { tsih } = await first.login(offer);
    await using second = await setting.connect();
    await second.login(WHO, { tsih, cid: 1 });
    second.send(logoutRequest.write({ immediate: true, itt: 5, reason: 1, cid: 0, cmdSn: 1 }));
    assert.equal(logoutResponse.read((await second.next()).header).response, 0);
    await first.end();
    assert.equal((await second.command({ ...READY, header: { cmdSn: 1 } })).response.status, 0);
    await second[Symbol.asyncDispose]();
    while (setting.target.sessions().length > 0) await new Promise(setImmediate);
    assert.deepEqual(setting.device.events, ['began 1', 'ended 1']);
  });
});
