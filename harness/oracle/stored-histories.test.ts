/** The oracle on histories of a real kernel: silent where all was well, exact where a daemon was broken on purpose. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseHistory } from '../history/index.js';
import { judgeHistory, recordingGaps } from './index.js';

/** Beside the sources: the compiler copies no data. */
const TESTDATA = join(import.meta.dirname, '../../../harness/oracle/testdata');

const STORED: readonly (readonly [name: string, ids: readonly string[]])[] = [
  ['life-cycles', []],
  ['daemon-restarted', []],
  ['forty-one-writes', []],
  ['uuid-keyed-swap', ['LUID-03']],
];

void describe('the oracle on stored histories', () => {
  for (const [name, ids] of STORED) {
    void it(`${name}: ${ids.length === 0 ? 'nothing' : ids.join(', ')}`, () => {
      const file = `${name}.jsonl.gz`;
      const history = parseHistory(gunzipSync(readFileSync(join(TESTDATA, file))).toString(), file);
      assert.equal(history.truncated, false);
      assert.equal(history.losses, 0);
      assert.deepEqual(recordingGaps(history), []);
      assert.deepEqual(
        judgeHistory(history).map(({ id }) => id),
        ids,
      );
    });
  }
});
