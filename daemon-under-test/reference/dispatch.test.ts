import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeRemoteRecovering,
  decodeResyncWork,
  decodeS64,
  decodeU64,
  encodeConstructorText,
  encodeRegions,
  encodeRegionSync,
  encodeU64,
  RequestType,
  type RequestName,
} from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from './dispatch.js';
import type { DaemonEvent } from './event.js';
import { InstanceRegistry } from './instances.js';
import { LogInstance } from './log-instance.js';

const EMPTY = new Uint8Array(0);

class Kernel {
  readonly events: DaemonEvent[] = [];
  readonly registry: InstanceRegistry;
  readonly #dispatcher: Dispatcher;

  constructor(registry = new InstanceRegistry()) {
    this.registry = registry;
    this.#dispatcher = new Dispatcher(registry, (event) => this.events.push(event));
  }

  ask(name: RequestName | number, luid: bigint, payload: Uint8Array = EMPTY, uuid = 'U'): Reply {
    const requestType = typeof name === 'number' ? name : RequestType[name];
    const dataSize = payload.length;
    return this.#dispatcher.handle({
      luid,
      uuid,
      version: 3,
      error: 0,
      seq: 1,
      requestType,
      dataSize,
      payload,
    });
  }

  ctr(luid: bigint, text: string, reconnect = false, uuid = 'U'): Reply {
    return this.ask('CTR', luid, encodeConstructorText({ text, reconnect }), uuid);
  }

  /** A resumed log of `regions` regions. */
  live(luid: bigint, regions = 64, options = ' nosync', uuid = 'U'): this {
    assert.deepEqual(this.ctr(luid, `${regions * 8} clustered-core 8${options}`, false, uuid), OK);
    assert.deepEqual(this.ask('RESUME', luid, EMPTY, uuid), OK);
    return this;
  }

  number(name: RequestName, luid: bigint, payload: Uint8Array = EMPTY, uuid = 'U'): bigint {
    const reply = this.ask(name, luid, payload, uuid);
    assert.equal(reply.error, 0);
    return decodeU64(reply.payload);
  }

  lastMessage(): unknown {
    return this.events.at(-1)?.details['message'];
  }
}

const OK: Reply = { error: 0, payload: Buffer.alloc(0) };
const INVALID: Reply = { error: -22, payload: Buffer.alloc(0) };

describe('answers', () => {
  it('have the sizes of spec 2.4', () => {
    const kernel = new Kernel().live(1n);
    const region = encodeU64(3n);
    const sizes: [RequestName, Uint8Array, number][] = [
      ['GET_REGION_SIZE', EMPTY, 8],
      ['IS_CLEAN', region, 8],
      ['IN_SYNC', region, 8],
      ['FLUSH', EMPTY, 0],
      ['FLUSH', encodeRegions([1n, 2n]), 0],
      ['MARK_REGION', encodeRegions([1n, 2n]), 0],
      ['CLEAR_REGION', encodeRegions([1n, 2n]), 0],
      ['GET_RESYNC_WORK', EMPTY, 16],
      ['SET_REGION_SYNC', encodeRegionSync({ region: 3n, inSync: 1n }), 0],
      ['GET_SYNC_COUNT', EMPTY, 8],
      ['IS_REMOTE_RECOVERING', region, 16],
      ['PRESUSPEND', EMPTY, 0],
      ['POSTSUSPEND', EMPTY, 0],
      ['RESUME', EMPTY, 0],
      ['DTR', EMPTY, 0],
    ];
    for (const [name, payload, size] of sizes) {
      const reply = kernel.ask(name, 1n, payload);
      assert.deepEqual([name, reply.error, reply.payload.length], [name, 0, size]);
    }
  });

  it('give status texts with their NUL', () => {
    const kernel = new Kernel().live(1n);
    assert.equal(Buffer.from(kernel.ask('STATUS_INFO', 1n).payload).toString(), '1 clustered-core\0');
    assert.equal(Buffer.from(kernel.ask('STATUS_TABLE', 1n).payload).toString(), 'clustered-core 8 nosync\0');
  });

  it('to a write: in sync, mark, flush, clear, flush', () => {
    const kernel = new Kernel().live(1n);
    const region = encodeU64(5n);
    assert.equal(decodeS64(kernel.ask('IN_SYNC', 1n, region).payload), 1n);
    assert.deepEqual(kernel.ask('MARK_REGION', 1n, region), OK);
    assert.deepEqual(kernel.ask('FLUSH', 1n), OK);
    assert.equal(decodeS64(kernel.ask('IS_CLEAN', 1n, region).payload), 0n);
    assert.deepEqual(kernel.ask('CLEAR_REGION', 1n, region), OK);
    assert.deepEqual(kernel.ask('FLUSH', 1n), OK);
    assert.equal(decodeS64(kernel.ask('IS_CLEAN', 1n, region).payload), 1n);
  });

  it('mark what an integrated FLUSH lists (FLUSH-09)', () => {
    const kernel = new Kernel().live(1n);
    kernel.ask('FLUSH', 1n, encodeRegions([7n, 9n]));
    assert.equal(decodeS64(kernel.ask('IS_CLEAN', 1n, encodeU64(7n)).payload), 0n);
    assert.equal(decodeS64(kernel.ask('IS_CLEAN', 1n, encodeU64(8n)).payload), 1n);
  });

  it('drive a resync', () => {
    const kernel = new Kernel().live(1n, 2, '');
    assert.deepEqual(decodeResyncWork(kernel.ask('GET_RESYNC_WORK', 1n).payload), {
      haveWork: 1n,
      region: 0n,
    });
    kernel.ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 0n, inSync: 1n }));
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 1n);
    assert.deepEqual(decodeRemoteRecovering(kernel.ask('IS_REMOTE_RECOVERING', 1n, encodeU64(1n)).payload), {
      recovering: 0n,
      inSyncHint: 1n,
    });
  });

  it('mask the type', () => {
    const kernel = new Kernel().live(1n);
    assert.equal(kernel.ask(0xffff_ff08, 1n, encodeU64(0n)).payload.length, 8);
  });
});

