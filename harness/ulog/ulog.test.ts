import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as ulog from './index.js';
import { UlogFormatError, type UlogLayout, type UlogMessage } from './index.js';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const s32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const s64 = fc.bigInt({ min: -0x8000_0000_0000_0000n, max: 0x7fff_ffff_ffff_ffffn });
const bytes = fc.uint8Array({ maxLength: 400 });
const latin1 = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes));

const message: fc.Arbitrary<UlogMessage> = fc
  .record({
    luid: u64,
    uuid: latin1(128),
    version: u32,
    error: s32,
    seq: u32,
    requestType: u32,
    payload: bytes,
  })
  .map((m) => ({ ...m, dataSize: m.payload.length }));

/** Buffer and Uint8Array are not deeply equal to each other, their bytes are. */
function plain(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value).map(([key, v]: [string, unknown]) => [
      key,
      v instanceof Uint8Array ? Array.from(v) : v,
    ]),
  );
}

function refusal(field: string, offset: number, text: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof UlogFormatError);
    assert.equal(error.field, field);
    assert.equal(error.offset, offset);
    assert.equal(error.message, `${field} at byte ${offset}: ${text}`);
    return true;
  };
}

describe('dm_ulog_request', () => {
  it('round trips in both layouts', () => {
    fc.assert(
      fc.property(message, fc.constantFrom<UlogLayout>('luid', 'pre-luid'), (m, layout) => {
        const encoded = ulog.encodeUlog(m, layout);
        assert.equal(encoded.length, (layout === 'luid' ? 160 : 152) + m.payload.length);
        const expected = layout === 'luid' ? m : { ...m, luid: 0n, version: 0 };
        assert.deepEqual(plain(ulog.decodeUlog(encoded, layout)), plain(expected));
      }),
    );
  });

  it('has its fields at the offsets of the kernel structure', () => {
    const encoded = Buffer.from(
      ulog.encodeUlog({
        luid: 0x8877665544332211n,
        uuid: 'LVM-x',
        version: 3,
        error: -22,
        seq: 0x01020304,
        requestType: 10,
        dataSize: 2,
        payload: Uint8Array.of(0xaa, 0xbb),
      }),
    );
    assert.equal(encoded.toString('hex', 0, 14), '1122334455667788' + '4c564d2d7800');
    assert.equal(
      encoded.toString('hex', 137),
      '000000' + '03000000' + 'eaffffff' + '04030201' + '0a000000' + '02000000' + 'aabb',
    );
  });

  it('bounds the payload by data_size, not by what was received', () => {
    const m: UlogMessage = {
      luid: 1n,
      uuid: 'u',
      version: 0,
      error: 0,
      seq: 0,
      requestType: 1,
      dataSize: 3,
      payload: Buffer.from('abc\0garbage'),
    };
    assert.equal(Buffer.from(ulog.decodeUlog(ulog.encodeUlog(m)).payload).toString(), 'abc');
  });

  it('does not copy the payload', () => {
    const encoded = ulog.encodeUlog({
      luid: 1n,
      uuid: 'u',
      version: 3,
      error: 0,
      seq: 0,
      requestType: 8,
      dataSize: 8,
      payload: new Uint8Array(8),
    });
    encoded[160] = 7;
    const decoded = ulog.decodeUlog(encoded);
    encoded[161] = 9;
    assert.equal(decoded.payload[0], 7);
    assert.equal(decoded.payload[1], 9);
  });

  it('refuses what the structure cannot be', () => {
    const noNul = Buffer.alloc(160, 0x41);
    assert.throws(
      () => ulog.decodeUlog(new Uint8Array(159)),
      refusal('request header', 0, 'needs 160 bytes, only 159 are there'),
    );
    assert.throws(() => ulog.decodeUlog(noNul), refusal('uuid', 8, 'no NUL within its 129 bytes'));
    const lying = Buffer.alloc(164);
    lying.writeUInt32LE(5, 156);
    assert.throws(() => ulog.decodeUlog(lying), refusal('data_size', 156, 'announces 5 bytes, 4 are there'));
    const m: UlogMessage = {
      luid: 0n,
      uuid: 'x'.repeat(129),
      version: 3,
      error: 0,
      seq: 0,
      requestType: 1,
      dataSize: 0,
      payload: new Uint8Array(0),
    };
    assert.throws(() => ulog.encodeUlog(m), refusal('uuid', 8, '129 bytes, at most 128 fit'));
    assert.throws(
      () => ulog.encodeUlog({ ...m, uuid: 'a\0b' }),
      refusal('uuid', 8, 'holds a NUL or a character beyond U+00FF'),
    );
    assert.throws(
      () => ulog.encodeUlog({ ...m, uuid: '', seq: -1 }),
      refusal('seq', 148, '-1 is not an integer from 0 to 4294967295'),
    );
    assert.throws(
      () => ulog.encodeUlog({ ...m, uuid: '', luid: 1n << 64n }),
      refusal('luid', 0, '18446744073709551616 is not an unsigned 64-bit number'),
    );
  });
});

