import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLun, writeLun } from './lun.js';
import { serialAdd, serialDistance } from './serial.js';

describe('logical unit numbers', () => {
  it('are read in peripheral and in flat form, and in no other', () => {
    const read = (hex: string) => readLun(Buffer.from(hex, 'hex'));
    assert.equal(read('0000000000000000'), 0);
    assert.equal(read('00ff000000000000'), 255);
    assert.equal(read('4000000000000000'), 0);
    assert.equal(read('4123000000000000'), 0x123);
    assert.equal(read('7fff000000000000'), 0x3fff);
    for (const hex of [
      '0100000000000000',
      '8000000000000000',
      'c101000000000000',
      '0001000000000001',
      '0001000100000000',
    ])
      assert.equal(read(hex), undefined, hex);
  });

  it('round trip', () => {
    for (let lun = 0; lun < 0x4000; lun++) assert.equal(readLun(writeLun(lun)), lun);
    assert.throws(() => writeLun(0x4000), RangeError);
    assert.throws(() => writeLun(-1), RangeError);
  });
});

describe('serial numbers', () => {
  it('wrap', () => {
    assert.equal(serialAdd(0xffff_ffff, 1), 0);
    assert.equal(serialAdd(0, -1), 0xffff_ffff);
    assert.equal(serialDistance(0xffff_ffff, 1), 2);
    assert.equal(serialDistance(1, 0xffff_ffff), -2);
  });
});