describe('instances', () => {
  it('of one uuid coexist, and each request acts on its own luid (LUID-01, LUID-03, LUID-11)', () => {
    const kernel = new Kernel().live(1n);
    kernel.ctr(2n, '512 clustered-core 16');
    assert.equal(kernel.number('GET_SYNC_COUNT', 2n), 0n);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 64n);
    assert.equal(kernel.number('GET_REGION_SIZE', 2n), 16n);
    kernel.ask('MARK_REGION', 1n, encodeRegions([3n]));
    kernel.ask('PRESUSPEND', 1n);
    kernel.ask('POSTSUSPEND', 1n);
    kernel.ask('RESUME', 2n);
    kernel.ask('MARK_REGION', 2n, encodeRegions([4n]));
    // Late requests of the old instance leave the new one alone (LUID-12).
    kernel.ask('CLEAR_REGION', 1n, encodeRegions([3n, 4n]));
    assert.deepEqual(kernel.ask('DTR', 1n), OK);
    assert.equal(decodeS64(kernel.ask('IS_CLEAN', 2n, encodeU64(4n)).payload), 0n);
    assert.equal(decodeResyncWork(kernel.ask('GET_RESYNC_WORK', 2n).payload).haveWork, 1n);
    assert.equal(kernel.registry.size, 1);
  });

  it('an inactive one is destroyed alone (LUID-02)', () => {
    const kernel = new Kernel().live(1n);
    kernel.ctr(2n, '512 clustered-core 8');
    assert.deepEqual(kernel.ask('DTR', 2n), OK);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 64n);
  });

  it('are keyed by the pair, with any 64 bits of luid (LUID-08, LUID-10)', () => {
    const high = 0xffff_8881_2345_6780n;
    const kernel = new Kernel().live(high).live(high, 32, ' nosync', 'V').live(0n, 16);
    assert.equal(kernel.number('GET_SYNC_COUNT', high), 64n);
    assert.equal(kernel.number('GET_SYNC_COUNT', high, EMPTY, 'V'), 32n);
    assert.equal(kernel.number('GET_SYNC_COUNT', 0n), 16n);
    assert.equal(kernel.ask('GET_SYNC_COUNT', 0n, EMPTY, 'V').error, -3);
  });

  it('a luid that comes back after DTR is clean (LUID-09)', () => {
    const kernel = new Kernel().live(1n);
    kernel.ask('DTR', 1n);
    kernel.live(1n, 64, '');
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 0n);
  });
});

