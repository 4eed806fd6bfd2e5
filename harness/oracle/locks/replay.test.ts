/** The replay on hand-written traces: what it says, and of what it says nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DiskCommandEvent, DiskEvent } from '../../history/index.js';
import { ANY_GENERATION, PRESCRIBED } from './profile.js';
import { replayDrives } from './replay.js';
import { answerOf, commandOf } from './wire.js';

const OPS = ['', 'init', 'trylock', 'lock', 'unlock', 'refresh', 'break', 'destroy'];
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const OOR = bytes('70000500 0000000a 00000000 21000100 0000');
const STATUS: Readonly<Record<string, number>> = { GOOD: 0, BUSY: 8, RC: 0x18, CT: 0x22, OOR: 2, UA: 2 };

/** Data-out: resource `r`, a host of one letter, a lease in ms. */
function block(host: string, lockClass: number, lease: number): Uint8Array {
  const out = Buffer.alloc(512);
  out.writeBigUInt64BE(BigInt(lease), 0x10);
  out.writeBigUInt64BE(BigInt(lockClass), 0x18);
  out.write('r', 0x7f);
  out.write(host, 0xdf);
  return Uint8Array.from(out);
}

/** `A trylock ex = GOOD`, with more fields; commands are a second apart. */
function command(line: string, n: number, more: Partial<DiskCommandEvent> = {}): DiskCommandEvent {
  const [host = '', op = '', mode = 'ex', , answer = ''] = line.split(' ');
  const at = BigInt(n) * 1_000_000_000n;
  const cdb = bytes(`f0${OPS.indexOf(op).toString(16)}0 0000000000000000 00000200 0100`);
  const sense =
    answer === 'OOR' ? OOR : answer === 'UA' ? bytes('70000600 0000000a 00000000 29000000 0000') : bytes('');
  return {
    ...{
      kind: 'disk-command',
      n,
      t: at,
      node: '',
      initiator: `iqn.${host}`,
      isid: '',
      login: 1,
      drive: 'D',
      lun: 0,
    },
    ...{ name: null, cdb, direction: 'write', expectedLength: 512 },
    ...{ dataOut: { length: 512, bytes: block(host, mode === 'sh' ? 2 : 0, 60_000) } },
    ...{ dataIn: { length: 0, bytes: bytes('') }, arrived: 3 * n, executed: 3 * n + 1, answered: 3 * n + 2 },
    ...{
      arrivedAt: at,
      at,
      answeredAt: at,
      outcome: 'status',
      status: STATUS[answer] ?? null,
      sense,
      fault: null,
    },
    ...more,
  };
}

const judge = (events: readonly DiskEvent[], profile = PRESCRIBED) =>
  replayDrives(events, profile).deviations.map(({ rule, event, weight }) => `${rule} ${event} ${weight}`);
const trace = (...lines: readonly string[]) => lines.map((line, n) => command(line, n));

void describe('replay of a trace', () => {
  void it('says nothing of a drive that is right', () => {
    assert.deepEqual(
      judge(trace('A trylock ex = GOOD', 'B trylock ex = RC', 'A unlock ex = GOOD', 'B trylock sh = GOOD')),
      [],
    );
  });

  void it('names rule, event and weight of the first deviation about a mutex', () => {
    assert.deepEqual(judge(trace('A trylock ex = GOOD', 'B trylock ex = GOOD', 'C trylock ex = GOOD')), [
      'IDM-24 1 standard',
    ]);
    assert.deepEqual(judge(trace('A trylock ex = GOOD', 'B break ex = GOOD')), ['IDM-53 1 profile']);
    assert.deepEqual(judge(trace('A trylock ex = GOOD', 'B trylock ex = BUSY')), ['IDM-18 1 profile']);
  });

  void it('goes by the order of effects, not by that of the lines', () => {
    const [first, second] = trace('A trylock ex = GOOD', 'B trylock ex = RC');
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(judge([second, first]), []);
  });

  void it('drives do not know of each other', () => {
    assert.deepEqual(
      judge([command('A trylock ex = GOOD', 0), command('B trylock ex = GOOD', 1, { drive: 'E' })]),
      [],
    );
  });

  void it('what took no effect, a unit attention, and other commands do not count', () => {
    const events = [
      command('A trylock ex = GOOD', 0),
      command('A unlock ex = GOOD', 1, { executed: null, at: null, outcome: 'aborted', status: null }),
      command('A unlock ex = UA', 2),
      command('A unlock ex = GOOD', 3, { cdb: bytes('2a000000000000000100') }),
      command('B trylock ex = RC', 4),
    ];
    assert.deepEqual(judge(events), []);
    assert.equal(replayDrives(events, PRESCRIBED).judged, 2);
  });

  void it('an answer that was lost, or changed by a fault, leaves the effect', () => {
    for (const more of [
      { outcome: 'drop-connection', status: null },
      { fault: 'busy', status: 8 },
    ] as const)
      assert.deepEqual(judge([command('A trylock ex = GOOD', 0, more), command('B trylock ex = RC', 1)]), []);
  });

  void it('the direction tells a read from a write, and a command without one is refused', () => {
    const blank = { dataOut: { length: 0, bytes: bytes('') }, expectedLength: 512 };
    const empty = { length: 512, bytes: bytes(`000000000000dead${'00'.repeat(504)}`) };
    const read = { ...blank, direction: 'read', dataIn: empty } as const;
    assert.deepEqual(judge([command('A trylock ex = GOOD', 0, read), command('B trylock ex = GOOD', 1)]), []);
    const none = { ...blank, direction: 'none' } as const;
    assert.deepEqual(judge([command('A trylock ex = GOOD', 0, none)]), ['IDM-04 0 profile']);
    const refused = { ...none, status: 2, sense: bytes('70000500 0000000a 00000000 24000000 0000') };
    assert.deepEqual(judge([command('A trylock ex = ?', 0, refused)]), []);
  });

  void it('a power cut empties the table, a reset does not', () => {
    const cut = {
      kind: 'disk-power-cut',
      n: 1,
      t: 1n,
      node: '',
      drive: 'D',
      lun: 0,
      order: 3,
      at: 1n,
    } as const;
    const reset = { ...cut, kind: 'disk-reset', initiator: 'i', isid: '', login: 1 } as const;
    const [first, later] = [command('A trylock ex = GOOD', 0), command('B trylock ex = GOOD', 2)];
    assert.deepEqual(judge([first, cut, later]), []);
    assert.deepEqual(judge([first, reset, later]), ['IDM-61 2 profile']);
  });

  void it('a profile that knows less of the drive asks less of it', () => {
    const relock = trace('A trylock ex = GOOD', 'A trylock ex = RC');
    assert.deepEqual(judge(relock), ['IDM-23 1 standard']);
    assert.deepEqual(judge(relock, ANY_GENERATION), []);
    const kept = trace('A trylock sh = GOOD', 'A unlock sh = GOOD', 'A destroy sh = GOOD');
    assert.deepEqual(judge(kept), ['IDM-35 2 standard']);
    assert.deepEqual(judge(kept, ANY_GENERATION), []);
    // What it showed it is bound to from then on.
    assert.deepEqual(
      judge(
        [...kept.slice(0, 2), command('A unlock sh = OOR', 2), command('A destroy sh = GOOD', 3)],
        ANY_GENERATION,
      ),
      ['IDM-35 3 standard'],
    );
  });
});

