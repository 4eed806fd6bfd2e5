import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MirrorTable, tableLine } from './table.js';

const table: MirrorTable = {
  uuid: 'U',
  regions: 64,
  regionSectors: 2048,
  log: 'clustered-core',
  logDevice: '/dev/vdz',
  sync: 'nosync',
  integratedFlush: false,
  handleErrors: false,
};

test('writes the line of the fact specification, section 5', () => {
  assert.equal(
    tableLine(table, ['7:0', '7:1']),
    '0 131072 mirror userspace 4 U clustered-core 2048 nosync 2 7:0 0 7:1 0',
  );
});

test('counts integrated_flush among the arguments of the log', () => {
  assert.equal(
    tableLine({ ...table, sync: 'default', integratedFlush: true, handleErrors: true }, ['a', 'b']),
    '0 131072 mirror userspace 4 U integrated_flush clustered-core 2048 2 a 0 b 0 1 handle_errors',
  );
});

test('names the log device in front of the region size', () => {
  assert.equal(
    tableLine({ ...table, log: 'clustered-disk' }, ['7:0', '7:1']),
    '0 131072 mirror userspace 5 U clustered-disk /dev/vdz 2048 nosync 2 7:0 0 7:1 0',
  );
});

test("counts the arguments of the kernel's own logs without their type", () => {
  assert.equal(
    tableLine({ ...table, log: 'disk' }, ['7:0', '7:1']),
    '0 131072 mirror disk 3 /dev/vdz 2048 nosync 2 7:0 0 7:1 0',
  );
  assert.equal(
    tableLine({ ...table, log: 'core', sync: 'default' }, ['7:0', '7:1']),
    '0 131072 mirror core 1 2048 2 7:0 0 7:1 0',
  );
});

test('hands constructor words on as they are', () => {
  assert.equal(
    tableLine({ ...table, constructorWords: ['clustered_core', 'many', '8'] }, ['7:0', '7:1']),
    '0 131072 mirror userspace 4 U clustered_core many 8 2 7:0 0 7:1 0',
  );
});
