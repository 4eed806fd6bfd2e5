import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot } from '../../harness/setup/root.mjs';
import { MUTANTS } from '../mutants/mutants.js';
import { installedFiles } from './installed-files.js';
import { mutantProfile } from './mutant-profile.js';
import { parseProfile } from './profile-file.js';
import { loadProfile, ProfileError } from './profile.js';
import { profileSchemaDocument } from './schema.js';
import { ownPath } from '../../harness/setup/owned.mjs';

let directory: string;
before(() => {
  directory = ownPath(mkdtempSync(join(tmpdir(), 'profile-test-')));
  mkdirSync(join(directory, 'daemon/sub'), { recursive: true });
  for (const file of ['a.js', 'a.js.map', 'sub/b.js', 'sub/b.test.js']) {
    writeFileSync(join(directory, 'daemon', file), file);
  }
  mkdirSync(join(directory, 'node_modules/@scope/native'), { recursive: true });
  writeFileSync(join(directory, 'node_modules/@scope/native/package.json'), '{}');
});
after(() => rmSync(directory, { recursive: true }));

const GOOD = `version: 1
name: mine
description: My daemon
install:
  files:
    - from: daemon
      to: /opt/mine
start:
  command: [/opt/mine/a]
ready:
  socket: /run/mine
  deadline: 5
stop:
  signal: SIGTERM
  deadline: 5
logs:
  - name: out
    path: stdout
claims:
  protocol: [2, 3]
  logs: [core, disk]
  integratedFlush: false
  cluster: false
snapshot: false
`;

/** The problems of GOOD with `from` replaced by `to`, without the path of the file. */
function problems(from: string, to: string): string[] {
  assert.ok(GOOD.includes(from));
  const path = join(directory, 'mine.profile.yaml');
  try {
    parseProfile(GOOD.replace(from, to), path);
  } catch (error) {
    assert.ok(error instanceof ProfileError);
    assert.equal(error.message, error.problems.join('\n'));
    return error.problems.map((problem) => problem.replace(path, 'FILE').replaceAll(directory, 'DIR'));
  }
  return [];
}