describe('envelopes', () => {
  it('cn_msg round trips', () => {
    fc.assert(
      fc.property(
        fc.record({ idx: u32, val: u32, seq: u32, ack: u32, flags: u16, body: bytes }),
        (fields) => {
          const m = { ...fields, len: fields.body.length };
          assert.deepEqual(plain(ulog.decodeConnector(ulog.encodeConnector(m))), plain(m));
        },
      ),
    );
  });

  it('nlmsghdr round trips', () => {
    fc.assert(
      fc.property(fc.record({ type: u16, flags: u16, seq: u32, pid: u32, payload: bytes }), (fields) => {
        const m = { ...fields, length: 16 + fields.payload.length };
        assert.deepEqual(plain(ulog.decodeNetlink(ulog.encodeNetlink(m))), plain(m));
      }),
    );
  });

  it('a datagram carries what spec 2.2 says a request carries', () => {
    const body = new Uint8Array(187);
    const datagram = Buffer.from(
      ulog.encodeDatagram({ idx: 7, val: 1, seq: 5, ack: 0, len: 187, flags: 0, body }),
    );
    assert.equal(
      datagram.toString('hex', 0, 36),
      'df000000' +
        '0300' +
        '0000' +
        '05000000' +
        '00000000' +
        '07000000' +
        '01000000' +
        '05000000' +
        '00000000' +
        'bb00' +
        '0000',
    );
    assert.equal(ulog.decodeDatagram(Buffer.concat([datagram, Buffer.of(0xff)])).body.length, 187);
    assert.ok(ulog.isUlogConnector(ulog.decodeDatagram(datagram)));
    assert.ok(!ulog.isUlogConnector({ idx: 1, val: 1 }));
  });

  it('refuses lengths that lie', () => {
    const header = Buffer.alloc(20);
    header.writeUInt16LE(1, 16);
    assert.throws(
      () => ulog.decodeConnector(header),
      refusal('cn len', 16, 'announces 1 bytes, 0 are there'),
    );
    assert.throws(
      () => ulog.decodeConnector(header.subarray(1)),
      refusal('connector header', 0, 'needs 20 bytes, only 19 are there'),
    );
    const nl = Buffer.alloc(16);
    assert.throws(
      () => ulog.decodeNetlink(nl),
      refusal('nlmsg_len', 0, "0 is not from 16 to the datagram's 16"),
    );
    nl.writeUInt32LE(17, 0);
    assert.throws(
      () => ulog.decodeNetlink(nl),
      refusal('nlmsg_len', 0, "17 is not from 16 to the datagram's 16"),
    );
  });

  it('reads replies as the kernel does', () => {
    assert.deepEqual(ulog.decodeReply(ulog.bareAck(9, 11)), { form: 'ack', seq: 9, error: -11 });
    const ok = ulog.decodeReply(ulog.bareAck(9, 0));
    assert.deepEqual(ok, { form: 'ack', seq: 9, error: 0 });
    const connector = { idx: 7, val: 1, seq: 0, ack: 0, flags: 0 };
    const body = ulog.encodeUlog({
      luid: 1n,
      uuid: 'u',
      version: 3,
      error: -3,
      seq: 77,
      requestType: 8,
      dataSize: 8,
      payload: new Uint8Array(8),
    });
    const full = ulog.decodeReply({ ...connector, len: body.length, body });
    assert.ok(full.form === 'full' && full.seq === 77 && full.error === -3 && full.message.dataSize === 8);
    assert.deepEqual(ulog.decodeReply({ ...connector, len: 8, body: new Uint8Array(8) }), {
      form: 'malformed',
      problem: 'cn len 8 is neither 0 nor at least 160',
    });
    assert.deepEqual(ulog.decodeReply({ ...connector, len: 160, body: body.subarray(0, 160) }), {
      form: 'malformed',
      problem: 'data_size at byte 156: announces 8 bytes, 0 are there',
    });
  });
});

