/** Assertions 13.1 of spec idm: commands and data layout. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { legacyReadCdb, legacyWriteCdb, MUTEX_OP, mutexReadCdb, mutexWriteCdb } from './cdb.js';
import { MOST_BLOCKS, MutexCommands } from './commands.js';
import { decodeDataBlock, endMarkerBlock } from './data-block.js';
import { FIRMWARE_2023, type Firmware } from './firmware.js';
import { TestDrive, wireId, wishBlock } from './testing/drive.js';
import { runSteps, wordFor } from './testing/steps.js';

const desk = (switches: Partial<Firmware> = {}) =>
  new TestDrive(new MutexCommands({ ...FIRMWARE_2023, ...switches }));

const FIXED = (key: number, asc: number, fru = 1) =>
  Buffer.from([0x70, 0, key, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, asc, 0, fru, 0, 0, 0]);
const DESCRIPTOR = (key: number, asc: number, fru = 1) =>
  Buffer.from([0x72, key, asc, 0, 0, 0, 0, 0x14, 3, 2, 0, fru, 0x80, 0x0e, ...Array<number>(14).fill(0)]);

void describe('mutex commands and their data', () => {
  void it('IDM-03: a read of N blocks is N x 512 bytes, as far as the initiator has room', () => {
    const drive = desk();
    assert.equal(drive.read(mutexReadCdb(3), 4096).dataIn.length, 3 * 512);
    assert.equal(drive.read(mutexReadCdb(3), 4096).wanted, 3 * 512);
    assert.equal(drive.read(mutexReadCdb(8), 1000).dataIn.length, 1000);
    assert.equal(drive.read(mutexReadCdb(8), 1000).wanted, 8 * 512);
    assert.equal(drive.read(mutexReadCdb(0), 512).dataIn.length, 0);
  });

  void it('a read of very many blocks is bounded, and says how many it gives', () => {
    const { dataIn, wanted } = desk().read(mutexReadCdb(0xffff_ffff), 0xffff_ffff);
    assert.equal(dataIn.length, MOST_BLOCKS * 512);
    assert.equal(wanted, dataIn.length);
  });

  void it('IDM-07: a list echoes ids, metadata, time, countdown and class as last accepted', () => {
    const drive = desk();
    const metadata = Buffer.alloc(64, Buffer.from('feed', 'hex'));
    const wish = {
      host: 'A',
      resource: 'r',
      mode: 'sh',
      lease: 30_000n,
      time: 0x0123_4567_89abn,
      metadata,
    } as const;
    drive.op('trylock', wish);
    const sent = wishBlock('trylock', wish);
    sent.writeBigUInt64BE(0x0101n, 0);
    assert.deepEqual(drive.blocksRead(1)[0], sent);
    // Refused, hence not accepted.
    drive.op('trylock', { ...wish, lease: 1n, time: 2n, metadata: Buffer.alloc(64, 1) });
    assert.deepEqual(drive.blocksRead(1)[0], sent);
    drive.op('refresh', { ...wish, lease: 20_000n, time: 3n });
    const [entry] = drive.entries();
    assert.equal(entry?.countdown, 20_000n);
    assert.equal(entry.timeNow, 3n);
  });

  void it('IDM-08: the countdown that a list gives does not tick', () => {
    const drive = desk();
    drive.op('trylock', { lease: 30_000n });
    for (const ms of [1, 10_000, 30_000]) {
      drive.wait(ms);
      assert.equal(drive.entries()[0]?.countdown, 30_000n);
    }
  });

  void it('IDM-09, IDM-10: behind the last entry, and in an empty table, come end markers and zeros', () => {
    const drive = desk();
    assert.deepEqual(drive.blocksRead(3), [endMarkerBlock(), endMarkerBlock(), endMarkerBlock()]);
    drive.op('trylock');
    assert.deepEqual(drive.blocksRead(3).slice(1), [endMarkerBlock(), endMarkerBlock()]);
  });

  void it('a list that is asked for fewer blocks is cut (spec idm 6.6)', () => {
    const drive = desk();
    for (const resource of ['p', 'q', 'r']) drive.op('trylock', { resource });
    assert.deepEqual(
      drive.blocksRead(2).map((block) => decodeDataBlock(block).resourceId),
      [wireId('p', 64), wireId('q', 64)],
    );
  });

  void it('garbagePadding: what lies behind the last entry is no end marker', () => {
    const [block] = desk({ garbagePadding: true }).blocksRead(1);
    assert.notDeepEqual(block, endMarkerBlock());
  });

  void it('IDM-11, IDM-12: the inquiry counts entries, of the drive in bytes 0-1, of group g in 2g and 2g+1', () => {
    const drive = desk();
    for (const host of ['A', 'B', 'C']) drive.op('trylock', { host, mode: 'sh', group: 2 });
    drive.op('trylock', { host: 'A', group: 3 });
    const { dataIn } = drive.read(mutexReadCdb(1, 0xff), 512);
    assert.equal(dataIn.toString('hex'), '0004' + '0000' + '0003' + '0001' + '00'.repeat(504));
  });

  void it('groups are name spaces of their own (spec idm 6.5), which 2020 firmware ignored on read', () => {
    const drive = desk();
    assert.equal(wordFor(drive.op('trylock', { host: 'A' })), 'GOOD');
    assert.equal(wordFor(drive.op('trylock', { host: 'B', group: 2 })), 'GOOD');
    assert.deepEqual([drive.shown(1), drive.shown(2), drive.shown(3)], [['r A ex 101'], ['r B ex 101'], []]);
    const old = desk({ readIgnoresGroup: true });
    old.op('trylock', { host: 'A', group: 2 });
    assert.deepEqual(old.shown(1), ['r A ex 101']);
  });

  void it('IDM-13: the wipe leaves nothing', () => {
    runSteps(desk(), [
      'A trylock',
      'B trylock sh on=s group=2',
      'count = 2',
      'wipe = GOOD',
      'count = 0',
      'list = ',
    ]);
  });

  void it('IDM-14: VPD page C3h has 112 bytes and the major version at 60h', () => {
    const page = new MutexCommands(FIRMWARE_2023).vpdPages.get(0xc3);
    assert.equal(page?.toString('hex'), '00c3006c' + '00'.repeat(92) + '01' + '00'.repeat(15));
  });

  void it('IDM-15: an undefined operation ends in CHECK CONDITION and changes nothing', () => {
    for (const op of [0, 8, 9, 15]) {
      const drive = desk();
      drive.op('trylock', { host: 'A' });
      const ended = drive.write(mutexWriteCdb(op), wishBlock('unlock', { host: 'A' }));
      assert.equal(ended.status, 0x02);
      assert.deepEqual(ended.sense, FIXED(7, 0x31));
      assert.deepEqual(drive.shown(), ['r A ex 101']);
    }
  });

  void it('IDM-16: "not found" has its exact sense, 18 bytes fixed or 28 with descriptors', () => {
    for (const op of ['unlock', 'refresh', 'break', 'destroy'] as const) {
      assert.deepEqual(desk().op(op).sense, FIXED(5, 0x21));
      assert.deepEqual(desk({ descriptorSense: true }).op(op).sense, DESCRIPTOR(5, 0x21));
    }
  });

  void it('IDM-17: full tables have key 7, ASC 40h, 41h or 42h and FRU 1', () => {
    const limits = { entries: 2, hosts: 2, hostsOfMutex: 2 };
    for (const [descriptorSense, layOut] of [
      [false, FIXED],
      [true, DESCRIPTOR],
    ] as const) {
      const full = (lines: readonly string[], last: Parameters<TestDrive['op']>[1]) => {
        const drive = desk({ limits, descriptorSense });
        runSteps(drive, lines);
        return drive.op('trylock', last).sense;
      };
      assert.deepEqual(full(['A trylock', 'A trylock on=s'], { host: 'A', resource: 't' }), layOut(7, 0x40));
      assert.deepEqual(full(['A trylock sh', 'B trylock sh'], { host: 'C', mode: 'sh' }), layOut(7, 0x42));
      const two = { entries: 9, hosts: 2, hostsOfMutex: 2 };
      const drive = desk({ limits: two, descriptorSense });
      runSteps(drive, ['A trylock', 'B trylock on=s']);
      assert.deepEqual(drive.op('trylock', { host: 'C', resource: 't' }).sense, layOut(7, 0x41));
    }
  });

  void it('the descriptor form of "invalid opcode" has 36 bytes (spec idm 5)', () => {
    const { sense } = desk({ descriptorSense: true }).write(mutexWriteCdb(9), Buffer.alloc(512));
    assert.equal(
      sense.toString('hex'),
      '720520000000001c' + '02060000cf000000' + '03020001' + '800e' + '00'.repeat(14),
    );
  });

  void it('newerSense: 0B/55/03 for full tables, 05/20 with FRU 0Ah for unknown operations (spec idm 5)', () => {
    const drive = desk({ newerSense: true, limits: { entries: 0, hosts: 0, hostsOfMutex: 0 } });
    assert.equal(drive.op('trylock').sense.toString('hex'), '70000b000000000a00000000550300000000');
    assert.deepEqual(drive.write(mutexWriteCdb(9), Buffer.alloc(512)).sense, FIXED(5, 0x20, 0x0a));
  });

  void it('IDM-18: contention is never BUSY, except for LOCK by switch', () => {
    runSteps(desk(), ['A trylock', 'B trylock = RC', 'B lock = RC', 'B break = RC', 'B init = RC']);
    runSteps(desk({ lockContention: 'busy' }), ['A trylock', 'B lock = BUSY', 'B trylock = RC']);
  });

  void it('data-out is 512 bytes and says so, in bytes or as one block', () => {
    const drive = desk();
    const lengthSays = (length: number) => {
      const cdb = mutexWriteCdb(MUTEX_OP.trylock);
      cdb.writeUInt32BE(length, 10);
      return cdb;
    };
    const block = wishBlock('trylock', {});
    assert.equal(wordFor(drive.write(lengthSays(2), block)), '05/24');
    assert.equal(wordFor(drive.write(lengthSays(512), block.subarray(0, 511))), '05/24');
    assert.deepEqual(drive.shown(), []);
    assert.equal(wordFor(drive.write(lengthSays(1), block)), 'GOOD');
  });

  void it('no data, or data both ways, is an illegal request (spec idm 2.3)', () => {
    const commands = new MutexCommands();
    const nexus = { initiator: 'i', isid: '0', target: 't', login: 1 };
    const { signal } = new AbortController();
    for (const direction of ['none', 'both'] as const) {
      const task = {
        ...{ nexus, lun: 0, cdb: mutexWriteCdb(MUTEX_OP.trylock), direction, signal },
        ...{ expectedLength: 512, expectedReadLength: 0, dataOut: wishBlock('trylock', {}) },
      };
      const answer = commands.execute(task, { now: 0n, blocks: 1, blockSize: 512 });
      assert.ok(answer.kind === 'status' && answer.status === 0x02 && answer.sense?.[2] === 5);
    }
  });

  void it('unknown classes are refused, unknown groups not found', () => {
    const drive = desk();
    const block = wishBlock('trylock', {});
    block.writeBigUInt64BE(3n, 0x18);
    assert.equal(wordFor(drive.write(mutexWriteCdb(MUTEX_OP.trylock), block)), '05/26');
    assert.equal(wordFor(drive.op('trylock', { group: 0 })), 'OOR');
    assert.equal(wordFor(drive.op('trylock', { group: 255 })), 'OOR');
    assert.equal(drive.count(), 0);
  });

  void it('legacyAliases: the commands of 2020 reach the same table', () => {
    const drive = desk({ legacyAliases: true });
    assert.equal(wordFor(drive.write(legacyWriteCdb(MUTEX_OP.trylock), wishBlock('trylock', {}))), 'GOOD');
    assert.deepEqual(drive.shown(), ['r A ex 101']);
    assert.equal(drive.read(legacyReadCdb(1, 0xff), 512).dataIn.readUInt16BE(0), 1);
    assert.equal(wordFor(drive.write(legacyWriteCdb(MUTEX_OP.normal, 0xff), Buffer.alloc(512))), 'GOOD');
    assert.equal(drive.count(), 0);
  });
});