describe('a repeated CTR', () => {
  it('of a pending instance makes a fresh one (CTR-09, CTR-19)', () => {
    const kernel = new Kernel();
    kernel.ctr(1n, '512 clustered-core 8 nosync');
    assert.deepEqual(kernel.ctr(1n, '512 clustered-core 8 nosync'), OK);
    assert.deepEqual(kernel.ctr(1n, '256 clustered-core 8'), OK);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 0n);
    assert.equal(kernel.registry.size, 1);
    assert.deepEqual(kernel.events.map(({ details }) => details['outcome']).slice(0, 3), [
      'created',
      'replaced',
      'replaced',
    ]);
  });

  it('of a resumed instance keeps everything (RECOV-02, RECOV-10)', () => {
    for (const reconnect of [true, false]) {
      const kernel = new Kernel().live(1n);
      kernel.ask('MARK_REGION', 1n, encodeRegions([3n]));
      for (let pair = 0; pair < 2; pair++) {
        assert.deepEqual(kernel.ctr(1n, '512 clustered-core 8 nosync', reconnect), OK);
        assert.deepEqual(kernel.ask('RESUME', 1n), OK);
      }
      assert.equal(decodeS64(kernel.ask('IS_CLEAN', 1n, encodeU64(3n)).payload), 0n);
    }
  });

  it('of a suspended instance keeps everything', () => {
    const kernel = new Kernel().live(1n, 64, '');
    kernel.ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 1n, inSync: 1n }));
    kernel.ask('PRESUSPEND', 1n);
    kernel.ask('POSTSUSPEND', 1n);
    kernel.ctr(1n, '512 clustered-core 8', true);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 1n);
  });

  it('with another text is another log', () => {
    const kernel = new Kernel().live(1n);
    assert.deepEqual(kernel.ctr(1n, '256 clustered-core 8'), OK);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 0n);
  });

  it('of an unknown log is a rebuild, answered without data (RECOV-03, RECOV-04)', () => {
    const kernel = new Kernel();
    assert.deepEqual(kernel.ctr(1n, '512 clustered-core 8 nosync', true), OK);
    assert.deepEqual(kernel.ask('RESUME', 1n), OK);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 64n);
  });
});

