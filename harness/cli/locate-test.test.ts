import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../setup/root.mjs';
import { lineOfTest, locateIn } from './locate-test.js';

describe('where a test is defined', () => {
  it('is the line of its title, else that of the first test', () => {
    const source = "import x;\nconformanceTest(import.meta.url, {\n  title: 'it doesn\\'t \\\\ hang',\n";
    assert.equal(lineOfTest(source, "it doesn't \\ hang"), 3);
    assert.equal(lineOfTest(source, 'another'), 2);
    assert.equal(lineOfTest('', 'another'), 1);
  });

  it('is told relative to the workspace, and only for files in it', () => {
    const file = 'conformance/luid/swap.spec.ts';
    const title =
      'a swap that resumes the new log before it destroys the old one ends with the new log active';
    assert.deepEqual(locateIn(projectRoot)(file, title), { file, line: 6 });
    assert.equal(locateIn(dirname(projectRoot))(file, title)?.file.endsWith(`/${file}`), true);
    assert.equal(locateIn('/nowhere')(file, title), undefined);
    assert.equal(locateIn(projectRoot)('conformance/gone.spec.ts', title), undefined);
  });
});
