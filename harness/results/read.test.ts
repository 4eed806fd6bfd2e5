import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readResults, ResultsError } from './read.js';
import { ownPath } from '../setup/owned.mjs';

let directory = '';
before(() => {
  directory = ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-results-')));
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function refused(text: string, message: RegExp): Promise<void> {
  writeFileSync(join(directory, 'results.json'), text);
  await assert.rejects(readResults(directory), (error: unknown) => {
    assert.ok(error instanceof ResultsError);
    assert.match(error.message, message);
    return true;
  });
}

describe('reading results', () => {
  it('says that there are none, and what would be right', async () => {
    await assert.rejects(
      readResults(join(directory, 'nowhere')),
      /nowhere\/results\.json: cannot be read \(ENOENT\)\. Give the directory of a run that came to its end/,
    );
  });

  it('refuses what is no JSON, of another version, or something else', async () => {
    await refused('{', /results\.json: is not JSON: /);
    await refused(
      '{"schemaVersion": 0}',
      /has schemaVersion 0, this version of ulogcheck reads 2 only\. Use the version/,
    );
    await refused('{"schemaVersion": 2}', /is no results\.json of ulogcheck: run: /);
    await refused('[]', /is no results\.json of ulogcheck/);
  });
});
