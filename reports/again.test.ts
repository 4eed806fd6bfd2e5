import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SAMPLE_DESCRIPTION } from '../harness/results/sample-run.js';
import { reproduce, shellWord, type Again } from './again.js';

const KERNEL = '6.12.107+deb13-cloud-amd64';
const AGAIN: Again = {
  command: ['npx', 'ulogcheck', 'run'],
  patterns: (title) => [title],
  path: (path) => path.replace('/home/me/', './'),
};
const { options: OPTIONS } = SAMPLE_DESCRIPTION;

/** As `reproduce`, with the options at their defaults but for these. */
function command(title: string, given: object = {}, again: Again = AGAIN): string {
  return reproduce(title, KERNEL, { seed: 5, options: { ...OPTIONS, ...given } }, again);
}

describe('the command that reproduces', () => {
  it('names kernel by release, daemon, test and seed, and what is not the default', () => {
    assert.equal(
      command("it's", { tier: 'full', userland: 'bookworm', lvm: 'clustered' }),
      `npx ulogcheck run --kernel ${KERNEL} --daemon reference --userland bookworm --lvm clustered --tier full -g 'it'\\''s' --seed 5`,
    );
  });

  it('starts as it is started from here, with all patterns that the test needs', () => {
    const again = { ...AGAIN, command: ['npm', 'start', '--'], patterns: () => ['LUID-03', 'SYNC-01'] };
    assert.equal(
      command('two logs', {}, again),
      `npm start -- --kernel ${KERNEL} --daemon reference -g LUID-03 -g SYNC-01 --seed 5`,
    );
  });

  it('gives a profile as it is best written here, quoted for a shell', () => {
    assert.equal(
      command('x', { daemon: '/home/me/my daemon.yaml' }),
      `npx ulogcheck run --kernel ${KERNEL} --daemon './my daemon.yaml' -g x --seed 5`,
    );
    assert.deepEqual(['LUID-03', 'a b', 'SYNC-*', ''].map(shellWord), ['LUID-03', "'a b'", "'SYNC-*'", "''"]);
  });
});
