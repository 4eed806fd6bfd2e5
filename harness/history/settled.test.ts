import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent } from './events.js';
import { encodeRegions, RequestType } from '../ulog/index.js';
import { areAllThatIsMarked, areCommitted, isSettled } from './settled.js';

const base = { n: 0, t: 0n, node: 'node1', tid: 1 };

function sent(call: number, type: number, regions: readonly bigint[] = []): HistoryEvent {
  const connector = { seq: call, ack: 0, len: 160, flags: 0 };
  const payload = encodeRegions(regions);
  const request = { uuid: 'U', luid: 1n, version: 3, error: 0, dataSize: payload.length, payload, connector };
  return { ...base, kind: 'transmission', call, seq: call, type, ...request };
}

function returned(call: number): HistoryEvent {
  return { ...base, kind: 'return', call, result: 0 };
}

const { MARK_REGION, FLUSH, CLEAR_REGION } = RequestType;
const write = [sent(1, MARK_REGION, [3n]), sent(2, FLUSH), returned(2)];

test('a log without marks is settled', () => {
  assert.equal(isSettled([]), true);
});

test('a marked region is not, nor a cleared one whose FLUSH has not returned', () => {
  assert.equal(isSettled(write), false);
  const cleared = [...write, sent(3, CLEAR_REGION, [3n]), returned(3)];
  assert.equal(isSettled(cleared), false);
  assert.equal(isSettled([...cleared, sent(4, FLUSH)]), false);
  assert.equal(isSettled([...cleared, sent(4, FLUSH), returned(4)]), true);
});

test('marks are committed when the FLUSH behind the last of them has returned', () => {
  const marked = [sent(1, MARK_REGION, [3n]), returned(1)];
  assert.equal(areCommitted(marked, [3]), false);
  assert.equal(areCommitted([...marked, sent(2, FLUSH)], [3]), false);
  assert.equal(areCommitted(write, [3]), true);
  assert.equal(areCommitted(write, [3, 4]), false);
  const more = [...write, sent(3, FLUSH, [4n])];
  assert.equal(areCommitted(more, [3, 4]), false);
  assert.equal(areCommitted([...more, returned(3)], [3, 4]), true);
});

test('the regions of writes in flight are all that is marked once every call has returned', () => {
  const asked: HistoryEvent = {
    ...base,
    kind: 'request',
    call: 2,
    uuid: 'U',
    luid: 1n,
    type: FLUSH,
    dataSize: 0,
  };
  const [mark, flush, done] = write;
  assert.ok(mark && flush && done);
  assert.equal(areAllThatIsMarked([mark, asked, flush], [3]), false);
  assert.equal(areAllThatIsMarked([mark, asked, flush, done], [3]), true);
  assert.equal(areAllThatIsMarked(write, [3, 4]), false);
  assert.equal(areAllThatIsMarked([...write, sent(3, CLEAR_REGION, [3n])], [3]), false);
});
