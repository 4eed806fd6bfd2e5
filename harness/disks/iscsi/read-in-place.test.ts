import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { describe, it } from 'node:test';
import { readInPlace } from './read-in-place.js';
import type { Wire } from './wire.js';

describe('a connection that was accepted', () => {
  it('reads into the same memory each time, and everything else goes on as usual', async () => {
    const server = createServer({ pauseOnConnect: true });
    const accepted = new Promise<Wire>((resolve) =>
      server.on('connection', (socket) => resolve(readInPlace(socket))),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const client = connect(address.port, '127.0.0.1');
    const wire = await accepted;
    assert.equal(wire.localPort, address.port);
    const seen: string[] = [];
    const memory = new Set<ArrayBufferLike>();
    wire.consume?.((bytes) => {
      seen.push(bytes.toString());
      memory.add(bytes.buffer);
      wire.write(bytes.toString().toUpperCase());
    });
    for (const word of ['one', 'two']) {
      client.write(word);
      const [answer] = (await once(client, 'data')) as [Buffer];
      assert.equal(answer.toString(), word.toUpperCase());
    }
    assert.deepEqual([seen, memory.size], [['one', 'two'], 1]);
    wire.pause();
    client.write('three');
    client.end();
    wire.resume();
    await once(wire, 'close');
    assert.deepEqual(seen, ['one', 'two', 'three']);
    server.close();
    await once(server, 'close');
  });

  it('stays as it is where Node.js has no handle for it', () => {
    const socket = new Socket();
    const wire: Wire = readInPlace(socket);
    assert.ok(Object.is(wire, socket));
    assert.equal('consume' in wire, false);
    socket.destroy();
  });
});
