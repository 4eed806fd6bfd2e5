import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConstructorText } from './constructor-text.js';
import { LogInstance } from './log-instance.js';

function log(regions: number, options = ''): LogInstance {
  return new LogInstance('U', 1n, parseConstructorText(`${regions * 8} clustered-core 8${options}`));
}

function active(regions: number, options = ''): LogInstance {
  const instance = log(regions, options);
  instance.resume();
  return instance;
}

describe('log instance', () => {
  it('goes through the states of spec 6.3', () => {
    const instance = log(4);
    assert.equal(instance.state, 'pending');
    instance.postsuspend();
    assert.equal(instance.state, 'pending');
    instance.resume();
    assert.equal(instance.state, 'active');
    instance.presuspend();
    instance.presuspend();
    assert.equal(instance.state, 'quiescing');
    instance.postsuspend();
    instance.postsuspend();
    assert.equal(instance.state, 'suspended');
    instance.presuspend();
    assert.equal(instance.state, 'suspended');
    instance.resume();
    instance.resume();
    assert.equal(instance.state, 'active');
  });

  it('an interrupted suspend keeps serving, and RESUME is accepted (SUSP-10)', () => {
    const instance = active(4, ' nosync');
    instance.presuspend();
    instance.mark([1]);
    assert.equal(instance.isClean(1), 0);
    instance.clear([1]);
    assert.equal(instance.isClean(1), 1);
    instance.resume();
    assert.equal(instance.state, 'active');
  });

  it('visits every unsynced region once (SYNC-08)', () => {
    const instance = active(70);
    const visited: number[] = [];
    for (let work = instance.getResyncWork(); work.haveWork === 1; work = instance.getResyncWork()) {
      assert.deepEqual(instance.getResyncWork(), work);
      assert.equal(instance.inSync(work.region), 0);
      assert.deepEqual(instance.isRemoteRecovering(), { recovering: 0, inSyncHint: work.region });
      visited.push(work.region);
      instance.setRegionSync(work.region, true);
      instance.clear([work.region]);
    }
    assert.deepEqual(visited, [...Array(70).keys()]);
    assert.equal(instance.syncCount(), 70);
    assert.deepEqual(instance.isRemoteRecovering(), { recovering: 0, inSyncHint: 70 });
  });

  it('offers a region that failed again only after RESUME (SYNC-17)', () => {
    const instance = active(3);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 0 });
    instance.setRegionSync(0, false);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 1 });
    // A write that fails elsewhere does not take away what is being recovered.
    instance.setRegionSync(2, false);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 1 });
    instance.setRegionSync(1, true);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 2 });
    instance.setRegionSync(2, true);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 0, region: 0 });
    instance.presuspend();
    instance.postsuspend();
    instance.resume();
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 0 });
  });

  it('hands out no work unless active, and then says that nothing recovers (SYNC-20)', () => {
    const instance = log(4);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 0, region: 0 });
    instance.resume();
    instance.presuspend();
    assert.deepEqual(instance.getResyncWork(), { haveWork: 0, region: 0 });
    assert.deepEqual(instance.isRemoteRecovering(), { recovering: 0, inSyncHint: 4 });
    instance.postsuspend();
    assert.deepEqual(instance.getResyncWork(), { haveWork: 0, region: 0 });
    assert.deepEqual(instance.isRemoteRecovering(), { recovering: 0, inSyncHint: 4 });
  });

  it('a repeated RESUME keeps everything, the region under recovery too (SUSP-13, RECOV-02)', () => {
    const instance = active(4);
    instance.setRegionSync(3, true);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 0 });
    instance.setRegionSync(0, false);
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 1 });
    instance.resume();
    assert.deepEqual(instance.getResyncWork(), { haveWork: 1, region: 1 });
    assert.equal(instance.syncCount(), 1);
  });

  it('counts each region once (SYNC-06)', () => {
    const instance = active(4);
    instance.setRegionSync(2, true);
    instance.setRegionSync(2, true);
    assert.equal(instance.syncCount(), 1);
    instance.setRegionSync(2, false);
    instance.setRegionSync(2, false);
    assert.equal(instance.syncCount(), 0);
  });

  it('marks and clears, idempotently, and never cleans what is not in sync (FLUSH-18, FLUSH-19)', () => {
    const instance = active(4, ' nosync');
    instance.setRegionSync(1, false);
    instance.mark([0, 1]);
    instance.mark([0, 1]);
    assert.deepEqual(
      [0, 1, 2].map((r) => instance.isClean(r)),
      [0, 0, 1],
    );
    instance.clear([0, 1]);
    instance.clear([0, 1]);
    assert.deepEqual(
      [0, 1, 2].map((r) => instance.isClean(r)),
      [1, 0, 1],
    );
    instance.flush([2, 3]);
    assert.deepEqual(
      [0, 1, 2, 3].map((r) => instance.isClean(r)),
      [1, 0, 0, 0],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((r) => instance.inSync(r)),
      [1, 0, 1, 1],
    );
  });

  it('counts its own regions while pending: none, or all with nosync', () => {
    for (const regions of [1, 31, 32, 33, 63, 64, 65]) {
      assert.equal(log(regions).syncCount(), 0);
      assert.equal(log(regions, ' sync').syncCount(), 0);
      assert.equal(log(regions, ' nosync').syncCount(), regions);
      assert.equal(active(regions, ' nosync').syncCount(), regions);
    }
  });

  it('describes itself', () => {
    assert.equal(log(4, ' nosync').statusInfo(), '1 clustered-core');
    assert.equal(log(4, ' nosync').statusTable(), 'clustered-core 8 nosync');
    assert.equal(log(4).statusTable(), 'clustered-core 8');
  });
});
