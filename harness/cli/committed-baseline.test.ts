import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderBaseline } from '../results/baseline-file.js';
import { projectRoot } from '../setup/root.mjs';
import { readBaseline } from './expectation.js';

test('the committed baseline is read, knows every id, and is as it would be written', () => {
  const path = join(projectRoot, 'conformance', 'baselines', 'reference.yaml');
  assert.equal(renderBaseline(readBaseline(path)), readFileSync(path, 'utf8'));
});