describe('a profile', () => {
  it('is plain data with absolute sources', () => {
    const path = join(directory, 'mine.profile.yaml');
    const profile = parseProfile(GOOD, path);
    assert.deepEqual(profile, {
      version: 1,
      name: 'mine',
      description: 'My daemon',
      path,
      install: {
        files: [{ from: join(directory, 'daemon'), to: '/opt/mine', mode: undefined, exclude: [] }],
        packages: [],
      },
      start: { command: ['/opt/mine/a'] },
      ready: { socket: '/run/mine', deadline: 5 },
      stop: { signal: 'SIGTERM', deadline: 5 },
      logs: [{ name: 'out', path: 'stdout' }],
      claims: { protocol: [2, 3], logs: ['core', 'disk'], integratedFlush: false, cluster: false },
      selfTests: [],
      snapshot: false,
    });
    assert.deepEqual(JSON.parse(JSON.stringify(profile)), JSON.parse(JSON.stringify({ ...profile })));
  });

  it('may wait for a log line or a command instead of a socket', () => {
    assert.deepEqual(problems('socket: /run/mine', 'log: ^ready\n  in: out'), []);
    assert.deepEqual(problems('socket: /run/mine', 'command: [/bin/true]'), []);
  });

  it('may declare self tests, each with a name of its own', () => {
    const one = 'selfTests:\n  - {name: a, command: [/bin/a], format: tap, deadline: 5}\n';
    const path = join(directory, 'mine.profile.yaml');
    assert.deepEqual(parseProfile(`${GOOD}${one}`, path).selfTests, [
      { name: 'a', command: ['/bin/a'], format: 'tap', tier: 'quick', deadline: 5 },
    ]);
    const twice = `snapshot: false\n${one}  - {name: a, command: [/bin/b], format: ktap, deadline: 5}`;
    assert.deepEqual(problems('snapshot: false', twice), [
      'FILE:27: selfTests[1].name: must be unique, found "a" a second time',
    ]);
    const wrong = 'snapshot: false\nselfTests:\n  - {name: a, command: [], format: junit, deadline: 601}';
    assert.deepEqual(problems('snapshot: false', wrong), [
      'FILE:26: selfTests[0].command: must name at least the program, found []',
      'FILE:26: selfTests[0].format: must be tap or ktap, found "junit"',
      'FILE:26: selfTests[0].deadline: must be at most 600 seconds, found 601',
    ]);
  });

  it('finds npm packages as Node does', () => {
    const text = GOOD.replace('from: daemon', 'from: package:@scope/native');
    const path = join(directory, 'daemon/sub/deep.profile.yaml');
    const [file] = parseProfile(text, path).install.files;
    assert.equal(file?.from, join(directory, 'node_modules/@scope/native'));
  });

  const refusals: [what: string, from: string, to: string, expected: string[]][] = [
    [
      'an unknown key',
      'snapshot: false',
      'snapshot: false\nsnapshots: true',
      [
        'FILE:25: snapshots: unknown here; known keys: version, name, description, install, start, ready, stop, logs, claims, selfTests, snapshot',
      ],
    ],
    [
      'an unknown nested key',
      '    path: stdout',
      '    path: stdout\n    file: x',
      ['FILE:19: logs[0].file: unknown here; known keys: name, path'],
    ],
    ['a missing key', 'snapshot: false\n', '', ['FILE: snapshot: must be true or false, found nothing']],
    [
      'another version',
      'version: 1',
      'version: 2',
      ['FILE:1: version: must be 1, the version of the profile format, found 2'],
    ],
    [
      'a wrong type',
      'deadline: 5\nstop',
      'deadline: soon\nstop',
      ['FILE:12: ready.deadline: must be a number of seconds, found "soon"'],
    ],
    [
      'a command that is a text',
      'command: [/opt/mine/a]',
      'command: /opt/mine/a',
      ['FILE:9: start.command: must be a list of program and arguments, found "/opt/mine/a"'],
    ],
    [
      'two ready conditions',
      'socket: /run/mine',
      'socket: /run/mine\n  command: [x]',
      [
        'FILE:11: ready: must have exactly one of socket, log, command, found {"socket":"/run/mine","command":["x"],"deadline":5}',
      ],
    ],
    [
      'no ready condition',
      '  socket: /run/mine\n',
      '',
      ['FILE:11: ready: must have exactly one of socket, log, command, found {"deadline":5}'],
    ],
    [
      'log without in',
      'socket: /run/mine',
      'log: x',
      ['FILE:11: ready: must have log and in together, found {"log":"x","deadline":5}'],
    ],
    [
      'an unknown log',
      'socket: /run/mine',
      'log: x\n  in: err',
      ['FILE:12: ready.in: must be the name of a log, found "err"; logs: out'],
    ],
    [
      'a bad pattern',
      'socket: /run/mine',
      'log: "("\n  in: out',
      [
        'FILE:11: ready.log: must be a regular expression, found "(": Invalid regular expression: /(/: Unterminated group',
      ],
    ],
    [
      "the puppet's name",
      'name: mine',
      'name: puppet',
      ['FILE:2: name: must not be "puppet", which stands for the suite\'s own in its results'],
    ],
    [
      'a relative guest path',
      'to: /opt/mine',
      'to: opt/mine',
      ['FILE:7: install.files[0].to: must be an absolute path in the guest, found "opt/mine"'],
    ],
    [
      'an octal number',
      'to: /opt/mine',
      'to: /opt/mine\n      mode: 0755',
      ['FILE:8: install.files[0].mode: must be octal permissions in quotes, such as "0755", found 755'],
    ],
    [
      'a bad signal',
      'signal: SIGTERM',
      'signal: TERM',
      ['FILE:14: stop.signal: must be the name of a signal, such as SIGTERM, found "TERM"'],
    ],
    [
      'an unknown claim',
      'protocol: [2, 3]',
      'protocol: [2, 4]',
      ['FILE:20: claims.protocol[1]: must be 1, 2 or 3, found 4'],
    ],
    [
      'a missing file',
      'from: daemon',
      'from: nowhere',
      ['FILE:6: install.files[0].from: must exist, found "nowhere": no DIR/nowhere'],
    ],
    [
      'a missing package',
      'from: daemon',
      'from: package:nowhere',
      [
        'FILE:6: install.files[0].from: must exist, found "package:nowhere": no node_modules above DIR has it',
      ],
    ],
    ['a key twice', 'name: mine', 'name: mine\nname: yours', ['FILE:3: not YAML: Map keys must be unique']],
    [
      'broken YAML',
      'logs: [core, disk]',
      'logs: [core',
      ['FILE:22: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
  ];
  for (const [what, from, to, expected] of refusals) {
    it(`is refused for ${what}`, () => assert.deepEqual(problems(from, to), expected));
  }

  it('that is no mapping is refused', () => {
    assert.throws(() => parseProfile('[]', '/p.yaml'), {
      message: '/p.yaml: the whole file: must be a mapping, found []',
    });
    assert.throws(() => parseProfile('', '/p.yaml'), {
      message: '/p.yaml: the whole file: must be a mapping, found nothing',
    });
  });
});

describe('installed files', () => {
  it('are expanded, without the excluded ones', async () => {
    const text = GOOD.replace(
      'to: /opt/mine',
      'to: /opt/mine\n      mode: "0700"\n      exclude: ["*.map", "sub/*.test.js"]',
    );
    const profile = parseProfile(text, join(directory, 'mine.profile.yaml'));
    assert.deepEqual(await installedFiles(profile), [
      { source: join(directory, 'daemon/a.js'), target: '/opt/mine/a.js', mode: 0o700 },
      { source: join(directory, 'daemon/sub/b.js'), target: '/opt/mine/sub/b.js', mode: 0o700 },
    ]);
  });
});

describe('profiles of the package', () => {
  it('reference installs what the daemon imports and nothing of the tests', async () => {
    const profile = await loadProfile('reference');
    const targets = (await installedFiles(profile)).map(({ target }) => target);
    for (const target of [
      '/opt/ulogcheck/package.json',
      '/opt/ulogcheck/daemon-under-test/reference/main.js',
      '/opt/ulogcheck/harness/ulog/index.js',
      '/opt/ulogcheck/node_modules/koffi/src/koffi/index.js',
      '/opt/ulogcheck/node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
    ]) {
      assert.ok(targets.includes(target), target);
    }
    assert.deepEqual(
      targets.filter((target) => /\.map$|\.test\.js$|musl|vendor/.test(target)),
      [],
    );
  });

  it('outsider is found by its path', async () => {
    const profile = await loadProfile(join(projectRoot, 'daemon-under-test/outsider/outsider.profile.yaml'));
    assert.equal(profile.name, 'outsider');
  });

  it('of unknown names are refused with the known ones', async () => {
    await assert.rejects(loadProfile('bogus'), {
      message:
        'no profile is named "bogus"; known: reference, mutant-NAME; or give the path of a profile file',
    });
    await assert.rejects(loadProfile('./bogus.yaml'), /bogus\.yaml: cannot be read: ENOENT/);
  });

  it('have a published schema that is in step', () => {
    const published = readFileSync(
      join(projectRoot, 'daemon-under-test/profiles/profile.schema.json'),
      'utf8',
    );
    assert.equal(
      published,
      profileSchemaDocument(),
      'run: node dist/daemon-under-test/profiles/write-schema.js',
    );
  });
});

describe('profiles of mutants', () => {
  for (const { name } of MUTANTS) {
    it(`${name} runs the mutant in place of the daemon`, async () => {
      const profile = await loadProfile(`mutant-${name}`);
      assert.equal(profile.name, `mutant-${name}`);
      assert.deepEqual(profile.start.command, [
        '/usr/bin/node',
        '/opt/ulogcheck/daemon-under-test/mutants/mutant-main.js',
        name,
      ]);
      const targets = (await installedFiles(profile)).map(({ target }) => target);
      assert.ok(targets.includes(`/opt/ulogcheck/daemon-under-test/mutants/${name}.js`));
      assert.ok(targets.includes('/opt/ulogcheck/daemon-under-test/reference/run-daemon.js'));
    });
  }

  it('with an unknown name are refused', async () => {
    await assert.rejects(mutantProfile('bogus'), (error: unknown) => {
      assert.ok(error instanceof ProfileError);
      assert.match(error.message, /^no mutant of the daemon is named "bogus"; known: last-created-wins, /);
      return true;
    });
  });
});
