import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { runNodeTests } from './node-tests.mjs';
import { ownedTempDir } from './owned.mjs';
import { projectRoot } from './root.mjs';

const FILES = {
  'mixed.mjs': `
import { describe, test } from 'node:test';
describe('suite', () => {
  test('good', () => {});
  test('bad', () => { console.log('said before'); throw new Error('no'); });
  test.skip('not now', () => {});
});`,
  'empty.mjs': '',
  'hangs.mjs': `
import { test } from 'node:test';
test('quick', () => {});
test('slow', () => new Promise((done) => setTimeout(done, 100_000)));`,
  'broken.mjs': "throw new Error('cannot be loaded');",
};

test('tests are counted one by one, and what fails says where and why', async () => {
  await using directory = await ownedTempDir('ulogcheck-node-tests-');
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(directory.path, name), text);
  const lines: string[] = [];
  const counts = await runNodeTests({
    stage: 'unit',
    files: Object.keys(FILES).map((name) => join(directory.path, name)),
    announce: false,
    concurrency: 1,
    fileDeadlineMs: 2000,
    deadlineMs: 60_000,
    print: (line) => lines.push(line),
  });
  assert.deepEqual(counts, { passed: 2, failed: 4, skipped: 1 });
  const where = relative(projectRoot, directory.path);
  const text = lines
    .join('\n')
    .replaceAll(`${where}/`, '')
    .replaceAll(/\d+\.\d s/g, 'N s');
  for (const expected of [
    /^unit {2}mixed\.mjs: suite > bad \.\.\. FAILED after N s\n {4}Error: no\n {4}.*mixed\.mjs:5:/m,
    /^unit {2}empty\.mjs: has no test \.\.\. FAILED after N s$/m,
    /^unit {2}hangs\.mjs: the file as a whole \.\.\. FAILED after N s\n {4}test timed out after 2000ms$/m,
    /^unit {2}broken\.mjs: the file as a whole \.\.\. FAILED after N s$/m,
    /^unit {2}what mixed\.mjs printed \(at most its last 60 lines\):\n {2}said before$/m,
    /^unit {2}what broken\.mjs printed [^]*cannot be loaded/m,
  ]) {
    assert.match(text, expected);
  }
});
