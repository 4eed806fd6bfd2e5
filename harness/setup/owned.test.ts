import assert from 'node:assert/strict';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  OwnedCommandError,
  OwnedSpawnError,
  ownedTempDir,
  ownPath,
  releasePath,
  removeOwned,
  runOwned,
  spawnOwned,
  startTime,
} from './owned.mjs';
import { projectRoot } from './root.mjs';

const OWNER = join(import.meta.dirname, 'fixtures/owner.mjs');
/** What is allowed between the death of a runner and the end of everything that it owned. */
const LIMIT_MS = 5000;
/** So often we look, too, before we say that the time is over: who stood still with the machine saw nothing. */
const LOOKS = 100;

/** Waits until `holds`; looks every 20 ms. Fails after 5 s with what `seen` says. */
async function eventually(holds: () => boolean, seen: () => string): Promise<void> {
  const begin = performance.now();
  for (let looks = 1; !holds(); looks++) {
    const ms = performance.now() - begin;
    if (ms > LIMIT_MS && looks > LOOKS) assert.fail(`not so after ${Math.round(ms)} ms: ${seen()}`);
    await delay(20);
  }
}

/** SIGKILL, no matter if it is gone already. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Field 4 of /proc/PID/stat, the parent; undefined if there is no such process. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Living processes that have `mark` in their environment, as `pid command`. */
function marked(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`ULOGCHECK_TEST=${mark}`))
          return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}`];
      } catch {
        return []; // gone, or not ours to read
      }
    });
}

/** An owner in a process group of its own, with a shell above it as npm would have. */
class Owner implements AsyncDisposable {
  readonly mark = randomUUID();
  readonly socket = join(tmpdir(), `ulogcheck-owned-test-${this.mark}.sock`);
  readonly top: ChildProcess;
  readonly #ready: Promise<string>;

  constructor(mode: 'wait' | 'exit' | 'storm' | 'full') {
    // "; true" keeps the shell as the parent, as some shells would exec the last command.
    this.top = spawn('sh', ['-c', 'ulimit -n 200; node "$@"; true', 'sh', OWNER, mode, this.socket], {
      detached: true,
      env: { ...process.env, ULOGCHECK_TEST: this.mark, npm_lifecycle_event: undefined },
      stdio: ['ignore', 'pipe', 'ignore'], // the shell would say "Killed"
    });
    this.#ready = new Promise((done) =>
      this.top.stdout?.once('data', (line: Buffer) => done(line.toString())),
    );
  }

  /** Resolves when the owner has all that it should have, with the path of its directory. */
  async ready(): Promise<string> {
    return (JSON.parse(await this.#ready) as { directory: string }).directory;
  }

  /** The pid of the owner itself: the shell's child; what it has just forked bears the same name. */
  get pid(): number {
    const all = marked(this.mark);
    const pid = all.map((line) => Number.parseInt(line, 10)).find((one) => parentOf(one) === this.top.pid);
    assert.ok(pid, `no owner among ${all.join(', ')}`);
    return pid;
  }

  /** The pids of the owner's janitor: of the process that the owner started, then of the other one of the pair. */
  get janitors(): readonly number[] {
    const owner = this.pid;
    return marked(this.mark)
      .filter((line) => line.includes('janitor.sh'))
      .map((line) => Number.parseInt(line, 10))
      .sort((one, other) => Number(parentOf(other) === owner) - Number(parentOf(one) === owner));
  }

  async gone(directory?: string): Promise<void> {
    const left = (): string[] => [
      ...marked(this.mark),
      ...[this.socket, ...(directory === undefined ? [] : [directory])].filter((path) => existsSync(path)),
    ];
    await eventually(
      () => left().length === 0,
      () => `left: ${left().join(', ')}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of marked(this.mark)) {
      if (!line.includes('janitor.sh')) kill(Number.parseInt(line, 10));
    }
    await this.gone();
  }
}

