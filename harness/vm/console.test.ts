import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { CONSOLE_TAIL_LINES, SerialConsole } from './console.js';

test('stamps lines, keeps the last ones, and recognises a panic across chunks', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const path = join(directory.path, 'console.log');
  const stream = new PassThrough();
  const console = new SerialConsole(stream, path);
  const panic = new Promise<string>((resolve) => console.once('panic', resolve));
  const ready = console.waitForLine(/usable/);
  stream.write('first\r\nnow usa');
  stream.write('ble\r\n');
  stream.write(Array.from({ length: 50 }, (_unused, index) => `line ${index}\n`).join(''));
  stream.write('[  1.0] Kernel panic - not syn');
  stream.end('cing: sysrq triggered crash\r\nunfinished');
  assert.equal(await ready, 'now usable');
  assert.equal(await panic, 'sysrq triggered crash');
  await new Promise((resolve) => stream.once('close', resolve));
  assert.equal(console.tail().at(-1), 'unfinished');
  assert.equal(console.tail().length, CONSOLE_TAIL_LINES + 1);
  await console.close();
  const text = await readFile(path, 'utf8');
  assert.match(text, /^ +\d+ first\n +\d+ now usable\n/);
  assert.match(text, / unfinished\n$/);
});

test('tells what the kernel complains about, and leaves out what a starved guest says', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const stream = new PassThrough();
  const console = new SerialConsole(stream, join(directory.path, 'console.log'));
  const complaints: string[] = [];
  console.on('complaint', ({ finding, text }) => complaints.push(`${finding}: ${text}`));
  stream.end(
    [
      '[   12.345678] WARNING: CPU: 0 PID: 42 at drivers/md/dm-raid1.c:1 mirror_map+0x1/0x2 [dm_mirror]',
      '[   12.400000] BUG: kernel NULL pointer dereference, address: 0000000000000008',
      '[   12.400001] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI',
      '[   13.000000] kernel BUG at mm/slub.c:448!',
      '[   20.000000] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [kworker/0:1:9]',
      '[   21.000000] BUG: workqueue lockup - pool cpus=0 stuck for 31s!',
      '[   22.000000] device-mapper: raid1: WARNING in the middle of a line',
      'a daemon that prints WARNING: nothing',
      '',
    ].join('\n'),
  );
  await new Promise((resolve) => stream.once('close', resolve));
  await console.close();
  assert.deepEqual(complaints, [
    'warning: WARNING: CPU: 0 PID: 42 at drivers/md/dm-raid1.c:1 mirror_map+0x1/0x2 [dm_mirror]',
    'bug: BUG: kernel NULL pointer dereference, address: 0000000000000008',
    'oops: Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI',
    'bug: kernel BUG at mm/slub.c:448!',
  ]);
});
