/** The page in a browser, where there is one: whether its own code is let run, and does what it should. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ownPath, runOwned } from '../../harness/setup/owned.mjs';
import { MATRIX, NASTY, VIEW } from '../sample-results.js';
import { MATRIX_PAGE, writeMatrixPage } from './write-page.js';

const BROWSER = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const QUIET = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

let directory = '';
before(() => {
  directory = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-browser-'))));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** The document of the page after its code has run. */
async function opened(hash: string): Promise<string> {
  const { stdout } = await runOwned(
    [
      ...[BROWSER ?? '', ...QUIET, `--user-data-dir=${join(directory, 'profile')}`],
      ...['--virtual-time-budget=5000', '--dump-dom', `file://${join(directory, MATRIX_PAGE)}${hash}`],
    ],
    { deadlineMs: 60_000 },
  );
  return stdout;
}

describe('the page in a browser', { skip: BROWSER === undefined && 'there is no Chromium here' }, () => {
  it('hides what has no test, and opens the cell that its address names', async () => {
    const requirements = MATRIX.requirements.map((result) =>
      result.id === 'LUID-03' ? { ...result, reason: NASTY, observed: NASTY } : result,
    );
    await writeMatrixPage({ ...MATRIX, requirements }, { ...VIEW, out: directory });
    const text = await opened('#LUID-03@7.2.6');
    assert.match(text, /<output id="shown"[^>]*>4 of 5 rows<\/output>/);
    assert.match(text, /<tr data-row="4"[^>]*hidden=""/);
    assert.match(text, /<aside id="detail"[^>]*><button[^>]*>close<\/button><h2>LUID-03 on 7\.2\.6 /);
    // Texts that the code of the page puts there are no markup either.
    assert.ok(text.includes('a "quoted" &lt;b&gt;&amp;amp;&lt;/b&gt;'));
    // Without an address nothing is open.
    assert.match(await opened(''), /<aside id="detail"[^>]*hidden=""/);
  });
});
