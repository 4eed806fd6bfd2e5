import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KEYS } from './keys.js';
import { Negotiation, NegotiationError } from './negotiation.js';
import { DEFAULT_WISHES } from './parameters.js';
import { readText, TextError, TextGatherer, TextParts, writeText, type Pair } from './text.js';
import { readBinary, readBoolean, readList, readNumber, writeBinary } from './values.js';

/** The answer to one key of a leading login. */
function answer(key: string, value: string, wishes = DEFAULT_WISHES): string | undefined {
  return new Negotiation(wishes).answer([[key, value]], 'leading-login')[0]?.[1];
}

describe('text', () => {
  it('is pairs with a NUL behind each', () => {
    const pairs: Pair[] = [
      ['InitiatorName', 'iqn.x'],
      ['X-org.example.a', ''],
      ['CHAP_R', '0x=='],
    ];
    const bytes = writeText(pairs);
    assert.equal(bytes.toString(), 'InitiatorName=iqn.x\0X-org.example.a=\0CHAP_R=0x==\0');
    assert.deepEqual(readText(bytes), pairs);
    assert.deepEqual(readText(Buffer.from('A=1\0\0\0B=2')), [
      ['A', '1'],
      ['B', '2'],
    ]);
  });

  it('is refused when it is none', () => {
    for (const text of ['A', '=1', `${'A'.repeat(64)}=1`, 'A B=1', `A=${'1'.repeat(8193)}`])
      assert.throws(() => readText(Buffer.from(text)), TextError);
  });

  it('throws nothing but TextError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const pairs = readText(Buffer.from(bytes));
          assert.deepEqual(readText(writeText(pairs)), pairs);
        } catch (error) {
          assert.ok(error instanceof TextError);
        }
      }),
    );
  });

  it('is gathered up to 16,384 bytes, and handed out in parts', () => {
    const gatherer = new TextGatherer();
    for (let i = 0; i < 16; i++) gatherer.add(Buffer.alloc(1024, i));
    assert.throws(() => gatherer.add(Buffer.of(1)), TextError);
    assert.equal(gatherer.take().length, 16_384);
    const parts = new TextParts();
    parts.set(Buffer.from('abcdefg'));
    assert.equal(parts.next(5).toString(), 'abcde');
    assert.equal(parts.empty, false);
    assert.equal(parts.next(5).toString(), 'fg');
    assert.equal(parts.empty, true);
  });
});

describe('values', () => {
  it('are read as the RFC writes them', () => {
    assert.equal(readNumber('0'), 0);
    assert.equal(readNumber('65536'), 65_536);
    assert.equal(readNumber('0x1fF'), 511);
    for (const text of ['', '-1', '+1', ' 1', '1.5', '1e3', '0x', '12a', '99999999999999999999'])
      assert.equal(readNumber(text), undefined, text);
    assert.equal(readBoolean('Yes'), true);
    assert.equal(readBoolean('No'), false);
    assert.equal(readBoolean('yes'), undefined);
    assert.deepEqual(readList('CRC32C,None'), ['CRC32C', 'None']);
    assert.equal(readBinary('0x0aFf')?.toString('hex'), '0aff');
    assert.equal(readBinary('0xabc')?.toString('hex'), '0abc');
    assert.equal(readBinary('0bAQI=')?.toString('hex'), '0102');
    for (const text of ['', '0x', '0xzz', '0b', 'abc', `0x${'00'.repeat(1025)}`])
      assert.equal(readBinary(text), undefined);
  });

  it('that are binary round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        assert.deepEqual(readBinary(writeBinary(Buffer.from(bytes))), Buffer.from(bytes));
      }),
    );
  });
});

