import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  legacyReadCdb,
  legacyWriteCdb,
  MUTEX_OP,
  mutexReadCdb,
  mutexWriteCdb,
  parseMutexCdb,
  wipeCdb,
} from './cdb.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

void describe('mutex CDBs', () => {
  void it('IDM-01: a write is F0, op in the high nibble of byte 1, 200h in bytes 10-13, group 1', () => {
    assert.deepEqual(mutexWriteCdb(MUTEX_OP.trylock), hex('f020 0000000000000000 00000200 01 00'));
    assert.deepEqual(mutexWriteCdb(MUTEX_OP.destroy), hex('f070 0000000000000000 00000200 01 00'));
    assert.deepEqual(wipeCdb(), hex('f000 0000000000000000 00000200 ff 00'));
  });

  void it('IDM-02: a read is F0 01, a count of blocks in bytes 10-13 and the group in byte 14', () => {
    assert.deepEqual(mutexReadCdb(34), hex('f001 0000000000000000 00000022 01 00'));
    assert.deepEqual(mutexReadCdb(1, 0xff), hex('f001 0000000000000000 00000001 ff 00'));
  });

  void it('IDM-04: the direction tells read from write, not byte 1', () => {
    const trylock = mutexWriteCdb(MUTEX_OP.trylock);
    assert.deepEqual(parseMutexCdb(trylock, 'write', false), { kind: 'write', op: 2, group: 1, length: 512 });
    assert.deepEqual(parseMutexCdb(trylock, 'read', false), { kind: 'read', group: 1, blocks: 512 });
    assert.deepEqual(parseMutexCdb(mutexReadCdb(3), 'write', false), {
      kind: 'write',
      op: 0,
      group: 1,
      length: 3,
    });
    for (const direction of ['none', 'both'] as const)
      assert.deepEqual(parseMutexCdb(trylock, direction, false), { kind: 'no-direction' });
  });

  void it('the CDBs of 2020 are aliases by switch only (spec idm 2.5)', () => {
    const read = hex('88000100000000 20ff01 00000001 0000');
    assert.deepEqual(legacyReadCdb(1), read);
    assert.equal(parseMutexCdb(read, 'read', false), undefined);
    assert.deepEqual(parseMutexCdb(read, 'read', true), { kind: 'read', group: 1, blocks: 1 });
    const wipe = hex('8e00ff00000000000000 00000001 0000');
    assert.deepEqual(legacyWriteCdb(MUTEX_OP.normal, 0xff), wipe);
    assert.deepEqual(parseMutexCdb(wipe, 'write', true), { kind: 'write', op: 0, group: 255, length: 1 });
    assert.deepEqual(parseMutexCdb(legacyWriteCdb(MUTEX_OP.break, 1, 0x89), 'write', true), {
      kind: 'write',
      op: 6,
      group: 1,
      length: 1,
    });
  });

  void it('ordinary READ(16), COMPARE AND WRITE and WRITE AND VERIFY(16) are left alone', () => {
    for (const opcode of [0x88, 0x89, 0x8e]) {
      const cdb = Buffer.alloc(16);
      cdb[0] = opcode;
      cdb.writeUIntBE(0xffff_ffff_ffff, 3, 6);
      for (const direction of ['read', 'write'] as const)
        assert.equal(parseMutexCdb(cdb, direction, true), undefined);
    }
  });

  void it('other opcodes and short CDBs are not its own', () => {
    assert.equal(parseMutexCdb(Buffer.alloc(16), 'read', true), undefined);
    assert.equal(parseMutexCdb(Buffer.from([0xf0]), 'read', true), undefined);
  });
});
