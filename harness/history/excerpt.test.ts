import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { excerpt, type History } from './index.js';
import { Scenario } from './scenario/index.js';

/** A swap of logs with a resend and a foreign reply, and a command around a part of it. */
function swap(): History {
  const s = new Scenario({ test: 'a swap', ids: ['LUID-03'] });
  s.daemonReady();
  const a = s.log('U', '4096 clustered-core 1024 nosync');
  a.construct(1024, 4);
  const b = s.log('U', '8192 clustered-core 1024');
  b.construct(1024);
  s.command('dmsetup resume m', () => b.resume(), { stdout: 'a line\n' });
  const late = b.begin('FLUSH');
  late.transmit(15_200);
  late.reply(undefined, { seq: late.seq - 1 });
  late.answer();
  b.setSync(0, 1, { error: -22 });
  return s.history();
}

/** The numbers of the events of the n-th exchange. */
function eventsOf(history: History, name: string): number[] {
  return history
    .exchanges()
    .filter((exchange) => exchange.name === name)
    .flatMap((exchange) => exchange.events().map(({ n }) => n));
}

void describe('excerpt', () => {
  void it('shows an exchange once, with the names and times of the timeline, and what was unusual in it', () => {
    const history = swap();
    const lines = excerpt(history, eventsOf(history, 'FLUSH'));
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^ *\d+\.\d{3} {2}L2 FLUSH → ok \(15\d{3}\.\d\)$/);
    assert.match(lines[1] ?? '', /^ *\d+\.\d{3} {2}L2 {3}sent again \(2\) FLUSH seq \d+$/);
    assert.match(lines[2] ?? '', /not wanted: ok to seq \d+ of FLUSH$/);
  });

  void it('shows commands with their output, in order of time whatever the order of the numbers', () => {
    const history = swap();
    const command = history.commands().map(({ n }) => n);
    const lines = excerpt(history, [...eventsOf(history, 'SET_REGION_SYNC'), ...command]);
    assert.match(lines[0] ?? '', /── \$ dmsetup resume m {2}\[exit status 0/);
    assert.match(lines[1] ?? '', /^ +a line$/);
    assert.match(lines[2] ?? '', /L2 SET_REGION_SYNC 0 = 1 → -EINVAL \(0\.3\) \*$/);
  });

  void it('gives the last lines when there are many, and says so', () => {
    const history = swap();
    const all = history.events.map(({ n }) => n);
    const lines = excerpt(history, all, 3);
    assert.equal(lines.length, 4);
    assert.match(lines[0] ?? '', /^… \d+ lines before$/);
    assert.deepEqual(lines.slice(1), excerpt(history, all, 100).slice(-3));
  });

  void it('is empty for no events and for numbers that are none', () => {
    assert.deepEqual(excerpt(swap(), []), []);
    assert.deepEqual(excerpt(swap(), [9999]), []);
  });
});
