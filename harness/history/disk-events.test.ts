import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diskLine } from './disk-lines.js';
import type { HistoryEvent } from './events.js';
import { History } from './history.js';
import { parseHistory } from './read.js';
import { renderTimeline } from './timeline.js';
import { formatHistory } from './write.js';

const origin = { initiator: 'iqn.a', isid: '000000000000', login: 1 };
const id = (name: string, bytes: number) =>
  Uint8Array.from(Buffer.from(name.padEnd(bytes, '\0')).toReversed());

const EVENTS: readonly HistoryEvent[] = [
  { kind: 'disk-nexus', n: 0, t: 10n, node: '', ...origin, what: 'began', order: 0, at: 1n },
  {
    ...{ kind: 'disk-command', n: 1, t: 11n, node: 'n1', ...origin, drive: 'D1', lun: 0, name: 'MUTEX' },
    ...{ cdb: Uint8Array.of(0xf0), direction: 'write', expectedLength: 512 },
    ...{ dataOut: { length: 512, bytes: new Uint8Array(512) } },
    ...{ dataIn: { length: 8, crc32: 7 }, arrived: 1, executed: 2, answered: 3 },
    ...{ arrivedAt: 1n, at: 2n, answeredAt: 3n, outcome: 'status', status: 0x22 },
    ...{ sense: new Uint8Array(0), fault: null },
  },
  { kind: 'disk-reset', n: 2, t: 12n, node: '', ...origin, lun: null, order: 4, at: 4n },
  { kind: 'disk-power-cut', n: 3, t: 13n, node: '', drive: 'D1', lun: 0, order: 5, at: 5n },
  {
    ...{
      kind: 'lock-call',
      n: 4,
      t: 14n,
      node: 'n1',
      call: 1,
      drive: 'D1',
      host: id('A', 32),
      op: 'trylock',
    },
    ...{ resource: id('r', 64), lockClass: 0, countdown: 2n ** 64n - 1n, timeNow: 5n, control: 0 },
    ...{ lvb: new Uint8Array(7), metadata: new Uint8Array(64), guest: 99n },
  },
  {
    ...{ kind: 'lock-answer', n: 5, t: 15n, node: 'n1', call: 1, status: null },
    ...{ sense: new Uint8Array(0), dataIn: new Uint8Array(0), guest: 100n },
  },
  { kind: 'disk-clock', n: 6, t: 16n, node: '', drive: 'D1', at: 60_001_000_000n },
];

const history = new History(
  {
    ...{
      kind: 'header',
      schemaVersion: 1,
      test: 't',
      ids: [],
      underTest: 'daemon',
      kernel: 'k',
      daemon: 'd',
    },
    ...{ node: 'n1', userland: 'u', seed: 1, started: '2026-01-01T00:00:00Z', clock: 'guest-monotonic' },
  },
  EVENTS,
  { kind: 'end', overruns: 0, missed: 0, truncated: false, reason: '' },
);

void describe('events of disks and locks', () => {
  void it('survive a file', () => {
    assert.deepEqual(parseHistory(formatHistory(history)).events, EVENTS);
  });

  void it('are lines of a timeline', () => {
    const text = renderTimeline(history);
    for (const line of [
      'disks: session of iqn.a began',
      'disk D1: MUTEX from iqn.a → COMMAND TERMINATED',
      'disks: target reset by iqn.a',
      'disk D1: power cut',
      'lock call 1: trylock of r by A on D1',
      'lock call 1 answered: lost',
      'disk D1: clock at 60001 ms',
    ])
      assert.ok(text.includes(line), `${line}\n${text}`);
  });

  void it('a command that took no effect, and a fault, are told', () => {
    const [, command] = EVENTS;
    assert.ok(command?.kind === 'disk-command');
    assert.equal(
      diskLine({ ...command, executed: null, outcome: 'aborted', fault: 'hang', name: null, drive: null }),
      'disk LUN 0: f0 from iqn.a → aborted, no effect, fault hang',
    );
  });
});