describe('negotiation', () => {
  it('finds the result that each key asks for', () => {
    const table: [string, string, string | undefined][] = [
      ['HeaderDigest', 'CRC32C,None', 'CRC32C'],
      ['HeaderDigest', 'None,CRC32C', 'None'],
      ['HeaderDigest', 'X-new,None', 'None'],
      ['HeaderDigest', 'X-new', 'Reject'],
      ['DataDigest', 'CRC32C', 'CRC32C'],
      ['MaxConnections', '1', '1'],
      ['MaxConnections', '65535', '4'],
      ['MaxConnections', '0', 'Reject'],
      ['InitialR2T', 'Yes', 'Yes'],
      ['InitialR2T', 'No', 'No'],
      ['InitialR2T', 'no', 'Reject'],
      ['ImmediateData', 'Yes', 'Yes'],
      ['ImmediateData', 'No', 'No'],
      ['MaxRecvDataSegmentLength', '8192', undefined],
      ['MaxRecvDataSegmentLength', '511', 'Reject'],
      ['MaxRecvDataSegmentLength', '16777216', 'Reject'],
      ['MaxBurstLength', '16776192', '1048576'],
      ['MaxBurstLength', '0x400', '1024'],
      ['FirstBurstLength', '262144', '65536'],
      ['FirstBurstLength', '512', '512'],
      ['DefaultTime2Wait', '2', '2'],
      ['DefaultTime2Retain', '20', '0'],
      ['DefaultTime2Retain', '3601', 'Reject'],
      ['MaxOutstandingR2T', '1', '1'],
      ['MaxOutstandingR2T', '100', '4'],
      ['DataPDUInOrder', 'No', 'Yes'],
      ['DataSequenceInOrder', 'Yes', 'Yes'],
      ['ErrorRecoveryLevel', '2', '0'],
      ['ErrorRecoveryLevel', '3', 'Reject'],
      ['TaskReporting', 'FastAbort,RFC3720', 'RFC3720'],
      ['iSCSIProtocolLevel', '2', '1'],
      ['IFMarker', 'No', 'Reject'],
      ['OFMarkInt', '2048~8192', 'Reject'],
      ['InitiatorAlias', 'me', undefined],
      ['X-org.example.key', '1', 'NotUnderstood'],
      ['RDMAExtensions', 'Yes', 'NotUnderstood'],
    ];
    for (const [key, offer, expected] of table) assert.equal(answer(key, offer), expected, `${key}=${offer}`);
  });

  it('knows all keys of RFC 7143 that are negotiated at login', () => {
    assert.equal(KEYS.size, 27);
  });

  it('agrees on what its own wishes and the offer make together, and never on more', () => {
    const numbers = ['MaxBurstLength', 'FirstBurstLength'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...numbers),
        fc.integer({ min: 512, max: 16_777_215 }),
        fc.integer({ min: 512, max: 16_777_215 }),
        (key, ours, theirs) => {
          const wishes = { ...DEFAULT_WISHES, maxBurstLength: ours, firstBurstLength: ours };
          assert.equal(answer(key, String(theirs), wishes), String(Math.min(ours, theirs)));
        },
      ),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), (ours, theirs) => {
        const wishes = { ...DEFAULT_WISHES, initialR2T: ours, immediateData: ours };
        const text = theirs ? 'Yes' : 'No';
        assert.equal(answer('InitialR2T', text, wishes), ours || theirs ? 'Yes' : 'No');
        assert.equal(answer('ImmediateData', text, wishes), ours && theirs ? 'Yes' : 'No');
      }),
    );
  });

  it('answers whatever comes, in order, and stays within the ranges', () => {
    const value = fc.oneof(
      fc.constantFrom('Yes', 'No', 'None', 'CRC32C', '0', '1', '512', '0xffffff', '99999999', ''),
      fc.string({ maxLength: 12 }),
    );
    const key = fc.constantFrom(...KEYS.keys(), 'X-a', 'SendTargets');
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([k]) => k }), (pairs) => {
        const negotiation = new Negotiation(DEFAULT_WISHES);
        let answers: Pair[];
        try {
          answers = negotiation.answer(pairs, 'leading-login');
        } catch (error) {
          assert.ok(error instanceof NegotiationError);
          return;
        }
        const asked = pairs.map(([k]) => k);
        assert.deepEqual(
          answers.map(([k]) => k),
          asked.filter((k) => answers.some(([a]) => a === k)),
        );
        const { session, connection } = negotiation;
        assert.ok(session.maxBurstLength >= 512 && session.maxBurstLength <= 1_048_576);
        assert.ok(session.firstBurstLength >= 512 && session.firstBurstLength <= 65_536);
        assert.ok(session.maxOutstandingR2T >= 1 && session.maxOutstandingR2T <= 4);
        assert.ok(session.maxConnections >= 1 && session.maxConnections <= 4);
        assert.equal(session.errorRecoveryLevel, 0);
        assert.ok(connection.maxRecvDataSegmentLength >= 512);
        assert.ok(connection.maxRecvDataSegmentLength <= 16_777_215);
      }),
    );
  });

  it('holds to the defaults without an offer', () => {
    const { session, connection } = new Negotiation(DEFAULT_WISHES);
    assert.equal(session.initialR2T, true);
    assert.equal(session.maxBurstLength, 262_144);
    assert.equal(session.maxOutstandingR2T, 1);
    assert.equal(connection.maxRecvDataSegmentLength, 8192);
    assert.equal(connection.headerDigest, 'None');
  });

  it('leaves a rejected key at its default', () => {
    const negotiation = new Negotiation(DEFAULT_WISHES);
    negotiation.answer([['MaxBurstLength', '1']], 'leading-login');
    assert.equal(negotiation.session.maxBurstLength, 262_144);
  });

  it('knows what belongs to the first connection only, and what means nothing in a discovery session', () => {
    const joining = new Negotiation(DEFAULT_WISHES);
    const offers: Pair[] = [
      ['MaxBurstLength', '512'],
      ['HeaderDigest', 'CRC32C'],
      ['MaxRecvDataSegmentLength', '4096'],
    ];
    assert.deepEqual(joining.answer(offers, 'login'), [
      ['MaxBurstLength', 'Reject'],
      ['HeaderDigest', 'CRC32C'],
    ]);
    const later = new Negotiation(DEFAULT_WISHES);
    assert.deepEqual(later.answer(offers, 'full-feature'), [
      ['MaxBurstLength', 'Reject'],
      ['HeaderDigest', 'Reject'],
    ]);
    assert.equal(later.connection.maxRecvDataSegmentLength, 4096);
    const discovery = new Negotiation(DEFAULT_WISHES);
    discovery.discovery = true;
    assert.deepEqual(discovery.answer([['InitialR2T', 'No']], 'leading-login'), [
      ['InitialR2T', 'Irrelevant'],
    ]);
  });

  it('is broken off by a key that comes twice, and by an answer to nothing', () => {
    const twice = new Negotiation(DEFAULT_WISHES);
    twice.answer([['MaxBurstLength', '512']], 'leading-login');
    assert.throws(() => twice.answer([['MaxBurstLength', '512']], 'leading-login'), NegotiationError);
    assert.throws(() => answer('ErrorRecoveryLevel', 'Irrelevant'), NegotiationError);
    assert.throws(() => answer('X-foo', 'NotUnderstood'), NegotiationError);
  });
});
