import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PeerError, startPeer } from './peer-target.js';

/** Living processes that have these words in their command line. */
function running(words: string): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(words);
      } catch {
        return false; // gone
      }
    }).length;
}

const shell = (script: string): { command: string[]; env: Record<string, string> } => ({
  command: ['/bin/sh', '-c', script, 'sh'],
  env: {},
});

test('a tgtd that cannot be set up is ended, and the error says what it said', async () => {
  const nap = `sleep 1000.${process.pid}`;
  const tgtd = shell(`exec ${nap}`);
  const tgtadm = shell('case "$*" in *logicalunit*) echo no room for a unit >&2; exit 1 ;; esac');
  const peers = { tgtd, tgtadm, testSuite: shell('false'), versions: [] };
  await assert.rejects(startPeer(peers, 512), (error) => {
    assert.ok(error instanceof PeerError);
    assert.match(error.message, /no room for a unit/);
    return true;
  });
  assert.equal(running(nap), 0);
});

test('a tgtd that ends at once is not waited for', async () => {
  const peers = { tgtd: shell('echo no such portal; exit 1'), tgtadm: shell('exit 1') };
  await assert.rejects(startPeer({ ...peers, testSuite: shell('false'), versions: [] }, 512), {
    name: 'PeerError',
    message: 'tgtd is not ready: no such portal',
  });
});