describe('an owner that ends', () => {
  test('by SIGKILL, alone: nothing that it owned is left after 5 s', async () => {
    await using owner = new Owner('wait');
    const directory = await owner.ready();
    // The shell, the owner, its two janitors, the child, the grandchild, and setsid with a sleep of its own.
    await eventually(
      () => marked(owner.mark).length === 8,
      () => marked(owner.mark).join(', '),
    );
    process.kill(owner.pid, 'SIGKILL');
    await owner.gone(directory);
  });

  test('by SIGKILL, with its process group: the same', async () => {
    await using owner = new Owner('wait');
    const directory = await owner.ready();
    process.kill(-Number(owner.top.pid), 'SIGKILL');
    await owner.gone(directory);
  });

  test('by exit with children running: the same, and no janitor stays', async () => {
    await using owner = new Owner('exit');
    await owner.gone(await owner.ready());
  });

  test('by SIGKILL while it starts children: no child slips through between birth and registration', async () => {
    for (let round = 0; round < 5; round++) {
      await using owner = new Owner('storm');
      await owner.ready();
      await delay(Math.random() * 100);
      process.kill(owner.pid, 'SIGKILL');
      await owner.gone();
    }
  });

  test('after somebody killed the janitor, both of the pair: the same', async () => {
    await using owner = new Owner('wait');
    const directory = await owner.ready();
    const before = await pairOf(owner);
    before.forEach(kill);
    await eventually(
      () => owner.janitors.length === 2 && !owner.janitors.some((pid) => before.includes(pid)),
      () => `janitors: ${owner.janitors.join(', ')}, before: ${before.join(', ')}`,
    );
    process.kill(owner.pid, 'SIGKILL');
    await owner.gone(directory);
  });

  for (const [index, which] of ['the first', 'the second'].entries()) {
    test(`which had no time to see that somebody killed ${which} of its janitors: the same`, async () => {
      await using owner = new Owner('wait');
      const directory = await owner.ready();
      const pair = await pairOf(owner);
      const { pid } = owner;
      process.kill(pid, 'SIGSTOP');
      kill(Number(pair[index]));
      kill(pid);
      await owner.gone(directory);
    });
  }

  test('which could not start another janitor at once: the same', async () => {
    await using owner = new Owner('full');
    const directory = await owner.ready();
    const pair = await pairOf(owner);
    const { pid } = owner;
    pair.forEach(kill);
    // Once the owner has taken the exit status, it has tried, too.
    await eventually(
      () => parentOf(Number(pair[0])) === undefined,
      () => `janitor ${Number(pair[0])} is not reaped`,
    );
    assert.deepEqual(owner.janitors, []);
    process.kill(pid, 'SIGUSR2');
    await pairOf(owner);
    kill(pid);
    await owner.gone(directory);
  });

  test('nobody is taken for dead because one of its janitors was killed', async () => {
    await using owner = new Owner('wait');
    const directory = await owner.ready();
    const [first = 0, second = 0] = await pairOf(owner);
    kill(first);
    // The second of the old pair stays, until the owner ends.
    await eventually(
      () => owner.janitors.length === 3,
      () => `janitors: ${owner.janitors.join(', ')}, before: ${first}, ${second}`,
    );
    kill(second);
    await eventually(
      () => owner.janitors.length === 2,
      () => `janitors: ${owner.janitors.join(', ')}, before: ${first}, ${second}`,
    );
    assert.ok(
      existsSync(owner.socket) && existsSync(directory),
      'a janitor was at work while the owner lived',
    );
    process.kill(owner.pid, 'SIGKILL');
    await owner.gone(directory);
  });
});

/** The owner's pair of janitors, once both are there. */
async function pairOf(owner: Owner): Promise<readonly number[]> {
  await eventually(
    () => owner.janitors.length === 2,
    () => `janitors: ${owner.janitors.join(', ')}`,
  );
  return owner.janitors;
}

