import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NO_TAG } from './codes.js';
import { DataOutReceiver, TRANSFER_FAULT, type ReadyToTransfer, type TransferRules } from './data-out.js';
import { dataOut, type DataOut } from './initiator-pdus.js';
import { residualOf } from './residual.js';

const RULES: TransferRules = {
  initialR2T: false,
  immediateData: true,
  firstBurstLength: 1024,
  maxBurstLength: 2048,
  maxOutstandingR2T: 2,
};
const PATTERN = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

function pdu(values: Partial<DataOut>): DataOut {
  return dataOut.read(dataOut.write({ ttt: NO_TAG, ...values }));
}

/** Gives data its way into a receiver. */
class Giver {
  #tag = 0;
  readonly requests: ReadyToTransfer[] = [];

  constructor(readonly receiver: DataOutReceiver) {}

  immediate(length: number, final = true): void {
    this.receiver.immediate(length === 0 ? [] : [PATTERN.subarray(0, length)], length, final);
  }

  data(ttt: number, dataSn: number, from: number, to: number, final: boolean, intact = true): boolean {
    const header = pdu({ ttt, dataSn, bufferOffset: from, final });
    return this.receiver.receive(header, [PATTERN.subarray(from, to)], to - from, intact);
  }

  /** Asks for R2Ts; gives those that are new. */
  ask(): ReadyToTransfer[] {
    const requests = this.receiver.request(() => ++this.#tag);
    this.requests.push(...requests);
    return requests;
  }
}

function giver(expected: number, rules: Partial<TransferRules> = {}): Giver {
  return new Giver(new DataOutReceiver(expected, { ...RULES, ...rules }));
}

describe('data-out', () => {
  it('that all comes with the command is there at once, and outlives the PDU', () => {
    const g = giver(1024);
    g.immediate(1024);
    assert.equal(g.receiver.settled, true);
    assert.deepEqual(g.ask(), []);
    const data = g.receiver.take();
    assert.deepEqual(data, PATTERN.subarray(0, 1024));
    assert.notEqual(data.buffer, PATTERN.buffer);
  });

  it('of nothing is there at once', () => {
    const g = giver(0);
    g.immediate(0);
    assert.equal(g.receiver.settled, true);
    assert.equal(g.receiver.take().length, 0);
  });

  it('is asked for in bursts, as many at a time as was agreed on', () => {
    const g = giver(6000);
    g.immediate(512);
    assert.deepEqual(g.ask(), [
      { ttt: 1, r2tSn: 0, bufferOffset: 512, desiredLength: 2048 },
      { ttt: 2, r2tSn: 1, bufferOffset: 2560, desiredLength: 2048 },
    ]);
    assert.deepEqual(g.ask(), []);
    g.data(1, 0, 512, 1512, false);
    g.data(1, 1, 1512, 2560, true);
    assert.deepEqual(g.ask(), [{ ttt: 3, r2tSn: 2, bufferOffset: 4608, desiredLength: 1392 }]);
    g.data(2, 0, 2560, 4608, true);
    assert.equal(g.receiver.settled, false);
    g.data(3, 0, 4608, 6000, true);
    assert.equal(g.receiver.settled, true);
    assert.equal(g.receiver.fault, undefined);
    assert.deepEqual(g.receiver.take(), PATTERN.subarray(0, 6000));
    assert.equal(g.receiver.r2tCount, 3);
  });

  it('that comes unsolicited is waited for before anything is asked for', () => {
    const g = giver(3000);
    g.immediate(100, false);
    assert.equal(g.receiver.awaitsUnsolicited, true);
    assert.deepEqual(g.ask(), []);
    g.data(NO_TAG, 0, 100, 600, false);
    g.data(NO_TAG, 1, 600, 1024, true);
    assert.deepEqual(g.ask(), [{ ttt: 1, r2tSn: 0, bufferOffset: 1024, desiredLength: 1976 }]);
    g.data(1, 0, 1024, 3000, true);
    assert.deepEqual(g.receiver.take(), PATTERN.subarray(0, 3000));
  });

  it('may end its unsolicited part early', () => {
    const g = giver(2000);
    g.immediate(0, false);
    g.data(NO_TAG, 0, 0, 300, true);
    assert.deepEqual(g.ask(), [{ ttt: 1, r2tSn: 0, bufferOffset: 300, desiredLength: 1700 }]);
  });

  it('comes whole whatever the way it takes', () => {
    const way = fc.record({
      expected: fc.nat(15_000),
      immediate: fc.nat(1024),
      unsolicited: fc.nat(1024),
      rules: fc.record({
        maxBurstLength: fc.integer({ min: 512, max: 4096 }),
        maxOutstandingR2T: fc.integer({ min: 1, max: 5 }),
      }),
      piece: fc.integer({ min: 50, max: 3000 }),
    });
    fc.assert(
      fc.property(way, ({ expected, immediate, unsolicited, rules, piece }) => {
        const g = giver(expected, rules);
        const first = Math.min(immediate, expected, 1024);
        const second = Math.min(first + unsolicited, expected, 1024);
        g.immediate(first, second === first);
        if (second > first) g.data(NO_TAG, 0, first, second, true);
        let open = g.ask();
        let most = 0;
        while (open.length > 0) {
          most = Math.max(most, open.length);
          // The last one first: they may be served in any order.
          const request = open.pop();
          assert.ok(request);
          const { ttt, bufferOffset, desiredLength } = request;
          assert.ok(desiredLength <= rules.maxBurstLength);
          const end = bufferOffset + desiredLength;
          for (let at = bufferOffset, sn = 0; at < end; at += piece, sn++) {
            const next = Math.min(at + piece, end);
            assert.ok(g.data(ttt, sn, at, next, next === end));
          }
          open = [...open, ...g.ask()];
        }
        assert.ok(most <= rules.maxOutstandingR2T);
        assert.equal(g.receiver.fault, undefined);
        assert.equal(g.receiver.settled, true);
        assert.deepEqual(g.receiver.take(), PATTERN.subarray(0, expected));
      }),
    );
  });

  const { unexpectedUnsolicitedData, incorrectAmountOfData, protocolServiceCrcError } = TRANSFER_FAULT;

  it('is refused where it was not agreed on', () => {
    const noImmediate = giver(1000, { immediateData: false });
    noImmediate.immediate(10);
    assert.equal(noImmediate.receiver.fault, unexpectedUnsolicitedData);
    assert.equal(noImmediate.receiver.settled, true);
    const noUnsolicited = giver(1000, { initialR2T: true });
    noUnsolicited.immediate(10, false);
    assert.equal(noUnsolicited.receiver.fault, unexpectedUnsolicitedData);
    assert.equal(noUnsolicited.receiver.settled, false);
    assert.equal(noUnsolicited.data(NO_TAG, 0, 10, 20, true), true);
    assert.equal(noUnsolicited.receiver.settled, true);
    const long = giver(5000);
    long.immediate(1025);
    assert.equal(long.receiver.fault, incorrectAmountOfData);
    const beyond = giver(10);
    beyond.immediate(11);
    assert.equal(beyond.receiver.fault, incorrectAmountOfData);
  });

  it('with a wrong number, place, length or digest fails when its sequences have ended', () => {
    const cases: [keyof typeof TRANSFER_FAULT, (g: Giver) => void][] = [
      ['protocolServiceCrcError', (g) => g.data(1, 1, 0, 2048, true)],
      ['protocolServiceCrcError', (g) => g.data(1, 0, 0, 2048, true, false)],
      ['incorrectAmountOfData', (g) => g.data(1, 0, 1, 2048, true)],
      ['incorrectAmountOfData', (g) => g.data(1, 0, 0, 2049, true)],
      ['incorrectAmountOfData', (g) => g.data(1, 0, 0, 2047, true)],
    ];
    for (const [fault, give] of cases) {
      const g = giver(4096);
      g.immediate(0);
      g.ask();
      give(g);
      assert.equal(g.receiver.fault, TRANSFER_FAULT[fault]);
      assert.equal(g.receiver.settled, false, 'the second sequence is open');
      assert.deepEqual(g.ask(), []);
      g.data(2, 0, 2048, 4096, true);
      assert.equal(g.receiver.settled, true);
      assert.equal(g.receiver.fault, TRANSFER_FAULT[fault]);
    }
    assert.equal(protocolServiceCrcError.asc, 0x47);
  });

  it('that nobody asked for belongs to no sequence', () => {
    const g = giver(4096);
    g.immediate(0);
    g.ask();
    assert.equal(g.data(9, 0, 0, 10, true), false);
    assert.equal(g.data(NO_TAG, 0, 0, 10, true), false);
    g.data(1, 0, 0, 2048, true);
    assert.equal(g.data(1, 1, 2048, 2049, true), false, 'the sequence has ended');
  });
});

describe('residuals', () => {
  it('are what one side had more', () => {
    assert.deepEqual(residualOf(512, 512), { overflow: false, underflow: false, residual: 0 });
    assert.deepEqual(residualOf(512, 100), { overflow: false, underflow: true, residual: 412 });
    assert.deepEqual(residualOf(0, 8), { overflow: true, underflow: false, residual: 8 });
    assert.deepEqual(residualOf(0, 2 ** 40), { overflow: true, underflow: false, residual: 0xffff_ffff });
  });
});