describe('refusals', () => {
  it('an unknown log is asked to be rebuilt, with the expected size (RECOV-14)', () => {
    const kernel = new Kernel();
    const sizes: [RequestName, number][] = [
      ['IS_CLEAN', 8],
      ['IN_SYNC', 8],
      ['FLUSH', 0],
      ['MARK_REGION', 0],
      ['CLEAR_REGION', 0],
      ['GET_RESYNC_WORK', 16],
      ['SET_REGION_SYNC', 0],
      ['GET_SYNC_COUNT', 8],
      ['STATUS_INFO', 64],
      ['STATUS_TABLE', 64],
      ['IS_REMOTE_RECOVERING', 16],
    ];
    for (const [name, size] of sizes) {
      assert.deepEqual(kernel.ask(name, 1n, encodeU64(0n)), { error: -3, payload: Buffer.alloc(size) });
    }
  });

  it('an unknown log in the other requests is invalid (ERR-02)', () => {
    const kernel = new Kernel();
    for (const name of ['DTR', 'PRESUSPEND', 'POSTSUSPEND', 'RESUME', 'GET_REGION_SIZE'] as const) {
      assert.deepEqual(kernel.ask(name, 1n), INVALID);
      assert.equal(kernel.lastMessage(), 'no such log instance');
    }
  });

  it('unknown types are invalid (ERR-04)', () => {
    const kernel = new Kernel().live(1n);
    for (const type of [0, 18, 100, 255]) {
      assert.deepEqual(kernel.ask(type, 1n), INVALID);
      assert.equal(kernel.lastMessage(), `unknown request type ${type}`);
    }
  });

  it('regions from region_count on are invalid, without partial effect (ERR-05, FLUSH-17)', () => {
    const kernel = new Kernel().live(1n);
    for (const region of [64n, 65n, 0xffff_ffff_ffff_ffffn]) {
      for (const name of ['IS_CLEAN', 'IN_SYNC', 'IS_REMOTE_RECOVERING'] as const) {
        assert.deepEqual(kernel.ask(name, 1n, encodeU64(region)), INVALID);
      }
      for (const name of ['MARK_REGION', 'FLUSH'] as const) {
        assert.deepEqual(kernel.ask(name, 1n, encodeRegions([1n, region])), INVALID);
      }
      assert.deepEqual(kernel.ask('CLEAR_REGION', 1n, encodeRegions([region])), INVALID);
      assert.deepEqual(kernel.ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region, inSync: 0n })), INVALID);
      assert.equal(kernel.lastMessage(), `region ${region} of a log with 64 regions`);
    }
    assert.equal(kernel.number('IS_CLEAN', 1n, encodeU64(1n)), 1n);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 64n);
  });

  it('malformed payloads are invalid (ERR-15)', () => {
    const kernel = new Kernel().live(1n);
    for (const name of ['IS_CLEAN', 'IN_SYNC', 'IS_REMOTE_RECOVERING', 'SET_REGION_SYNC'] as const) {
      for (const size of [0, 7, 9, 15, 24])
        assert.deepEqual(kernel.ask(name, 1n, new Uint8Array(size)), INVALID);
    }
    for (const name of ['MARK_REGION', 'CLEAR_REGION', 'FLUSH'] as const) {
      for (const size of [1, 7, 12]) assert.deepEqual(kernel.ask(name, 1n, new Uint8Array(size)), INVALID);
    }
    assert.deepEqual(kernel.ask('MARK_REGION', 1n), INVALID);
    assert.deepEqual(
      kernel.ask('SET_REGION_SYNC', 1n, encodeRegionSync({ region: 0n, inSync: 2n })),
      INVALID,
    );
    const most = encodeRegions(Array.from({ length: 41 }, (_, index) => BigInt(index)));
    assert.deepEqual(kernel.ask('MARK_REGION', 1n, most), OK);
  });

  it('a disk log without its device is refused with the reason', () => {
    const kernel = new Kernel();
    assert.deepEqual(kernel.ctr(1n, '512 clustered-disk 7:9 8'), { error: -6, payload: Buffer.alloc(0) });
    assert.equal(kernel.lastMessage(), 'log device 7:9: there are no log devices here');
    assert.equal(kernel.registry.size, 0);
  });

  it('a failed CTR leaves an existing log alone', () => {
    const kernel = new Kernel().live(1n);
    assert.deepEqual(kernel.ctr(1n, '512 clustered-core 9'), INVALID);
    assert.equal(kernel.number('GET_SYNC_COUNT', 1n), 64n);
  });

  it('a fault of our own is an I/O error, never silence', () => {
    class Broken extends LogInstance {
      override syncCount(): number {
        throw new TypeError('oops');
      }
    }
    const kernel = new Kernel(
      new InstanceRegistry((uuid, luid, parameters) => new Broken(uuid, luid, parameters)),
    );
    kernel.live(1n);
    assert.deepEqual(kernel.ask('GET_SYNC_COUNT', 1n), { error: -5, payload: Buffer.alloc(0) });
    assert.equal(kernel.lastMessage(), 'oops');
  });

  it('no memory is said so', () => {
    const kernel = new Kernel(
      new InstanceRegistry(() => {
        throw new RangeError('Array buffer allocation failed');
      }),
    );
    assert.deepEqual(kernel.ctr(1n, '512 clustered-core 8'), { error: -12, payload: Buffer.alloc(0) });
    assert.equal(kernel.lastMessage(), 'no memory for 64 regions: Array buffer allocation failed');
  });
});

describe('any requests in any order', () => {
  const request = fc.record({
    type: fc.integer({ min: 0, max: 20 }),
    luid: fc.bigInt({ min: 0n, max: 2n }),
    payload: fc.oneof(
      fc.constantFrom(
        encodeConstructorText({ text: '256 clustered-core 8', reconnect: false }),
        encodeConstructorText({ text: '256 clustered-core 8', reconnect: true }),
        encodeRegionSync({ region: 3n, inSync: 1n }),
      ),
      fc.bigInt({ min: 0n, max: 40n }).map(encodeU64),
      fc.uint8Array({ maxLength: 40 }),
    ),
  });
  it('are all answered, within the limits of the log', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
        const kernel = new Kernel();
        for (const { type, luid, payload } of requests) {
          const reply = kernel.ask(type, luid, payload);
          assert.ok(reply.error <= 0 && reply.error > -4096);
          assert.notEqual(reply.error, -11);
          assert.notEqual(reply.error, -5);
          const log = kernel.registry.find('U', luid);
          if (log !== undefined) {
            assert.notEqual(reply.error, -3);
            assert.ok(log.syncCount() <= log.regionCount);
            if (type === RequestType.GET_RESYNC_WORK) {
              assert.ok(decodeResyncWork(reply.payload).region < 32n);
            }
          }
        }
      }),
    );
  });
});