describe('dieWithParent', () => {
  test('npm alone is killed: the script below its shell ends', async () => {
    const socket = join(tmpdir(), `ulogcheck-owned-test-${randomUUID()}.sock`);
    const mark = randomUUID();
    const npm = spawn('sh', ['-c', 'sh -c "node $*; true" sh "$@"; true', 'npm', OWNER, 'wait', socket], {
      detached: true,
      env: { ...process.env, ULOGCHECK_TEST: mark, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((done) => npm.stdout.once('data', done));
    npm.kill('SIGKILL');
    await eventually(
      () => marked(mark).length === 0,
      () => marked(mark).join(', '),
    );
  });

  test('a worker whose IPC channel closes ends', async () => {
    const socket = join(tmpdir(), `ulogcheck-owned-test-${randomUUID()}.sock`);
    const worker = fork(OWNER, ['wait', socket], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    await new Promise((done) => worker.stdout?.once('data', done));
    const ended = new Promise((done) => worker.once('exit', (_status, signal) => done(signal)));
    worker.disconnect();
    assert.equal(await ended, 'SIGKILL');
  });
});

describe('the janitor', () => {
  test('kills and removes what stands in the ledger, and nothing else', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ulogcheck-owned-test-'));
    const bystanders = ['reused number', 'struck out', 'unfinished line'].map(() =>
      spawn('sleep', ['1000'], { detached: true }),
    );
    const registered = spawn('sleep', ['1000'], { detached: true });
    try {
      const [reused, struck, unfinished] = bystanders.map(({ pid }) => Number(pid));
      const paths = Object.fromEntries(
        ['kept', 'kept too', 'removed, "$(x)"'].map((name) => [name, join(directory, name)]),
      );
      for (const path of Object.values(paths)) writeFileSync(path, '');
      const ledger = join(directory, 'ledger');
      writeFileSync(
        ledger,
        [
          `+s ${reused} 1`,
          `-s ${struck} ${startTime(Number(struck))}`,
          `+s ${registered.pid} ${startTime(Number(registered.pid))}`,
          `-p ${paths['kept']}`,
          `+p ${paths['removed, "$(x)"']}`,
          `+p ${join(directory, 'never made')}`,
          '+p relative',
          '+p /',
          `+s ${unfinished} ${startTime(Number(unfinished))}`,
        ].join('\n'),
      );
      const fd = openSync(ledger, 'r');
      const nothing = openSync('/dev/null', 'r'); // ends at once, as the owner's pipe does with the owner
      const ended = new Promise((done) => registered.once('exit', (_status, signal) => done(signal)));
      const janitor = spawn('/bin/sh', [join(projectRoot, 'harness/setup/janitor.sh'), randomUUID()], {
        stdio: ['ignore', 'inherit', 'inherit', fd, nothing],
      });
      closeSync(fd);
      closeSync(nothing);
      assert.equal(await new Promise((done) => janitor.once('exit', done)), 0);
      assert.equal(await ended, 'SIGKILL');
      assert.deepEqual(readdirSync(directory).sort(), ['kept', 'kept too', 'ledger']);
      for (const { pid } of bystanders) assert.ok(startTime(Number(pid)), `bystander ${pid} was killed`);
    } finally {
      for (const child of [...bystanders, registered]) child.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    }
  });
});

describe('runOwned', () => {
  test('gives output and status', async () => {
    const { stdout, stderr, status } = await runOwned(['sh', '-c', 'cat; echo oops >&2; exit 3'], {
      input: 'in',
      allow: [0, 3],
    });
    assert.deepEqual({ stdout, stderr, status }, { stdout: 'in', stderr: 'oops\n', status: 3 });
  });

  test('throws with command, status and the last lines of stderr', async () => {
    await assert.rejects(runOwned(['sh', '-c', 'seq 20 >&2; exit 3']), (error: unknown) => {
      assert.ok(error instanceof OwnedCommandError);
      const [first = '', ...lines] = error.message.split('\n');
      assert.match(first, /^sh -c seq 20 >&2; exit 3: exit status 3 after \d+\.\d s$/);
      assert.deepEqual(
        lines,
        Array.from({ length: 15 }, (_, i) => `  ${i + 6}`),
      );
      return true;
    });
  });

  test('ends a command at its deadline', async () => {
    await assert.rejects(
      runOwned(['sleep', '1000'], { deadlineMs: 50 }),
      /^OwnedCommandError: sleep 1000: still running after \d\.\d s, ended \(no output\)$/,
    );
  });

  test('does not wait for output from what the command left running', async () => {
    const { stdout } = await runOwned(['sh', '-c', 'sleep 1000 & echo done']);
    assert.equal(stdout, 'done\n');
  });

  test('says when there is no such command', async () => {
    await assert.rejects(runOwned(['no-such', 'x'], { env: { PATH: '/nowhere' } }), {
      name: 'OwnedSpawnError',
      message: 'cannot run no-such: not found in PATH (/nowhere)',
    });
    await assert.rejects(runOwned(['./no-such']), {
      message: 'cannot run ./no-such: no such executable file',
    });
    assert.throws(() => spawnOwned(['true'], { cwd: '/nowhere' }), OwnedSpawnError);
  });
});

describe('spawnOwned', () => {
  test('the child is killed, with its group, on disposal', async () => {
    let pid;
    {
      await using child = spawnOwned(['sh', '-c', 'echo $$; sleep 1000 & wait']);
      await new Promise((done) => child.stdout.once('data', done));
      pid = child.pid;
    }
    assert.equal(startTime(pid), undefined);
  });

  test('a stream that is no pipe says so', async () => {
    await using child = spawnOwned(['true'], { stdio: 'ignore' });
    assert.throws(() => child.stdin, { message: 'stdin of true was not started as a pipe' });
  });

  test('extra descriptors are handed on, and the gate is not', async () => {
    const list = 'for fd in 3 4; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done';
    const { stdout } = await runOwned(['sh', '-c', list], { fds: [1] });
    assert.equal(stdout, '3\n');
  });
});

describe('owned paths', () => {
  test('a temporary directory goes on disposal', async () => {
    let path;
    {
      await using directory = await ownedTempDir('ulogcheck-owned-test-');
      path = directory.path;
      assert.ok(existsSync(path));
    }
    assert.ok(!existsSync(path));
  });

  test('released paths stay, removed ones go', async () => {
    await using directory = await ownedTempDir('ulogcheck-owned-test-');
    const path = ownPath(join(directory.path, 'a'));
    writeFileSync(path, '');
    releasePath(path);
    assert.ok(existsSync(path));
    await removeOwned(path);
    assert.ok(!existsSync(path));
  });

  test('what holds other things is refused', () => {
    for (const path of ['/', tmpdir(), '.', '..', process.env['HOME'] ?? '/root']) {
      assert.throws(() => ownPath(path), /^Error: refusing to own /, path);
    }
    assert.throws(() => ownPath('/tmp/a\nb'), { message: 'cannot own a path with a newline: "/tmp/a\\nb"' });
  });
});
