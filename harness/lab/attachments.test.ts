import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { attachmentsIn } from './attachments.js';
import { ownPath } from '../setup/owned.mjs';

describe('the files on the page of a test', () => {
  it('are those that people read, in the order in which they do', async () => {
    const directory = ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-attachments-')));
    try {
      for (const name of ['outcome.json', 'disk.img', 'console.log', 'a.log', 'timeline.txt', 'qmp.sock'])
        writeFileSync(join(directory, name), '');
      mkdirSync(join(directory, 'folder.log'));
      assert.deepEqual(
        (await attachmentsIn(directory)).map(({ name }) => name),
        ['timeline.txt', 'console.log', 'outcome.json', 'a.log'],
      );
      assert.deepEqual(await attachmentsIn(join(directory, 'nowhere')), []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
