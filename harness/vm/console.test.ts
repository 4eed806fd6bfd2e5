import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { reportsIn } from '../kernel-log/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import { CONSOLE_TAIL_LINES, SerialConsole } from './console.js';
import { LineSplitter } from './line-splitter.js';

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
  stream.write('[    1.000000] Kernel panic - not syn');
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

const RECORDED = readFileSync(
  join(projectRoot, 'harness/kernel-log/testdata/recorded-6.12-warning.txt'),
  'utf8',
);

test('tells what the kernel reports about itself: at once that it begins, and whole when it ends', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const stream = new PassThrough();
  const console = new SerialConsole(stream, join(directory.path, 'console.log'));
  const begun = once(console, 'kernel');
  const cut = RECORDED.indexOf('Call Trace');
  stream.write(RECORDED.slice(0, cut));
  assert.deepEqual(await begun, [
    { type: 'begun', id: 0, kind: 'warning', firstLine: '------------[ cut here ]------------' },
  ]);
  stream.end(RECORDED.slice(cut));
  await console.reportsEnded(10_000);
  assert.deepEqual(
    console.reported.map((event) => (event.type === 'ended' ? event.report.title : event.type)),
    ['begun', 'WARNING in add_uevent_var'],
  );
  await console.close();
});

test('a report after which nothing comes is complete after a while, or when the console is closed', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const stream = new PassThrough();
  const console = new SerialConsole(stream, join(directory.path, 'console.log'));
  const begun = once(console, 'kernel');
  stream.write(
    '[    1.000000] Kernel panic - not syncing: sysrq triggered crash\r\n[    1.000100] CPU: 0 PID',
  );
  await begun;
  await console.reportsEnded(10_000);
  const [, ended] = console.reported;
  assert.equal(ended?.type === 'ended' && ended.report.title, 'kernel panic: sysrq triggered crash');
  stream.end('\n[    2.000000] Oops: 0000 [#1] SMP');
  await once(stream, 'close');
  await console.close();
  assert.equal(console.reported.length, 4);
});

test('a report is the same, whatever the chunks are in which it comes', () => {
  const whole = reportsIn(RECORDED);
  assert.equal(whole.length, 1);
  fc.assert(
    fc.property(fc.array(fc.nat(RECORDED.length), { maxLength: 20 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), RECORDED.length];
      const splitter = new LineSplitter();
      const lines = places.flatMap((place, index) =>
        splitter.accept(RECORDED.slice(place, places[index + 1])),
      );
      assert.deepEqual(reportsIn([...lines, ...splitter.end()].join('\n')), whole);
    }),
  );
});