void describe('mutex commands read from bytes', () => {
  void it('sense is exact or has a flaw (spec idm 5)', () => {
    assert.deepEqual(answerOf(2, OOR), { answer: 'OOR' });
    assert.deepEqual(answerOf(2, bytes(`72052100 00000014 03020001 800e ${'00'.repeat(14)}`)), {
      answer: 'OOR',
    });
    assert.deepEqual(answerOf(2, bytes('70000500 0000000a 00000000 21000000 0000')), {
      answer: 'OOR',
      flaw: 'IDM-16',
    });
    assert.deepEqual(answerOf(2, bytes('70000700 0000000a 00000000 42000100 0000')), { answer: '42' });
    assert.deepEqual(answerOf(2, bytes(`72074100 00000014 03020000 800e ${'00'.repeat(14)}`)), {
      answer: '41',
      flaw: 'IDM-17',
    });
    for (const [fru, answer] of ['40', '41', '42'].entries())
      for (const sense of [
        bytes(`70000b00 0000000a 00000000 55030${String(fru)}00 0000`),
        bytes(`720b5503 00000014 0302000${String(fru)} 800e ${'00'.repeat(14)}`),
      ]) {
        assert.deepEqual(answerOf(2, sense, true), { answer });
        assert.deepEqual(answerOf(2, sense), { answer: 'check' });
      }
    assert.deepEqual(answerOf(2, OOR, true), { answer: 'OOR' });
    assert.deepEqual(answerOf(2, bytes('')), { answer: 'check' });
    assert.deepEqual(answerOf(0x28, bytes('')), { answer: 'other' });
    assert.equal(answerOf(2, bytes('70000600 0000000a 00000000 29000000 0000')), undefined);
  });

  void it('commands of today and of 2020 (spec idm 2)', () => {
    const none = bytes('');
    assert.deepEqual(commandOf(bytes('f001 0000000000000000 00000022 0100'), 'read', none, false), {
      kind: 'list',
      group: 1,
      blocks: 34,
    });
    assert.deepEqual(commandOf(bytes('f001 0000000000000000 00000001 ff00'), 'read', none, false), {
      kind: 'counts',
    });
    assert.deepEqual(
      commandOf(bytes('f000 0000000000000000 00000200 ff00'), 'write', new Uint8Array(512), false),
      {
        kind: 'wipe',
      },
    );
    assert.deepEqual(
      commandOf(bytes('f090 0000000000000000 00000200 0100'), 'write', new Uint8Array(512), false),
      {
        kind: 'bad-op',
      },
    );
    assert.deepEqual(
      commandOf(bytes('f020 0000000000000000 00000200 0100'), 'write', new Uint8Array(511), false),
      {
        kind: 'malformed',
      },
    );
    const old = bytes('88000100 00000020 ff010000 00010000');
    assert.equal(commandOf(old, 'read', none, false), undefined);
    assert.deepEqual(commandOf(old, 'read', none, true), { kind: 'list', group: 1, blocks: 1 });
    assert.deepEqual(commandOf(bytes(`8e00ff${'00'.repeat(10)}010000`), 'write', new Uint8Array(512), true), {
      kind: 'wipe',
    });
    assert.equal(commandOf(bytes('88000000 00000020 ff010000 00010000'), 'read', none, true), undefined);
  });
});