describe('payloads', () => {
  it('round trip', () => {
    fc.assert(
      fc.property(
        u64,
        s64,
        fc.array(u64, { maxLength: 41 }),
        latin1(332),
        fc.boolean(),
        (u, s, list, text, nul) => {
          assert.equal(ulog.decodeU64(ulog.encodeU64(u)), u);
          assert.equal(ulog.decodeS64(ulog.encodeS64(s)), s);
          assert.deepEqual(ulog.decodeRegions(ulog.encodeRegions(list)), list);
          const work = { haveWork: s, region: u };
          assert.deepEqual(ulog.decodeResyncWork(ulog.encodeResyncWork(work)), work);
          const remote = { recovering: s, inSyncHint: u };
          assert.deepEqual(ulog.decodeRemoteRecovering(ulog.encodeRemoteRecovering(remote)), remote);
          const sync = { region: u, inSync: s };
          assert.deepEqual(ulog.decodeRegionSync(ulog.encodeRegionSync(sync)), sync);
          const ctr = { text, reconnect: nul };
          assert.deepEqual(ulog.decodeConstructorText(ulog.encodeConstructorText(ctr)), ctr);
          assert.equal(ulog.decodeText(ulog.encodeText(text, nul)), text);
        },
      ),
    );
  });

  it('lie at the offsets of the kernel structures', () => {
    const hex = (p: Uint8Array): string => Buffer.from(p).toString('hex');
    assert.equal(
      hex(ulog.encodeResyncWork({ haveWork: 1n, region: 5n })),
      '01000000000000000500000000000000',
    );
    assert.equal(hex(ulog.encodeRegionSync({ region: 5n, inSync: 1n })), '05000000000000000100000000000000');
    assert.equal(
      hex(ulog.encodeRemoteRecovering({ recovering: 0n, inSyncHint: 64n })),
      '00000000000000004000000000000000',
    );
    assert.equal(hex(ulog.encodeS64(-1n)), 'ffffffffffffffff');
  });

  it('refuse wrong sizes', () => {
    assert.throws(() => ulog.decodeU64(new Uint8Array(7)), refusal('u64', 0, '7 bytes, must be 8'));
    assert.throws(() => ulog.decodeS64(new Uint8Array(9)), refusal('s64', 0, '9 bytes, must be 8'));
    assert.throws(
      () => ulog.decodeRegions(new Uint8Array(15)),
      refusal('regions', 8, '15 bytes, must be a multiple of 8'),
    );
    assert.throws(
      () => ulog.decodeResyncWork(new Uint8Array(8)),
      refusal('resync work', 0, '8 bytes, must be 16'),
    );
    assert.throws(
      () => ulog.decodeRegionSync(new Uint8Array(12)),
      refusal('region sync', 0, '12 bytes, must be 16'),
    );
    assert.throws(
      () => ulog.decodeRemoteRecovering(new Uint8Array(0)),
      refusal('remote recovering', 0, '0 bytes, must be 16'),
    );
    assert.throws(() => ulog.encodeU64(-1n), refusal('u64', 0, '-1 is not an unsigned 64-bit number'));
    assert.throws(
      () => ulog.decodeConstructorText(Buffer.from('a\0b')),
      refusal('constructor text', 1, 'NUL before the end of its 3 bytes'),
    );
  });

  it('the constructor text of a reconnect ends in NUL', () => {
    assert.deepEqual(ulog.decodeConstructorText(Buffer.from('131072 clustered-core 2048\0')), {
      text: '131072 clustered-core 2048',
      reconnect: true,
    });
  });
});

