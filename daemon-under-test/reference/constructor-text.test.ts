import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_REGION_COUNT, parseConstructorText } from './constructor-text.js';
import { LogError } from './log-error.js';

const NOTHING = { kind: 'core', device: undefined, sync: undefined, blockOnError: false } as const;

describe('constructor text', () => {
  it('of a core log', () => {
    const text = '131072 clustered-core 2048';
    assert.deepEqual(parseConstructorText(text), {
      ...NOTHING,
      length: 131072,
      regionSize: 2048,
      regionCount: 64,
      text,
    });
    assert.equal(parseConstructorText('131073 clustered-core 2048').regionCount, 65);
    assert.equal(parseConstructorText('1 clustered-core 2048').regionCount, 1);
    assert.equal(parseConstructorText('131072 clustered-core 2048 nosync').sync, 'nosync');
    assert.equal(parseConstructorText('131072 clustered-core 2048 sync').sync, 'sync');
    const both = parseConstructorText('131072 clustered-core 2048 nosync block_on_error');
    assert.deepEqual([both.sync, both.blockOnError], ['nosync', true]);
  });

  it('of a disk log', () => {
    const byNumber = parseConstructorText('131072 clustered-disk 253:12 1024 sync');
    assert.deepEqual(
      [byNumber.kind, byNumber.device, byNumber.regionSize, byNumber.sync],
      ['disk', '253:12', 1024, 'sync'],
    );
    assert.equal(parseConstructorText('131072 clustered-disk /dev/loop2 1024').device, '/dev/loop2');
  });

  const refusals: [text: string, problem: string][] = [
    ['', 'target length "" is not a number of sectors'],
    ['0 clustered-core 8', 'target length "0" is not a number of sectors'],
    ['-8 clustered-core 8', 'target length "-8" is not a number of sectors'],
    ['0x10 clustered-core 8', 'target length "0x10" is not a number of sectors'],
    [
      '99999999999999999999 clustered-core 8',
      'target length "99999999999999999999" is not a number of sectors',
    ],
    ['128', 'log type "" is not one of clustered-core, clustered-disk'],
    ['128 clustered_core 8', 'log type "clustered_core" is not one of clustered-core, clustered-disk'],
    ['128 CLUSTERED-CORE 8', 'log type "CLUSTERED-CORE" is not one of clustered-core, clustered-disk'],
    ['128 core 8', 'log type "core" is not one of clustered-core, clustered-disk'],
    ['128 clustered-core', 'the region size is missing'],
    ['128  clustered-core 8', 'log type "" is not one of clustered-core, clustered-disk'],
    ['128 clustered-core  8', 'region size "" is not a number'],
    ['128 clustered-core big', 'region size "big" is not a number'],
    ['128 clustered-core 8k', 'region size "8k" is not a number'],
    ['128 clustered-core 08', 'region size "08" is not a number'],
    ['128 clustered-core 0', 'region size 0 is not from 1 to 2147483648'],
    ['128 clustered-core 4294967296', 'region size 4294967296 is not from 1 to 2147483648'],
    ['128 clustered-core 3072', 'region size 3072 is not a power of two'],
    ['128 clustered-core 8 async', '"async" is not one of sync, nosync, block_on_error'],
    ['128 clustered-core 8 sync nosync', '"nosync" after "sync"'],
    ['128 clustered-core 8 block_on_error block_on_error', '"block_on_error" twice'],
    ['128 clustered-core 8 ', '"" is not one of sync, nosync, block_on_error'],
    ['128 clustered-disk', 'log device "" is neither a path nor major:minor'],
    ['128 clustered-disk 1024', 'log device "1024" is neither a path nor major:minor'],
    ['128 clustered-disk 7:0', 'the region size is missing'],
    [`${MAX_REGION_COUNT + 1} clustered-core 1`, '268435457 regions, at most 268435456 are supported'],
  ];
  for (const [text, problem] of refusals) {
    it(`refuses "${text}"`, () => {
      assert.throws(
        () => parseConstructorText(text),
        (error: unknown) =>
          error instanceof LogError &&
          error.errno === 22 &&
          error.message === `constructor text "${text}": ${problem}`,
      );
    });
  }
});
