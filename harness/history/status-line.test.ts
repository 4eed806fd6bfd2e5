import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMirrorStatus } from './status-line.js';

test('reads the lines of the fact specification, section 5', () => {
  assert.deepEqual(parseMirrorStatus('0 131072 mirror 2 7:0 7:1 8/8 1 AA 1 clustered-core'), {
    legs: ['7:0', '7:1'],
    inSync: 8,
    regions: 8,
    health: 'AA',
    logType: 'clustered-core',
    logWords: [],
  });
  assert.deepEqual(parseMirrorStatus('0 131072 mirror 2 7:0 7:1 64/64 1 AA 3 clustered-disk 7:9 A'), {
    legs: ['7:0', '7:1'],
    inSync: 64,
    regions: 64,
    health: 'AA',
    logType: 'clustered-disk',
    logWords: ['7:9', 'A'],
  });
});

test('skips the word userspace in front of COM_FAILURE', () => {
  const status = parseMirrorStatus('0 8 mirror 2 7:0 7:1 0/1 1 DA userspace 1 COM_FAILURE');
  assert.equal(typeof status === 'string' ? status : status.logType, 'COM_FAILURE');
});

const refused: readonly [line: string, reason: string][] = [
  ['0 8 mirror 2 7:0 7:1 1/1 1 AA', 'the number of log words is missing'],
  ['0 8 mirror 2 7:0 7:1 1/1 1 AA 2 clustered-core', '2 log words are announced, 1 follow'],
  ['0 8 mirror 2 7:0 7:1 2/1 1 AA 1 clustered-core', 'more regions in sync than there are: 2/1'],
  ['0 8 mirror 2 7:0 7:1 1/1 1 A 1 clustered-core', '1 health characters for 2 legs'],
  ['0 8 mirror 2 7:0 7:1 1/1 1 Ax 1 clustered-core', 'the health of the legs is "Ax"'],
  ['0 8 mirror 2 7:0 7:1 1/1 1 AA 3 clustered-disk /dev/x A', 'the log device and its health are "/dev/x A"'],
  ['0 8 linear', 'the target type is "linear"'],
];
for (const [line, reason] of refused) {
  test(`refuses "${line}"`, () => {
    assert.equal(parseMirrorStatus(line), reason);
  });
}
