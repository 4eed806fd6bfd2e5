import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConstructor, regionCount } from './constructor-text.js';

void describe('parseConstructor', () => {
  const cases: readonly (readonly [string, ReturnType<typeof parseConstructor>])[] = [
    ['4096 clustered-core 1024', { length: 4096, type: 'clustered-core', regionSize: 1024 }],
    [
      '131072 clustered-core 2048 nosync block_on_error',
      { length: 131072, type: 'clustered-core', option: 'nosync', regionSize: 2048 },
    ],
    [
      '4096 clustered-disk 253:0 1024 sync',
      { length: 4096, type: 'clustered-disk', device: '253:0', option: 'sync', regionSize: 1024 },
    ],
    ['4096 clustered_core 1024', { length: 4096, type: 'clustered_core', fault: 'type' }],
    ['4096 clustered-core', { length: 4096, type: 'clustered-core', fault: 'region size' }],
    ['4096 clustered-core nosync', { length: 4096, type: 'clustered-core', fault: 'region size' }],
    ['4096 clustered-core 0', { length: 4096, type: 'clustered-core', fault: 'region size' }],
    ['4096 clustered-core 3072', { length: 4096, type: 'clustered-core', fault: 'region size' }],
    ['4096 clustered-core -8', { length: 4096, type: 'clustered-core', fault: 'region size' }],
    [
      '4096 clustered-disk 7:9',
      { length: 4096, type: 'clustered-disk', device: '7:9', fault: 'region size' },
    ],
    // A daemon may take this for a disk log or refuse it.
    ['4096 clustered-core 7:9 1024', { length: 4096, type: 'clustered-core' }],
    ['clustered-core 1024', undefined],
    ['4096', undefined],
    ['', undefined],
  ];
  for (const [text, parts] of cases) {
    void it(`"${text}"`, () => {
      assert.deepEqual(parseConstructor(text), parts);
    });
  }
});

void describe('regionCount', () => {
  void it('is the length in regions, rounded up', () => {
    assert.equal(regionCount(4096, 1024), 4);
    assert.equal(regionCount(4097, 1024), 5);
    assert.equal(regionCount(4096, 8192), 1);
    assert.equal(regionCount(4096, 0), undefined);
    assert.equal(regionCount(4096, undefined), undefined);
  });
});
