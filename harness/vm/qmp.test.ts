import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { QmpClient, QmpCommandError } from './qmp.js';

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\n';

/** A QMP server that answers each command by `answer`. */
async function serve(
  path: string,
  answer: (command: { execute: string; id: string }, socket: Socket) => string,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.write(GREETING);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        socket.write(answer(JSON.parse(line) as { execute: string; id: string }, socket));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

test('matches answers by id, passes events on, and names a refused command', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const path = join(directory.path, 'qmp');
  const server = await serve(path, ({ execute, id }) =>
    execute === 'bad'
      ? `{"error": {"class": "GenericError", "desc": "no such thing"}, "id": "${id}"}\n`
      : `{"event": "SHUTDOWN", "data": {"guest": true}}\n{"return": {"was": "${execute}"}, "id": "${id}"}\n`,
  );
  const client = await QmpClient.over(connect(path), 1000);
  const events: string[] = [];
  client.on('event', ({ event }) => events.push(event));
  assert.deepEqual(await client.execute('query-status'), { was: 'query-status' });
  assert.deepEqual(events, ['SHUTDOWN']);
  await assert.rejects(client.execute('bad'), (error: unknown) => {
    assert.ok(error instanceof QmpCommandError);
    assert.equal(error.message, 'QEMU refused bad: no such thing (GenericError)');
    return true;
  });
  client.close();
  server.close();
});

test('a closed socket fails what was not answered', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const path = join(directory.path, 'qmp');
  const server = await serve(path, ({ execute, id }, socket) => {
    if (execute !== 'quit') return `{"return": {}, "id": "${id}"}\n`;
    socket.destroy();
    return '';
  });
  const client = await QmpClient.over(connect(path), 1000);
  await assert.rejects(client.execute('quit'), {
    message: 'QEMU closed its control socket before it answered quit',
  });
  server.close();
});

test('nothing is asked of a QEMU that has gone', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const path = join(directory.path, 'qmp');
  const server = await serve(path, ({ id }) => `{"return": {}, "id": "${id}"}\n`);
  const client = await QmpClient.over(connect(path), 1000);
  const closed = new Promise<void>((resolve) => client.once('close', resolve));
  client.close();
  await closed;
  await assert.rejects(client.execute('query-status'), {
    message: 'QEMU closed its control socket before query-status was asked',
  });
  server.close();
});
