import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Cache } from '../../cache/index.js';
import { comparisonText } from './comparison.js';
import { runDiskSuite } from './run-suite.js';

const skip =
  process.env['ULOGCHECK_SLOW_TESTS'] === undefined &&
  'set ULOGCHECK_SLOW_TESTS=1 (fetches libiscsi and tgt, and runs half a minute)';

it("our target passes all of libiscsi's tests that Debian's tgt passes", { skip }, async () => {
  const { comparison } = await runDiskSuite(await Cache.open(), () => undefined);
  assert.ok(comparison.good, comparisonText(comparison));
  assert.ok(comparison.tests > 200, comparisonText(comparison));
});
