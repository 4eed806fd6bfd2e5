import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DiskCommandEvent, DiskProfileEvent } from '../history/index.js';
import { History } from '../history/index.js';
import { judgeHistory } from './judge.js';

// An own encoding of TRYLOCK (spec idm 2.1, 3): the oracle's tests know no drive of ours.
function trylock(host: string): Uint8Array<ArrayBuffer> {
  const block = Buffer.alloc(512);
  block.writeBigUInt64BE(60_000n, 0x10);
  block.write('r', 0x7f);
  block.write(host, 0xdf);
  return Uint8Array.from(block);
}

function command(n: number, host: string, status: number): DiskCommandEvent {
  const at = BigInt(n) * 1_000_000n;
  return {
    ...{ kind: 'disk-command', n, t: at, node: host, initiator: `iqn.${host}`, isid: '0', login: 1 },
    ...{
      drive: 'D1',
      lun: 0,
      name: null,
      cdb: Uint8Array.from([0xf0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0]),
      direction: 'write',
      expectedLength: 512,
    },
    ...{ dataOut: { length: 512, bytes: trylock(host) }, dataIn: { length: 0, bytes: new Uint8Array() } },
    ...{ arrived: 3 * n, executed: 3 * n + 1, answered: 3 * n + 2, arrivedAt: at, at, answeredAt: at },
    ...{ outcome: 'status', status, sense: new Uint8Array(), fault: null },
  };
}

/** A drive like those of 2020, where a second TRYLOCK by the holder is a conflict (spec idm 6.2). */
const profile = (n: number, mutexes: Partial<DiskProfileEvent['mutexes']> | null = {}): DiskProfileEvent => ({
  ...{ kind: 'disk-profile', n, t: 0n, node: '', drive: 'D1', lun: 0 },
  mutexes: mutexes && {
    ...{ limits: { entries: 128, hosts: 32, hostsOfMutex: 32 }, majorVersion: 1, keepLastShared: false },
    ...{ destroyExpired: 'RC', unlockOfUnlocked: 'RC', relockLive: 'RC', relockExpired: 'RC' },
    ...{ lockContention: 'RC', lvbCopiedAtLock: true, refusedBreakEvicts: false, multipleLocked: false },
    ...{ readIgnoresGroup: true, anyPadding: false, legacyAliases: true, newerSense: false },
    ...mutexes,
  },
});

const judged = (...events: (DiskCommandEvent | DiskProfileEvent)[]) =>
  judgeHistory(
    new History(
      {
        ...{
          kind: 'header',
          schemaVersion: 1,
          test: 't',
          ids: [],
          underTest: 'kernel',
          kernel: '6',
          seed: 0,
        },
        ...{ daemon: 'puppet', node: 'a', userland: 'trixie', started: '2026', clock: 'guest-monotonic' },
      },
      events,
    ),
  );

describe('drives in a history', () => {
  it('are judged by their own trace, as a side of their own', () => {
    assert.deepEqual(judged(command(0, 'a', 0x00), command(1, 'b', 0x18)), []);
    const [deviation, ...others] = judged(command(0, 'a', 0x00), command(1, 'b', 0x00));
    assert.deepEqual([deviation?.id, deviation?.side, deviation?.events], ['IDM-24', 'drive', [1]]);
    assert.match(deviation?.expected ?? '', /^RC to trylock/);
    assert.deepEqual(others, []);
  });

  it('are held to what is said of them, and to what is prescribed where nothing is said', () => {
    const again = [command(0, 'a', 0x00), command(1, 'a', 0x18)];
    const rules = (...events: DiskProfileEvent[]) => judged(...again, ...events).map(({ id }) => id);
    assert.deepEqual(rules(), ['IDM-23']);
    assert.deepEqual(rules(profile(2)), []);
    assert.deepEqual(rules(profile(2, { relockLive: 'CT' })), ['IDM-23']);
    assert.deepEqual(rules({ ...profile(2), drive: 'another' }), ['IDM-23']);
    // A drive without mutexes may do with opcode F0h what it likes.
    assert.deepEqual(rules(profile(2, null)), []);
  });
});
