import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandRecord, TraceRecord } from './trace.js';
import { memoryTarget, scene, told, TestInitiator } from './test-initiator.js';

const TUR = '00 00 0000 00 00';
const READ = '28 00 00000000 00 0001 00';
const WRITE = '2a 00 00000000 00 0004 00';
const data = (value: number): Buffer => Buffer.alloc(4 * 512, value);

describe('the trace', () => {
  const commands = (trace: readonly TraceRecord[]): CommandRecord[] =>
    trace.filter((record): record is CommandRecord => record.kind === 'command');

  it('tells of a command who, what, when, and how it ended', async () => {
    const { a, clock, trace } = scene();
    clock.advance(42n);
    await a.send(WRITE, { dataOut: data(1) });
    const order = commands(trace)[0]?.arrived ?? 0;
    assert.deepEqual(trace, [
      {
        kind: 'command',
        drive: 'DISK0',
        lun: 0,
        initiator: 'iqn.2026-11.test:a',
        isid: '00023d000001',
        login: a.nexus.login,
        name: 'WRITE (10)',
        cdb: '2a000000000000000400',
        direction: 'write',
        expectedLength: 2048,
        dataOut: { length: 2048, crc32: 761_955_282 },
        dataIn: { length: 0, crc32: 0 },
        arrived: order,
        executed: order + 1,
        answered: order + 2,
        arrivedAt: 42n,
        at: 42n,
        answeredAt: 42n,
        outcome: 'status',
        status: 0,
        sense: '',
        fault: null,
        destaged: 0,
      },
    ]);
  });

  it('keeps parameters and vendors’ data whole, names faults, and tells what took no effect', async () => {
    const { a, trace, arm, target, clock } = scene();
    await a.send('25 00 00000000 0000 00 00');
    await a.send('c1 01', { lun: 7 });
    const [capacity, unknown] = commands(trace);
    assert.deepEqual(capacity?.dataIn, { length: 8, bytes: '000007ff00000200' });
    assert.deepEqual(
      [unknown?.drive, unknown?.lun, unknown?.name, unknown?.status, unknown?.sense.slice(0, 28)],
      [null, 7, null, 2, '700005000000000a000000002500'],
    );
    trace.length = 0;
    arm({ name: 'slow', match: { opcodes: [0x28] }, delay: 10n, does: { kind: 'none' } });
    arm({ name: 'stuck', match: { opcodes: [0x2a] }, does: { kind: 'hang' } });
    const slow = a.send(READ);
    const stuck = a.send(WRITE, { dataOut: data(1) });
    await a.send(TUR);
    clock.advance(10n);
    await slow;
    target.release('drop');
    await stuck;
    const told = commands(trace).map(({ name, fault, outcome, status, at }) => [
      name,
      fault,
      outcome,
      status,
      at,
    ]);
    assert.deepEqual(told, [
      ['TEST UNIT READY', null, 'status', 0, 0n],
      ['READ (10)', 'slow', 'status', 0, 10n],
      ['WRITE (10)', 'stuck', 'drop-connection', null, null],
    ]);
    const orders = commands(trace).map(({ arrived, executed, answered }) => [arrived, executed, answered]);
    const numbers = orders.flat().filter((order) => order !== null);
    assert.equal(new Set(numbers).size, numbers.length, 'each moment has a number of its own');
    assert.ok(
      orders.every(
        ([arrived = 0, executed, answered = 0]) =>
          (executed ?? answered) !== null && Number(arrived) < Number(answered),
      ),
    );
  });

  it('a full cache is told with the write that filled it', async () => {
    const trace: TraceRecord[] = [];
    const target = memoryTarget([{ cacheLimit: 16 * 512 }], { observe: (record) => trace.push(record) });
    const a = TestInitiator.ready(target);
    await a.send('2a 00 00000000 00 0004 00', { dataOut: data(0) });
    trace.length = 0;
    for (let count = 0; count < 5; count++) await a.send(WRITE, { dataOut: data(count) });
    assert.deepEqual(
      commands(trace).map(({ destaged }) => destaged),
      [0, 0, 0, 2, 1],
    );
  });

  it('tells logins, resets and power cuts in the same order', async () => {
    const { a, b, target, trace } = scene();
    await a.send(WRITE, { dataOut: data(1) });
    trace.length = 0;
    target.powerCut(0, 'none');
    target.resetUnit(0, a.nexus);
    target.resetTarget(b.nexus);
    target.pathDown(b.nexus.initiator);
    target.nexusBegan({ ...b.nexus, login: 99 });
    target.nexusEnded(a.nexus);
    const start = trace[0]?.kind === 'power-cut' ? trace[0].order : -1;
    const of = ({ nexus }: TestInitiator): object => ({ initiator: nexus.initiator, isid: nexus.isid });
    assert.deepEqual(trace, [
      {
        kind: 'power-cut',
        drive: 'DISK0',
        lun: 0,
        survival: 'none',
        order: start,
        at: 0n,
        writes: { kept: 0, lost: 1, torn: 0 },
        blocksLost: 4,
      },
      { kind: 'reset', lun: 0, ...of(a), login: a.nexus.login, order: start + 1, at: 0n },
      { kind: 'reset', lun: null, ...of(b), login: b.nexus.login, order: start + 2, at: 0n },
      { kind: 'nexus', what: 'refused', ...of(b), login: 99, order: start + 3, at: 0n },
      { kind: 'nexus', what: 'ended', ...of(a), login: a.nexus.login, order: start + 4, at: 0n },
    ]);
  });
});

