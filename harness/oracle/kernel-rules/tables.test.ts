import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tableLines } from './tables.js';

void describe('tableLines', () => {
  void it('reads the lines of dmsetup and of its output', () => {
    assert.deepEqual(
      tableLines(
        "dmsetup create m --table '0 4096 mirror userspace 4 U clustered-core 1024 nosync 2 7:0 0 7:1 0'",
      ),
      [{ uuid: 'U', integrated: false, constructorText: '4096 clustered-core 1024 nosync' }],
    );
    assert.deepEqual(
      tableLines(
        'm: 0 4096 mirror userspace 4 U Integrated_flush clustered-core 1024 2 7:0 0 7:1 0 1 handle_errors\nn: 0 8 linear 7:0 0\n',
      ),
      [{ uuid: 'U', integrated: true, constructorText: '4096 clustered-core 1024' }],
    );
  });

  void it('says nothing about lines that do not count their words well, or are something else', () => {
    assert.deepEqual(tableLines('0 4096 mirror userspace 4294967295 U clustered-core 1024'), [
      { uuid: 'U', integrated: false, constructorText: undefined },
    ]);
    assert.deepEqual(tableLines('0 4096 mirror 2 7:0 7:1 8/8 1 AA 1 clustered-core'), []);
    assert.deepEqual(tableLines('0 4096 mirror core 1 1024 2 7:0 0 7:1 0'), []);
  });
});
