import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STATUS } from './status.js';
import { hex, scene, type Scene } from './test-initiator.js';

const TUR = '00 00 0000 00 00';
const READ = '28 00 00000000 00 0001 00';
const WRITE = '2a 00 00000000 00 0004 00';
const data = (value: number): Buffer => Buffer.alloc(4 * 512, value);
const mediumError = { key: 3, asc: 0x11, ascq: 0, information: 7 };

/** Whether a promise is settled by now. */
const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let is = false;
  void promise.then(() => (is = true));
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return is;
};

const first = async ({ b }: Scene): Promise<number[]> => {
  const bytes = await b.data('28 00 00000000 00 0004 00');
  return [0, 1, 2, 3].map((at) => bytes[at * 512] ?? -1);
};

describe('fault rules', () => {
  it('meet commands by initiator, opcode and block, after some, so many times', async () => {
    const { a, b, arm } = scene();
    const busy = { kind: 'status', status: STATUS.busy } as const;
    const one = arm({
      match: { initiator: a.nexus.initiator, opcodes: [0x00] },
      after: 1,
      times: 2,
      does: busy,
    });
    const said = [];
    for (let count = 0; count < 4; count++) said.push(await a.says(TUR), await b.says(TUR));
    assert.deepEqual(said, ['00', '00', '08', '00', '08', '00', '00', '00']);
    assert.equal(one.met, 2);
    one.remove();
    const two = arm({ match: { lbas: { first: 10, last: 19 } }, does: busy });
    const at = (lba: string, count: string): Promise<string> => a.says(`28 00 000000${lba} 00 00${count} 00`);
    assert.deepEqual(await Promise.all([at('00', '0a'), at('00', '0b'), at('13', '01'), at('14', '01')]), [
      '00',
      '08',
      '08',
      '00',
    ]);
    assert.equal(await a.says(TUR), '00');
    assert.equal(await a.says(READ, { lun: 1 }), '00');
    two.remove();
    assert.equal(await at('0a', '01'), '00');
  });

  it('a status comes with its sense, in the format asked for or as it is, and with effect if wished', async () => {
    const all = scene();
    const { a, b, arm } = all;
    arm({ match: { opcodes: [0x28] }, times: 1, does: { kind: 'status', status: 2, sense: mediumError } });
    const answer = await a.send(READ);
    assert.ok(answer.kind === 'status');
    assert.deepEqual(answer.sense, hex('f0 00 03 00000007 0a 00000000 11 00 00 000000'));
    assert.equal(answer.dataIn, undefined);
    arm({ times: 1, does: { kind: 'status', status: 2, sense: hex('72 0b 44 00') } });
    assert.equal(await a.says(WRITE, { dataOut: data(1) }), '02 b/44/00');
    assert.deepEqual(await first(all), [0, 0, 0, 0]);
    arm({ times: 1, does: { kind: 'status', status: STATUS.taskSetFull, takesEffect: true } });
    assert.equal(await a.says(WRITE, { dataOut: data(2) }), '28');
    assert.deepEqual(await first(all), [2, 2, 2, 2]);
    assert.equal(await b.says(READ), '00');
  });

  it('a dropped connection, with and without effect', async () => {
    const all = scene();
    all.arm({ times: 1, does: { kind: 'drop-connection' } });
    assert.equal(await all.a.says(WRITE, { dataOut: data(1) }), 'drop-connection');
    assert.deepEqual(await first(all), [0, 0, 0, 0]);
    all.arm({ times: 1, does: { kind: 'drop-connection', takesEffect: true } });
    assert.equal(await all.a.says(WRITE, { dataOut: data(1) }), 'drop-connection');
    assert.deepEqual(await first(all), [1, 1, 1, 1]);
  });

  it('a torn write lands its first blocks, and fails; a refused one is not torn', async () => {
    const all = scene();
    all.arm({
      times: 2,
      match: { opcodes: [0x2a] },
      does: { kind: 'torn-write', blocks: 2, then: { kind: 'status', status: 2, sense: mediumError } },
    });
    assert.equal(await all.a.says(WRITE, { dataOut: data(3) }), '02 3/11/00');
    assert.deepEqual(await first(all), [3, 3, 0, 0]);
    assert.equal(await all.a.says('2a 00 00000800 00 0001 00', { dataOut: data(3) }), '02 5/21/00');
    all.arm({ times: 1, does: { kind: 'torn-write', blocks: 1, then: { kind: 'drop-connection' } } });
    assert.equal(await all.a.says(WRITE, { dataOut: data(4) }), 'drop-connection');
    assert.deepEqual(await first(all), [4, 3, 0, 0]);
  });

  it('a lost cache says that it keeps the data, and does not', async () => {
    const all = scene();
    const { a, target, arm } = all;
    const lost = arm({ does: { kind: 'lost-cache' } });
    await a.send(WRITE, { dataOut: data(5) });
    await a.send('2a 08 00000001 00 0001 00', { dataOut: Buffer.alloc(512, 6) });
    assert.equal(await a.says('35 00 00000000 00 0000 00'), '00');
    lost.remove();
    assert.deepEqual(await first(all), [5, 6, 5, 5]);
    assert.equal(target.powerCut(0, 'none').blocksLost, 4);
    await all.b.says(TUR);
    assert.deepEqual(await first(all), [0, 0, 0, 0]);
  });

  it('latency passes by the drive’s clock, before the command does anything', async () => {
    const all = scene();
    const { a, clock, arm } = all;
    arm({ match: { opcodes: [0x2a] }, delay: 5_000_000n, does: { kind: 'none' } });
    const write = a.says(WRITE, { dataOut: data(1) });
    clock.advance(4_999_999n);
    assert.equal(await settled(write), false);
    assert.deepEqual(await first(all), [0, 0, 0, 0]);
    clock.advance(1n);
    assert.equal(await write, '00');
    assert.deepEqual(await first(all), [1, 1, 1, 1]);
  });

  it('a delay ends with the command', async () => {
    const { a, clock, arm, target } = scene();
    arm({ delay: 5n, does: { kind: 'none' } });
    const abort = new AbortController();
    const [aborted, released] = [a.says(TUR, { signal: abort.signal }), a.says(TUR)];
    assert.equal(clock.timers, 2);
    abort.abort();
    assert.deepEqual([await aborted, clock.timers], ['aborted', 1]);
    target.release();
    assert.deepEqual([await released, clock.timers], ['00', 0]);
  });

  it('what is released while it is delayed fares as if there had been no rule', async () => {
    for (const does of [{ kind: 'hang' }, { kind: 'status', status: STATUS.busy }] as const) {
      const { a, arm, target } = scene();
      arm({ delay: 5n, does });
      const delayed = a.says(TUR);
      target.release();
      assert.ok(await settled(delayed), `${does.kind}: still waits`);
      assert.deepEqual([await delayed, target.withheldCount], ['00', 0]);
    }
  });

  it('what hangs settles when it is aborted, reset, released, or its drive loses power', async () => {
    const { a, b, clock, target, arm } = scene();
    const hang = (): void => void arm({ match: { opcodes: [0x28] }, does: { kind: 'hang' } });
    hang();
    const abort = new AbortController();
    const aborted = a.says(READ, { signal: abort.signal });
    clock.advance(3_600_000_000_000n);
    assert.equal(await settled(aborted), false);
    abort.abort();
    assert.equal(await aborted, 'aborted');
    assert.equal(await a.says(READ, { signal: abort.signal }), 'aborted');

    const other = b.says(READ);
    const reset = a.says(READ);
    assert.equal(target.withheldCount, 2);
    target.resetUnit(1, a.nexus);
    assert.equal(target.withheldCount, 2);
    target.resetUnit(0, a.nexus);
    assert.deepEqual([await reset, await other], ['aborted', 'aborted']);
    assert.deepEqual([await a.says(TUR), await b.says(TUR)], ['02 6/29/03', '02 6/29/03']);

    const all = a.says(READ);
    target.resetTarget(b.nexus);
    assert.equal(await all, 'aborted');
    await Promise.all([a.says(TUR), b.says(TUR)]);

    const cut = a.says(READ);
    target.powerCut(0, 'all');
    assert.equal(await cut, 'drop-connection');
    await Promise.all([a.says(TUR), b.says(TUR)]);

    const answered = a.says(READ);
    target.release();
    assert.equal(await answered, '00');
    assert.equal(await a.says(READ), '00', 'no rule is left');
    hang();
    const dropped = a.says(READ);
    target.release('drop');
    assert.equal(await dropped, 'drop-connection');
    hang();
    const removed = a.says(READ);
    target.removeUnit(0);
    assert.equal(await removed, 'drop-connection');
    assert.equal(target.withheldCount, 0);
  });

  it('a hanging command may have taken effect, and then answers that when released', async () => {
    const all = scene();
    all.arm({ match: { opcodes: [0x2a] }, does: { kind: 'hang', takesEffect: true } });
    const write = all.a.says(WRITE, { dataOut: data(1) });
    assert.deepEqual(await first(all), [1, 1, 1, 1]);
    all.target.release();
    assert.equal(await write, '00');
  });

  it('a path that is down refuses logins and drops what runs and what comes; another path works', async () => {
    const { a, b, target, arm } = scene();
    arm({ match: { opcodes: [0x28] }, does: { kind: 'hang' } });
    const [running, others] = [a.says(READ), b.says(READ)];
    target.pathDown(a.nexus.initiator);
    assert.equal(await running, 'drop-connection');
    assert.equal(await a.says(TUR), 'drop-connection');
    assert.equal(target.nexusBegan(a.nexus), false);
    assert.equal(await b.says(TUR), '00');
    target.release();
    assert.equal(await others, '00');
    target.pathUp(a.nexus.initiator);
    assert.equal(target.nexusBegan(a.nexus), true);
    assert.equal(await a.says(TUR), '02 6/29/00');
  });
});
