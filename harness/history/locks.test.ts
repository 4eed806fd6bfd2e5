import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HistoryEvent, LockCallEvent } from './events.js';
import { History } from './history.js';
import { lockExchanges } from './locks.js';

const id = (name: string, bytes: number) =>
  Uint8Array.from(Buffer.from(name.padEnd(bytes, '\0')).toReversed());
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

function call(n: number, of: number, op: LockCallEvent['op'], given: Partial<LockCallEvent> = {}) {
  const named = op === 'read' || op === 'count' || op === 'wipe' ? new Uint8Array() : id('r', 64);
  return {
    ...{ kind: 'lock-call', n, t: BigInt(n), node: 'a', call: of, drive: 'D1', host: id('a', 32), op },
    ...{ resource: named, lockClass: 0, countdown: 0n, timeNow: 0n, control: 0, lvb: new Uint8Array(7) },
    ...{ metadata: new Uint8Array(64), guest: 0n },
    ...given,
  } satisfies HistoryEvent;
}

function answer(
  n: number,
  of: number,
  status: number | null,
  given: { sense?: string; dataIn?: string } = {},
) {
  return {
    ...{ kind: 'lock-answer', n, t: BigInt(n), node: 'a', call: of, status, guest: 0n },
    ...{ sense: hex(given.sense ?? ''), dataIn: hex(given.dataIn ?? '') },
  } satisfies HistoryEvent;
}

const linesOf = (...events: HistoryEvent[]) =>
  lockExchanges(
    new History(
      {
        ...{ kind: 'header', schemaVersion: 1, test: 't', ids: [], underTest: 'drive', kernel: '6', seed: 0 },
        ...{ daemon: 'none', node: 'a', userland: 'trixie', started: '2026', clock: 'guest-monotonic' },
      },
      events,
    ),
  ).map(({ line }) => line);

/** A block of a list (spec idm 3). */
function block(state: string, host: string, lvb = '00'.repeat(8)): string {
  const bytes = Buffer.alloc(512);
  bytes.writeBigUInt64BE(BigInt(`0x${state}`), 0);
  bytes.writeBigUInt64BE(2n, 0x18);
  bytes.write(lvb, 0x20, 'hex');
  bytes.set(id('r', 64), 0x40);
  bytes.set(id(host, 32), 0xc0);
  return bytes.toString('hex');
}

describe('calls about locks', () => {
  it('are told in the order in which they were made, each with its answer', () => {
    assert.deepEqual(
      linesOf(
        call(0, 1, 'unlock', { lockClass: 2 }),
        answer(1, 1, 0x22),
        answer(2, 0, 0x18),
        call(3, 0, 'trylock', { host: id('b', 32) }),
        call(4, 2, 'break'),
        answer(5, 2, null),
        call(6, 3, 'wipe'),
      ),
      ['b trylock exclusive r → RC', 'a unlock shared r → CT', 'a break exclusive r → lost', 'a wipe → lost'],
    );
  });

  it('are refused in words of the specification, whichever form the sense has', () => {
    const senses = [
      '700005000000000a00000000210001000000',
      '720521000000001403020001800e0000000000000000000000000000',
      '700007000000000a00000000400001000000',
      '72074200000000140302000180',
      '700005000000000a00000000240000c00003',
    ];
    assert.deepEqual(
      linesOf(
        ...senses.flatMap((sense, n) => [call(2 * n, n, 'init'), answer(2 * n + 1, n, 0x02, { sense })]),
        call(20, 20, 'lock'),
        answer(21, 20, 0x08),
      ).map((line) => line.replace(/.* → /, '')),
      ['OOR', 'OOR', 'full 40', 'full 42', 'check 24', 'BUSY'],
    );
  });

  it('give lists up to the end marker, and counts', () => {
    const end = `000000000000dead${'00'.repeat(504)}`;
    const dataIn = block('103', 'a') + block('104', 'b', '0001020304050607') + end + block('101', 'c');
    assert.deepEqual(
      linesOf(
        call(0, 0, 'read'),
        answer(1, 0, 0x00, { dataIn }),
        call(2, 1, 'read'),
        answer(3, 1, 0x00, { dataIn: end }),
        call(4, 2, 'count'),
        answer(5, 2, 0x00, { dataIn: `0102${'00'.repeat(510)}` }),
      ),
      [
        'a list → r a shared multiple locked, r b shared timeout lvb 0001020304050607',
        'a list → nothing',
        'a count → 258',
      ],
    );
  });
});
