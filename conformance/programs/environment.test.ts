import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir, runOwned } from '../../harness/setup/owned.mjs';
import { projectRoot } from '../../harness/setup/root.mjs';
import { parseTap } from '../../harness/tap/index.js';

// Each check of environment.sh can fail, and fails alone: on a made-up root, with one thing wrong at a time.

const GOOD: Readonly<Record<string, string>> = {
  'sys/kernel/tracing/kprobe_events': '',
  'sys/kernel/tracing/per_cpu/cpu0/trace_pipe_raw': '',
  'proc/net/connector': 'Name            ID\ncn_proc         1:1\ndmlogusr        7:1\n',
  'proc/sys/kernel/tainted': '12288\n',
  'sys/class/block/sda/size': '131072\n',
  'sys/class/block/sdb/size': '131072\n',
  'bin/dmsetup': '#!/bin/sh\necho "linear           v1.4.0"\necho "mirror           v1.14.0"\n',
};

const LEGS = { ULOGCHECK_LEG0: '/dev/sda', ULOGCHECK_LEG1: '/dev/sdb' };

/** The names of the checks that fail; a file of null is missing. */
async function failing(
  files: Readonly<Record<string, string | null>>,
  env: Readonly<Record<string, string>> = { DM_DISABLE_UDEV: '1' },
): Promise<string[]> {
  await using root = await ownedTempDir('ulogcheck-root-');
  for (const [name, text] of Object.entries({ ...GOOD, ...files })) {
    const path = join(root.path, name);
    await mkdir(dirname(path), { recursive: true });
    if (text === null) await rm(path, { force: true });
    else await writeFile(path, text);
  }
  await chmod(join(root.path, 'bin/dmsetup'), 0o755);
  const { stdout } = await runOwned(['sh', join(projectRoot, 'conformance/programs/environment.sh')], {
    env: {
      PATH: `${root.path}/bin:${process.env['PATH'] ?? ''}`,
      ULOGCHECK_ROOT: root.path,
      ...LEGS,
      ...env,
    },
  });
  const { results, problems } = parseTap(stdout, 'ktap');
  assert.deepEqual(problems, []);
  assert.equal(results.length, 7);
  return results.filter(({ verdict }) => verdict !== 'pass').map(({ path }) => path.join(' > '));
}

test('a node as it must be passes every check', async () => {
  assert.deepEqual(await failing({}), []);
  assert.deepEqual(await failing({}, { ULOGCHECK_UDEV: '1' }), []);
});

test('each thing that is missing fails its own check', async () => {
  assert.deepEqual(await failing({ 'sys/kernel/tracing/kprobe_events': null }), ['kernel probes can be set']);
  assert.deepEqual(await failing({ 'sys/kernel/tracing/per_cpu/cpu0/trace_pipe_raw': null }), [
    'trace rings can be read as they are',
  ]);
  const connector = 'Name            ID\nother           17:1\ndmlogusr        7:11\n';
  assert.deepEqual(await failing({ 'proc/net/connector': connector }), [
    'the kernel listens for log daemons: connector 7:1',
  ]);
  const mirror = 'the mirror target is there, in a version that takes userspace logs';
  assert.deepEqual(await failing({ 'bin/dmsetup': '#!/bin/sh\necho "linear           v1.4.0"\n' }), [mirror]);
  assert.deepEqual(await failing({ 'bin/dmsetup': '#!/bin/sh\necho "mirror           v1.1.0"\n' }), [mirror]);
  assert.deepEqual(await failing({ 'proc/sys/kernel/tainted': '512\n' }), ['the kernel is not tainted']);
  assert.deepEqual(await failing({ 'sys/class/block/sdb/size': null }), ['the node has two legs']);
  assert.deepEqual(await failing({ 'sys/class/block/sda/size': '16383' }), ['the node has two legs']);
  assert.deepEqual(await failing({}, {}), ['dmsetup waits for no udevd']);
});