describe('nexuses', () => {
  it('a session that was reinstated loses what the old one had, and nothing when that ends', async () => {
    const { a, b: other, target } = scene();
    assert.equal(await a.says('16 00 0000 00 00'), '00');
    const again = new TestInitiator(target, 'a');
    again.begin();
    assert.equal(await other.says(TUR), '00');
    await again.send(TUR);
    assert.equal(await again.says('16 00 0000 00 00'), '00');
    target.nexusEnded(a.nexus);
    const b = TestInitiator.ready(target, 'c', []);
    assert.equal(await b.says('16 00 0000 00 00'), '18');
    target.nexusEnded(again.nexus);
    assert.equal(await b.says(TUR), '02 6/29/00');
    assert.equal(await b.says('16 00 0000 00 00'), '00');
  });

  it('task management knows which units there are', () => {
    const { target, a } = scene();
    assert.deepEqual(
      [0, 1, 2, undefined].map((lun) => target.hasUnit(lun)),
      [true, true, false, false],
    );
    assert.equal(target.resetUnit(2, a.nexus), false);
    assert.equal(target.resetUnit(undefined, a.nexus), false);
  });

  it('unit attentions are told in their order, once each, and a reset makes older ones pointless', async () => {
    const { a, target } = scene();
    target.unit(0).resize(4096);
    target.addUnit(2, memoryTarget().unit(0));
    target.unit(0).resize(8192);
    const said = async (): Promise<string[]> => [await a.says(TUR), await a.says(TUR), await a.says(TUR)];
    assert.deepEqual(await said(), ['02 6/2a/09', '02 6/3f/0e', '00']);
    target.unit(0).resize(4096);
    target.resetUnit(0, a.nexus);
    target.unit(0).resize(8192);
    assert.deepEqual(await said(), ['02 6/29/03', '02 6/2a/09', '00']);
  });

  it('a capacity that changes is told to all', async () => {
    const { a, b, target } = scene();
    target.unit(0).resize(4096);
    for (const initiator of [a, b]) assert.equal(told(await initiator.send(TUR)), '02 6/2a/09');
    assert.equal((await a.data('25 00 00000000 0000 00 00')).readUInt32BE(0), 4095);
  });
});
