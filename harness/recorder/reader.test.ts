import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { READER } from './guest-scripts.js';

const DEADLINE_MS = 20_000;

/** Waits until `holds` does; the reader looks every few milliseconds itself. */
async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!holds()) {
    assert.ok(Date.now() < end, 'the reader did not go on');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('the reader goes on after a read of nothing, and ends when there is nothing for long', async () => {
  await using directory = await ownedTempDir('ulogcheck-reader-');
  const [trace, port] = [join(directory.path, 'trace'), join(directory.path, 'port')];
  // A file gives 0 bytes at its end, and more when something was added: what trace_pipe_raw does, too. The reader's two
  // descriptors have a place of their own in a file, so that it reads all twice.
  writeFileSync(trace, 'first');
  writeFileSync(port, '');
  const reader = spawn('perl', ['-e', READER, trace, port, 'hello', '0.005'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(reader, 'exit');
  const said = once(reader.stderr, 'data');
  const written = (): string => readFileSync(port, 'latin1');
  await until(() => written() === 'hello\nfirstfirst');
  appendFileSync(trace, ' second');
  await until(() => written() === 'hello\nfirstfirst second second');
  assert.match(String((await said)[0]), /trace: the trace ended at /);
  assert.notEqual((await exited)[0], 0);
});
