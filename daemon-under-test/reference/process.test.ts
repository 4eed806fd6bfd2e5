import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { JsonLog } from './json-log.js';
import { fileMappings } from './memory.js';
import { parseOptions } from './options.js';
import { missingPrivilege, ownMissingPrivilege } from './privileges.js';
import { ownPath } from '../../harness/setup/owned.mjs';

const ROOT_MAP = '         0          0 4294967295\n';

describe('privileges', () => {
  it('are both capabilities, in the initial user namespace (TRN-03)', () => {
    assert.equal(missingPrivilege('Name:\tx\nCapEff:\t000001ffffffffff\n', ROOT_MAP), undefined);
    assert.equal(missingPrivilege('CapEff:\t0000000000201000\n', ROOT_MAP), undefined);
    assert.equal(
      missingPrivilege('CapEff:\t0000000000200000\n', ROOT_MAP),
      'CAP_NET_ADMIN is missing, and without it the kernel does not let it listen to connector group 7: run it as root',
    );
    assert.equal(
      missingPrivilege('CapEff:\t0000000000001000\n', ROOT_MAP),
      'CAP_SYS_ADMIN is missing, and without it the kernel drops its answers in silence: run it as root',
    );
    assert.equal(
      missingPrivilege('CapEff:\t000001ffffffffff\n', '         0       1000          1\n'),
      'it runs in a user namespace, whose capabilities do not count: run it in the initial one',
    );
    assert.equal(missingPrivilege('CapEff:\t000001ffffffffff\n', undefined), undefined, 'no such namespaces');
    assert.equal(missingPrivilege('', ROOT_MAP), 'no CapEff line in /proc/self/status: is /proc mounted?');
  });
});

describe('options', () => {
  it('have defaults', () => {
    assert.deepEqual(parseOptions([]), {
      help: false,
      version: false,
      logLevel: 'info',
      logFile: undefined,
      stateDirectory: '/run/ulogcheck-logd',
      forceExit: false,
    });
    assert.equal(parseOptions(['--log-level=debug', '--force-exit']).forceExit, true);
  });

  it('that are wrong are named', () => {
    assert.throws(() => parseOptions(['--log-level', 'loud']), {
      message: '--log-level "loud" is not one of debug, info, warn, error',
    });
    assert.throws(() => parseOptions(['--state-dir', '']), {
      message: '--state-dir is empty, must be a directory',
    });
    assert.throws(() => parseOptions(['--bogus']), /Unknown option '--bogus'/);
    assert.throws(() => parseOptions(['file']), /Unexpected argument 'file'/);
  });
});

describe('memory', () => {
  it('locks read-only mappings of files', () => {
    const maps = [
      '00400000-00b00000 r--p 00000000 fe:00 1234                       /usr/bin/node',
      '00b00000-02000000 r-xp 00700000 fe:00 1234                       /usr/bin/node',
      '02000000-02100000 rw-p 01b00000 fe:00 1234                       /usr/bin/node',
      '7f0000000000-7f0000001000 rw-p 00000000 00:00 0                  [heap]',
      '7f0000002000-7f0000003000 r-xp 00000000 00:00 0                  [vdso]',
      '',
    ].join('\n');
    assert.deepEqual(fileMappings(maps), [
      { start: 0x400000n, size: 0x700000n },
      { start: 0xb00000n, size: 0x1500000n },
    ]);
  });
});

describe('the log', () => {
  it('drops whole lines rather than wait for its reader, and says how many', () => {
    const directory = ownPath(mkdtempSync(join(tmpdir(), 'json-log-')));
    const path = join(directory, 'log');
    const log = new JsonLog(path, 'info');
    const say = (event: string, level: 'debug' | 'info' = 'info'): void =>
      log.write({ level, event, details: { n: 1 } });
    say('first');
    say('silent', 'debug');
    log.isWritable = () => false;
    say('second');
    say('third');
    log.isWritable = () => true;
    say('fourth');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const events = lines.map((line) => {
      const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
      assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
      return rest;
    });
    assert.deepEqual(events, [
      { level: 'info', event: 'first', n: 1 },
      { level: 'warn', event: 'log-lines-dropped', lines: 2 },
      { level: 'info', event: 'fourth', n: 1 },
    ]);
    rmSync(directory, { recursive: true });
  });
});

describe('the program', () => {
  const program = join(import.meta.dirname, 'main.js');
  const run = (args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, [program, ...args], (_error, stdout, stderr) =>
        resolve({ status: child.exitCode ?? -1, stdout, stderr }),
      );
    });

  it('explains itself', async () => {
    const { status, stdout } = await run(['--help']);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: main\.js \[options\]/);
  });

  it('serves until SIGTERM, or says what it lacks', async () => {
    const privileged = ownMissingPrivilege() === undefined && existsSync('/proc/self/net/connector');
    const state = ownPath(mkdtempSync(join(tmpdir(), 'state-')));
    const child = spawn(process.execPath, [program, '--state-dir', state], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const events: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      const { event } = JSON.parse(line) as { event: string };
      events.push(event);
      if (event === 'ready') child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    rmSync(state, { recursive: true });
    const said = events.filter((event) => !/^(memory-not-kept|state-directory.*)$/.test(event));
    if (privileged) {
      assert.deepEqual(said, ['ready', 'signal', 'exit']);
      assert.equal(child.exitCode, 0);
    } else {
      assert.equal(said[0], 'refused-to-start');
      assert.notEqual(child.exitCode, 0);
    }
  });

  it('says that its log file cannot be written', async () => {
    const { status, stderr } = await run(['--log-file', '/nowhere/at/all']);
    assert.equal(status, 73);
    assert.match(stderr, /^--log-file: ENOENT: no such file or directory/);
  });

  it('says what was wrong with the command line', async () => {
    const { status, stderr } = await run(['--log-level', 'loud']);
    assert.equal(status, 64);
    assert.match(stderr, /^--log-level "loud" is not one of debug, info, warn, error\n/);
  });
});
