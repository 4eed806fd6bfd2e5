import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeDatagram,
  decodeUlog,
  encodeDatagram,
  encodeUlog,
  isUlogConnector,
  UlogFormatError,
  type UlogMessage,
} from '../../harness/ulog/index.js';
import { RequestDecoder } from './request-decoder.js';

/** What the decoders of the wire format make of a datagram. */
function generic(datagram: Buffer): UlogMessage | string | undefined {
  try {
    const connector = decodeDatagram(datagram);
    return isUlogConnector(connector) ? decodeUlog(connector.body) : undefined;
  } catch (error) {
    assert.ok(error instanceof UlogFormatError);
    return error.message;
  }
}

function decoded(decoder: RequestDecoder, datagram: Buffer): UlogMessage | string | undefined {
  try {
    return decoder.decode(datagram);
  } catch (error) {
    assert.ok(error instanceof UlogFormatError);
    return error.message;
  }
}

const messages = fc.record({
  luid: fc.bigInt({ min: 0n, max: 1n }),
  uuid: fc.constantFrom('U', 'V', 'U'.repeat(128)),
  version: fc.constantFrom(0, 3),
  seq: fc.nat(),
  requestType: fc.nat(20),
  payload: fc.uint8Array({ maxLength: 24 }),
  /** Where one byte is damaged, and how. */
  damage: fc.option(fc.tuple(fc.nat(219), fc.nat(255)), { nil: undefined }),
  /** Bytes behind the message, or (negative) cut off. */
  excess: fc.integer({ min: -8, max: 8 }),
});

describe('request decoder', () => {
  it('finds in any datagrams what the decoders of the wire format find', () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 12 }), (list) => {
        const decoder = new RequestDecoder();
        for (const { damage, excess, payload, ...fields } of list) {
          const body = encodeUlog({ ...fields, error: 0, dataSize: payload.length, payload });
          const header = { idx: 7, val: 1, seq: fields.seq, ack: 0, len: body.length, flags: 0 };
          const whole = encodeDatagram({ ...header, body });
          const datagram = Buffer.alloc(whole.length + excess, 0xee);
          datagram.set(whole.subarray(0, datagram.length));
          if (damage !== undefined && damage[0] < datagram.length) datagram[damage[0]] = damage[1];
          const expected = generic(datagram);
          // A request has no error; what stands in its place is not looked at.
          const clean = typeof expected === 'object' ? { ...expected, error: 0 } : expected;
          const found = decoded(decoder, datagram);
          assert.deepEqual(plain(typeof found === 'object' ? { ...found, error: 0 } : found), plain(clean));
        }
      }),
      { numRuns: 500 },
    );
  });
});

function plain(found: UlogMessage | string | undefined): unknown {
  return typeof found === 'object' ? { ...found, payload: [...found.payload] } : found;
}
