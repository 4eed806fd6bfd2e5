/** Mutexes behind a whole target: sessions, resets, faults, other commands; each trace is replayed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { driveEvent } from '../../lab/drives/drive-events.js';
import { PRESCRIBED, replayDrives } from '../../oracle/locks/index.js';
import { ManualClock } from '../scsi/clock.js';
import { memoryTarget, TestInitiator, told } from '../scsi/test-initiator.js';
import type { TraceRecord } from '../scsi/trace.js';
import { MUTEX_OP, mutexReadCdb, mutexWriteCdb } from './cdb.js';
import { MutexCommands } from './commands.js';
import { decodeDataBlock } from './data-block.js';
import { FIRMWARE_2023 } from './firmware.js';
import { DRIVE_MUTANTS } from './mutants/mutants.js';
import { nameOf, wishBlock, type OpName, type Wish } from './testing/drive.js';

/** A target with one drive that has mutexes and one that has not. */
function scene(commands = new MutexCommands()) {
  const clock = new ManualClock();
  const trace: TraceRecord[] = [];
  const target = memoryTarget([{ vendorCommands: commands }, {}], {
    clock,
    observe: (record) => trace.push(record),
  });
  const hosts = ['a', 'b', 'c'].map((name) => TestInitiator.ready(target, name, [0, 1]));
  const [a, b, c] = hosts;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const op = (host: TestInitiator, what: OpName, wish: Wish = {}) =>
    host.says(mutexWriteCdb(MUTEX_OP[what]).toString('hex'), {
      dataOut: wishBlock(what, { host: host.nexus.initiator.slice(-1), ...wish }),
    });
  const holders = async (host: TestInitiator) => {
    const list = await host.data(mutexReadCdb(4).toString('hex'), { expected: 2048 });
    const blocks = [0, 1, 2, 3].map((n) => decodeDataBlock(list.subarray(512 * n)));
    return blocks
      .filter(({ state }) => state !== 0xdeadn)
      .map(({ hostId, state }) => `${nameOf(hostId)} ${state.toString(16)}`);
  };
  const deviations = () =>
    replayDrives(
      trace.map((record, n) => ({ n, ...driveEvent(record, 0n) })),
      PRESCRIBED,
    ).deviations;
  return { clock, target, a, b, c, op, holders, deviations };
}

void describe('mutexes of a drive in a target', () => {
  void it('page C3h is listed and read', async () => {
    const { a } = scene();
    assert.equal((await a.data('12 01 c3 0070 00')).readUInt8(0x60), 1);
    assert.ok((await a.data('12 01 00 00ff 00')).includes(0xc3));
  });

  void it('a drive without mutexes refuses the opcode', async () => {
    const { a } = scene();
    const answer = await a.says(mutexReadCdb(1).toString('hex'), { lun: 1 });
    assert.equal(answer, '02 5/20/00');
  });

  void it('a list of fewer blocks than there is room leaves a residual', async () => {
    const { a } = scene();
    const answer = await a.target.execute(a.task(mutexReadCdb(1).toString('hex'), { expected: 1024 }));
    assert.ok(answer.kind === 'status' && answer.dataIn?.length === 512 && answer.wanted === 512);
  });

  void it('IDM-61: state outlives sessions and resets, and goes with the power', async () => {
    const { target, a, b, op, holders, deviations } = scene();
    assert.equal(await op(a, 'trylock'), '00');
    target.nexusEnded(a.nexus);
    const again = TestInitiator.ready(target, 'a');
    assert.equal(await op(again, 'trylock'), '22');
    target.resetUnit(0, b.nexus);
    assert.match(await op(again, 'refresh'), /^02 6/, 'a unit attention comes first');
    assert.equal(await op(again, 'refresh'), '00');
    target.resetTarget(b.nexus);
    const [fresh, other] = [TestInitiator.ready(target, 'a'), TestInitiator.ready(target, 'b')];
    assert.deepEqual(await holders(fresh), ['a 101']);
    target.powerCut(0, 'none');
    const late = TestInitiator.ready(target, 'c');
    assert.deepEqual(await holders(late), []);
    assert.equal(other.nexus.initiator.slice(-1), 'b');
    assert.deepEqual(deviations(), []);
  });

  void it('IDM-61 is what a drive breaks that loses its table at a reset', async () => {
    const mutant = DRIVE_MUTANTS.find(({ name }) => name === 'lost-at-reset');
    assert.ok(mutant !== undefined);
    const { target, a, b, op, deviations } = scene(mutant.create(FIRMWARE_2023));
    await op(a, 'trylock');
    target.resetUnit(0, b.nexus);
    TestInitiator.ready(target, 'a');
    await op(TestInitiator.ready(target, 'b'), 'trylock');
    assert.deepEqual(
      deviations().map(({ rule }) => rule),
      ['IDM-61'],
    );
  });

  void it('IDM-62: of many TRYLOCKs at once exactly one is GOOD', async () => {
    const { clock, target, a, b, c, op, deviations } = scene();
    target.arm(0, { name: 'slow', match: { opcodes: [0xf0] }, delay: 1_000n, does: { kind: 'none' } });
    const all = Array.from({ length: 30 }, (_, n) => {
      const host = [a, b, c][n % 3];
      return host === undefined ? Promise.resolve('') : op(host, 'trylock', { host: `h${n}` });
    });
    clock.advance(1_000n);
    const answers = await Promise.all(all);
    assert.equal(answers.filter((answer) => answer === '00').length, 1);
    assert.equal(answers.filter((answer) => answer === '18').length, 29);
    assert.deepEqual(deviations(), []);
  });

  void it('a lease is measured by the clock of the target', async () => {
    const { clock, a, b, op, holders, deviations } = scene();
    await op(a, 'trylock', { lease: 60_000n });
    clock.advance(60_000_000_000n);
    assert.equal(await op(b, 'break'), '18');
    clock.advance(1n);
    assert.deepEqual(await holders(b), ['a 104']);
    assert.equal(await op(b, 'break'), '00');
    assert.deepEqual(deviations(), []);
  });

  void it('an answer that a fault took away is not held against the drive, its effect is known', async () => {
    const { target, a, b, op, holders, deviations } = scene();
    const does = { kind: 'drop-connection', takesEffect: true } as const;
    const fault = target.arm(0, { name: 'drop', match: { opcodes: [0xf0] }, does });
    assert.equal(await op(a, 'trylock'), 'drop-connection');
    fault.remove();
    const status = { kind: 'status', status: 0x08 } as const;
    const busy = target.arm(0, { name: 'busy', match: { opcodes: [0xf0] }, does: status });
    assert.equal(await op(b, 'trylock'), '08');
    busy.remove();
    assert.deepEqual(await holders(b), ['a 101']);
    assert.equal(await op(b, 'trylock'), '18');
    assert.deepEqual(deviations(), []);
  });

  void it('reservations of others do not keep from mutexes', async () => {
    const { a, b, op, deviations } = scene();
    assert.equal(told(await a.send('16 00 0000 00 00')), '00');
    assert.equal(await b.says('2a 00 00000000 00 0001 00', { dataOut: Buffer.alloc(512) }), '18');
    assert.equal(await op(b, 'trylock'), '00');
    assert.equal(await op(a, 'trylock'), '18');
    assert.deepEqual(deviations(), []);
  });
});