describe('request types', () => {
  it('are named by the low 8 bits', () => {
    assert.equal(ulog.REQUEST_NAMES.length, 18);
    for (const [name, type] of Object.entries(ulog.RequestType)) {
      assert.equal(ulog.requestName(type), name);
      assert.equal(ulog.requestName((0xabcdef00 | type) >>> 0), name);
    }
    assert.equal(ulog.requestName(0), undefined);
    assert.equal(ulog.requestName(18), undefined);
    assert.equal(ulog.requestName(255), undefined);
  });

  it('have the reply sizes of spec 2.4', () => {
    const size = (name: ulog.RequestName): ulog.ReplySize => ulog.expectedReplySize(ulog.RequestType[name]);
    assert.deepEqual(size('CTR'), { capacity: 128, expected: 'ctr' });
    assert.deepEqual(ulog.expectedReplySize(1, true), { capacity: 0, expected: 0 });
    for (const name of ['GET_REGION_SIZE', 'IS_CLEAN', 'IN_SYNC', 'GET_SYNC_COUNT'] as const) {
      assert.deepEqual(size(name), { capacity: 8, expected: 8 });
    }
    for (const name of ['GET_RESYNC_WORK', 'IS_REMOTE_RECOVERING'] as const) {
      assert.deepEqual(size(name), { capacity: 16, expected: 16 });
    }
    assert.deepEqual(size('STATUS_INFO'), { capacity: 16384, expected: 'string' });
    for (const name of [
      'DTR',
      'PRESUSPEND',
      'POSTSUSPEND',
      'RESUME',
      'FLUSH',
      'MARK_REGION',
      'CLEAR_REGION',
      'SET_REGION_SYNC',
    ] as const) {
      assert.deepEqual(size(name), { capacity: 0, expected: 0 });
    }
    assert.deepEqual(ulog.expectedReplySize(0xff00 | 8), { capacity: 8, expected: 8 });
    assert.deepEqual(ulog.expectedReplySize(200), { capacity: 0, expected: 0 });
  });

  it('versions 0 and 1 are served as 1, higher ones than 3 as 3', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 0xffff_ffff].map((v) => ulog.capabilities(v).version),
      [1, 1, 2, 3, 3, 3],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((v) => ulog.capabilities(v).deviceName),
      [false, false, true, true],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((v) => ulog.capabilities(v).integratedFlush),
      [false, false, false, true],
    );
  });
});

describe('any bytes at all', () => {
  const decoders: Record<string, (p: Uint8Array) => unknown> = {
    netlink: ulog.decodeNetlink,
    connector: ulog.decodeConnector,
    datagram: ulog.decodeDatagram,
    ulog: (p) => ulog.decodeUlog(p),
    preLuid: (p) => ulog.decodeUlog(p, 'pre-luid'),
    regions: ulog.decodeRegions,
    u64: ulog.decodeU64,
    s64: ulog.decodeS64,
    resyncWork: ulog.decodeResyncWork,
    remoteRecovering: ulog.decodeRemoteRecovering,
    regionSync: ulog.decodeRegionSync,
    constructorText: ulog.decodeConstructorText,
    text: ulog.decodeText,
  };
  // Damaged good messages reach deeper than noise: half of the inputs are those.
  const damaged = fc
    .tuple(
      message,
      fc.array(fc.tuple(fc.nat(599), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      fc.nat(40),
    )
    .map(([m, hits, cut]) => {
      const body = ulog.encodeUlog(m);
      const datagram = ulog.encodeDatagram({
        idx: 7,
        val: 1,
        seq: m.seq,
        ack: 0,
        len: body.length,
        flags: 0,
        body,
      });
      for (const [at, value] of hits) if (at < datagram.length) datagram[at] = value;
      return datagram.subarray(0, datagram.length - cut);
    });
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    damaged,
    damaged.map((d) => d.subarray(36)),
  );
  for (const [name, decode] of Object.entries(decoders)) {
    it(`make ${name} throw nothing but UlogFormatError`, () => {
      fc.assert(
        fc.property(input, (p) => {
          try {
            decode(p);
          } catch (error) {
            assert.ok(error instanceof UlogFormatError, String(error));
            assert.ok(error.offset >= 0);
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  it('never make decodeReply throw', () => {
    fc.assert(
      fc.property(
        u32,
        u32,
        fc.oneof(
          bytes,
          damaged.map((d) => d.subarray(36)),
        ),
        (seq, ack, body) => {
          ulog.decodeReply({ idx: 7, val: 1, seq, ack, len: body.length, flags: 0, body });
        },
      ),
    );
  });
});
