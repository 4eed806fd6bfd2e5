import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { OutDirectoryError, moveLatest, prepareOut, runName, writeJsonAtomically } from './write.js';
import { ownPath } from '../setup/owned.mjs';

const NOW = new Date('2026-08-01T14:22:33.456Z');

let cwd = '';
beforeEach(() => {
  cwd = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-write-'))));
});
afterEach(() => rmSync(cwd, { recursive: true }));

describe('the directory of a run', () => {
  it('is named by time and a tail of its own', () => {
    assert.equal(runName(NOW, 'abc123'), '20260801T142233Z-abc123');
    assert.match(runName(NOW), /^20260801T142233Z-[0-9a-f]{6}$/);
  });

  it('is made below reports/out, or where --out says', async () => {
    assert.match(await prepareOut(undefined, cwd, NOW), /\/reports\/out\/20260801T142233Z-[0-9a-f]{6}$/);
    assert.equal(await prepareOut('here', cwd, NOW), join(cwd, 'here'));
  });

  it('loses what an earlier run left in it', async () => {
    const out = await prepareOut('here', cwd, NOW);
    await mkdir(join(out, 'tests', 'x'), { recursive: true });
    writeFileSync(join(out, 'results.json'), '{"schemaVersion":1}');
    await prepareOut('here', cwd, NOW);
    assert.deepEqual(readdirSync(out), []);
  });

  it('is refused when only names in it look like ours', async () => {
    const mine = join(cwd, 'here', 'tests', 'mine.txt');
    await mkdir(join(cwd, 'here', 'tests'), { recursive: true });
    writeFileSync(mine, 'mine');
    writeFileSync(join(cwd, 'here', 'plan.json'), '{"steps":[]}');
    await assert.rejects(
      prepareOut('here', cwd, NOW),
      new OutDirectoryError(
        '--out here: holds plan.json, tests, which no run of ulogcheck wrote. Name an empty or new directory.',
      ),
    );
    assert.equal(readFileSync(mine, 'utf8'), 'mine');
  });

  it('is refused when it holds anything else, or cannot be made', async () => {
    writeFileSync(join(cwd, 'thesis.txt'), '');
    await assert.rejects(
      prepareOut('.', cwd, NOW),
      new OutDirectoryError(
        '--out .: holds thesis.txt, which no run of ulogcheck wrote. Name an empty or new directory.',
      ),
    );
    await assert.rejects(
      prepareOut('thesis.txt/x', cwd, NOW),
      /^OutDirectoryError: --out thesis\.txt\/x: cannot be used: ENOTDIR/,
    );
    await assert.rejects(
      prepareOut('/proc/none/x', cwd, NOW),
      /^OutDirectoryError: --out \/proc\/none\/x: cannot be used: ENOENT/,
    );
  });
});

describe('writing', () => {
  it('leaves the whole file and nothing beside it', async () => {
    await writeJsonAtomically(join(cwd, 'results.json'), { a: 1 });
    await writeJsonAtomically(join(cwd, 'results.json'), { a: 2 });
    assert.equal(readFileSync(join(cwd, 'results.json'), 'utf8'), '{\n  "a": 2\n}\n');
    assert.deepEqual(readdirSync(cwd), ['results.json']);
  });

  it('moves `latest` to the newest run in reports/out only', async () => {
    const first = await prepareOut(undefined, cwd, NOW);
    await moveLatest(first, cwd);
    const second = await prepareOut(undefined, cwd, new Date(NOW.getTime() + 1000));
    await moveLatest(second, cwd);
    const link = join(cwd, 'reports', 'out', 'latest');
    assert.equal(join(cwd, 'reports', 'out', readlinkSync(link)), second);
    const elsewhere = await prepareOut('elsewhere', cwd, NOW);
    await moveLatest(elsewhere, cwd);
    assert.ok(!existsSync(join(cwd, 'latest')));
    assert.equal(realpathSync(link), second);
  });
});
