import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { filesInPool, httpProxy, poolPath } from './packages-pool.js';

describe('the pool of an archive', () => {
  let server: Server;
  let address = '';
  const asked: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      asked.push(`${method} ${url} ${headers.host ?? ''}`);
      if (url.endsWith('/moved')) response.writeHead(302, { location: '/there' }).end();
      else if (url.endsWith('/there')) response.writeHead(200, { 'content-length': '42' }).end();
      else if (url.endsWith('/busy')) response.writeHead(503).end();
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  it('tells which files it has, without sending them', async () => {
    const found = await filesInPool(address, ['there', 'moved', 'gone'], undefined);
    assert.deepEqual(
      [...found],
      [
        ['there', 42],
        ['moved', 42],
      ],
    );
    assert.ok(asked.every((line) => line.startsWith('HEAD ')));
  });

  it('is asked through the proxy that apt uses', async () => {
    const found = await filesInPool('http://archive.invalid/debian', ['there'], address);
    assert.deepEqual([...found], [['there', 42]]);
    assert.ok(asked.includes('HEAD http://archive.invalid/debian/there archive.invalid'));
  });

  it('is not taken for one without the file when it does not answer, or says neither yes nor no', async () => {
    const silent = { name: 'PackageError', failure: 'network' };
    await assert.rejects(filesInPool('http://127.0.0.1:9', ['there'], undefined), silent);
    await assert.rejects(filesInPool(address, ['there', 'busy'], undefined), silent);
  });

  it('has nothing when it is reached in another way', async () => {
    assert.equal((await filesInPool('file:/srv/debian', ['there'], undefined)).size, 0);
  });
});

it('where packages lie in it', () => {
  assert.equal(
    poolPath('linux', 'linux-modules-6.19.6-amd64', '6.19.6-2~bpo13+1'),
    'pool/main/l/linux/linux-modules-6.19.6-amd64_6.19.6-2~bpo13+1_amd64.deb',
  );
  assert.equal(poolPath('libaio', 'libaio1', '1:0.3-1'), 'pool/main/liba/libaio/libaio1_0.3-1_amd64.deb');
});

it('the proxy is that of apt, else that of the environment', () => {
  assert.equal(
    httpProxy(['Acquire::http::Proxy "http://p:1/";'], { http_proxy: 'http://q:2' }),
    'http://p:1/',
  );
  assert.equal(httpProxy([], { http_proxy: 'http://q:2' }), 'http://q:2');
  assert.equal(httpProxy(['Acquire::http::Proxy "DIRECT";'], {}), undefined);
  assert.equal(httpProxy([], {}), undefined);
});
