import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  bareAck,
  CN_IDX_DM,
  CN_VAL_DM_USERSPACE_LOG,
  encodeConnector,
  encodeUlog,
  type UlogMessage,
} from '../ulog/index.js';
import { CAPTURED_SIZE, readReply, readTransmission, uncapturedBytes } from './messages.js';

/** What a probe captures: the message, then whatever lay behind it. */
function captured(message: Uint8Array, behind = 0xee): Buffer {
  const bytes = Buffer.alloc(CAPTURED_SIZE, behind);
  bytes.set(message.subarray(0, CAPTURED_SIZE));
  return bytes;
}

function message(over: Partial<UlogMessage> = {}): UlogMessage {
  const payload = over.payload ?? Buffer.from('0700000000000000', 'hex');
  return {
    luid: 0xffff_8880_03a4_1400n,
    uuid: 'log-A',
    version: 3,
    error: 0,
    seq: 41,
    requestType: 10,
    dataSize: payload.length,
    payload,
    ...over,
  };
}

function connector(body: Uint8Array, seq = 41, ack = 0): Uint8Array {
  return encodeConnector({
    idx: CN_IDX_DM,
    val: CN_VAL_DM_USERSPACE_LOG,
    seq,
    ack,
    len: body.length,
    flags: 0,
    body,
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a captured transmission', () => {
  it('is read up to cn.len, and nothing behind it', () => {
    const { payload, ...fields } = readTransmission(captured(connector(encodeUlog(message()))));
    assert.equal(hex(payload), '0700000000000000');
    assert.deepEqual(fields, {
      seq: 41,
      uuid: 'log-A',
      luid: 0xffff_8880_03a4_1400n,
      version: 3,
      type: 10,
      error: 0,
      dataSize: 8,
      connector: { seq: 41, ack: 0, len: 168, flags: 0 },
    });
  });

  it("holds the kernel's largest message whole", () => {
    const payload = Buffer.alloc(332, 'p');
    const read = readTransmission(captured(connector(encodeUlog(message({ payload })))));
    assert.equal(hex(read.payload), hex(payload));
  });
});

describe('a captured reply', () => {
  it('is full with 160 bytes and more: the inner seq and error count', () => {
    const reply = readReply(captured(connector(encodeUlog(message({ error: -11, seq: 7 })), 999)));
    assert.equal(reply.form, 'full');
    assert.equal(reply.seq, 7);
    assert.equal(reply.error, -11);
    assert.equal(reply.uuid, 'log-A');
    assert.equal(reply.type, 10);
    assert.deepEqual(reply.connector, { seq: 999, ack: 0, len: 168, flags: 0 });
  });

  it('is a bare ack without a body: the seq of the cn_msg, the negative of ack', () => {
    const reply = readReply(captured(encodeConnector(bareAck(0xffff_ffff, 11))));
    assert.deepEqual(
      { ...reply, payload: hex(reply.payload) },
      {
        form: 'ack',
        seq: 0xffff_ffff,
        ack: 11,
        error: -11,
        dataSize: 0,
        payload: '',
        connector: { seq: 0xffff_ffff, ack: 11, len: 0, flags: 0 },
      },
    );
    assert.ok(Object.is(readReply(captured(encodeConnector(bareAck(1, 0)))).error, 0));
    assert.equal(readReply(captured(encodeConnector(bareAck(1, 0x8000_0000)))).error, -0x8000_0000);
  });

  it('is malformed in between, with its body as it is', () => {
    const reply = readReply(captured(connector(Buffer.from('short'), 5)));
    assert.equal(reply.form, 'malformed');
    assert.equal(reply.seq, 5);
    assert.equal(Buffer.from(reply.payload).toString(), 'short');
    assert.equal('luid' in reply, false);
  });

  it('keeps a data_size that lies; the payload ends with the message', () => {
    const lie = message({ dataSize: 128, payload: Buffer.from('abcd') });
    const reply = readReply(captured(connector(encodeUlog(lie))));
    assert.equal(reply.dataSize, 128);
    assert.equal(Buffer.from(reply.payload).toString(), 'abcd');
    assert.equal(uncapturedBytes(reply), 0);
  });

  it('is cut when longer than what is captured, and says by how much', () => {
    const payload = Buffer.alloc(400, 's');
    const reply = readReply(captured(connector(encodeUlog(message({ payload })))));
    assert.equal(reply.dataSize, 400);
    assert.equal(reply.connector.len, 560);
    assert.equal(reply.payload.length, 332);
    assert.equal(uncapturedBytes(reply), 68);
  });

  it('is shown, not refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: CAPTURED_SIZE, maxLength: CAPTURED_SIZE }), (bytes) => {
        const reply = readReply(Buffer.from(bytes));
        assert.ok(reply.payload.length <= 332);
        readTransmission(Buffer.from(bytes));
      }),
    );
  });
});
