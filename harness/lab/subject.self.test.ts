import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import { Cache } from '../cache/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { BootKernel } from './boot-kernel.js';
import { Node } from './node.js';
import { Subject, SubjectNotReady, type SubjectJournal } from './subject.js';
import { prepareSelfTest } from './self-test-scene.js';

// Every way in which a profile may say that a daemon is ready, in a real node. The daemons only pretend to be some.

let node: Node;
let reference: Profile;
let directory: Awaited<ReturnType<typeof ownedTempDir>>;
let events: string[];
const journal: SubjectJournal = {
  subject: (action, detail) => {
    events.push(`${action} ${detail.split('\n')[0] ?? ''}`);
    return Promise.resolve();
  },
};

before(async () => {
  directory = await ownedTempDir('ulogcheck-test-');
  const { environment, reference: subject } = await prepareSelfTest('booted');
  reference = subject.profile;
  await using bootKernel = new BootKernel(await Cache.open(), environment.kernel);
  const vmlinux = await bootKernel.path();
  const place = { name: 'selftest', directory: directory.path };
  node = await Node.boot({ environment, images: subject, vmlinux, ...place });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

function daemon(script: string, given: Partial<Profile>): Subject {
  events = [];
  const profile: Profile = {
    ...reference,
    name: 'pretender',
    start: { command: ['sh', '-c', script] },
    stop: { signal: 'SIGTERM', deadline: 5 },
    logs: [],
    ...given,
  };
  return new Subject(profile, node.session, journal, join(directory.path, 'daemon.log'));
}

test('a socket: one that a killed daemon left behind does not count', async () => {
  const listen = `use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("/run/p.sock")) or die $!; listen(S, 1); sleep 600`;
  const subject = daemon(`sleep 0.3; exec perl -e '${listen}'`, {
    ready: { socket: '/run/p.sock', deadline: 10 },
  });
  await subject.start();
  const first = await node.session.succeed('stat -c %i /run/p.sock');
  await subject.kill();
  assert.equal((await node.session.run('test -S /run/p.sock')).status, 0, 'the socket outlives its daemon');
  await subject.start();
  assert.notEqual(await node.session.succeed('stat -c %i:%Y:%Z /run/p.sock'), first);
  await subject.stop();
  assert.deepEqual(
    events.map((event) => event.split(' ')[0]),
    ['started', 'ready', 'killed', 'started', 'ready', 'stopped'],
  );
  await subject.close();
});

test('a line in a log file: only what this start writes counts, and the file is collected', async () => {
  const script = 'echo begin >> /run/p.log; sleep 0.3; echo "state 1: up" >> /run/p.log; exec sleep 600';
  const subject = daemon(script, {
    logs: [{ name: 'main', path: '/run/p.log' }],
    ready: { log: 'state \\d+: up', in: 'main', deadline: 10 },
  });
  await subject.start();
  await subject.kill();
  await subject.start();
  assert.equal((await node.session.succeed('grep -c up /run/p.log')).trim(), '2');
  await subject.stop();
  await subject.collect();
  const log = await readFile(join(directory.path, 'daemon.log'), 'utf8');
  assert.equal(log, '--- main (/run/p.log)\nbegin\nstate 1: up\nbegin\nstate 1: up\n');
});

test('a command, and a stop command; an end that nobody asked for is noted', async () => {
  const subject = daemon('sleep 0.3; touch /run/p.up; exec sleep 600', {
    ready: { command: ['test', '-e', '/run/p.up'], deadline: 10 },
    stop: { command: ['pkill', '-f', 'sleep 600'], deadline: 5 },
  });
  await subject.start();
  assert.equal(subject.ended, undefined);
  await subject.stop();
  assert.equal(events.at(-1), "stopped pkill -f 'sleep 600': SIGTERM");
  await subject.close();
  const dying = daemon('touch /run/q.up; read line < /run/q.fifo; exit 7', {
    ready: { command: ['test', '-e', '/run/q.up'], deadline: 10 },
  });
  await node.session.succeed('mkfifo /run/q.fifo');
  await dying.start();
  await node.session.succeed(
    "echo go > /run/q.fifo; while pgrep -f 'line < /run/q.fif[o]'; do sleep 0.02; done",
  );
  await dying.collect();
  assert.deepEqual(
    [dying.ended, events.at(-1)],
    ['status 7', 'exited by itself, with status 7; it printed:'],
  );
});

test('a daemon that is never ready is told with what it printed', async () => {
  const subject = daemon('echo waiting for a licence; exec sleep 600', {
    ready: { socket: '/run/never', deadline: 1 },
  });
  await assert.rejects(subject.start(), (error: unknown) => {
    assert.ok(error instanceof Error && !(error instanceof SubjectNotReady));
    assert.match(
      error.message,
      /pretender to become ready \(socket \/run\/never\)[\s\S]*waiting for a licence/,
    );
    return true;
  });
});
