import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findLosses, type ArrivedCounts, type KernelCounts } from './counts.js';
import { EventAssembler } from './events.js';
import { CAPTURED_SIZE } from './messages.js';
import type { ProbeRecord } from './probes.js';

let clock = 0n;
const consult = (tid: number): ProbeRecord => ({
  probe: 'consult',
  t: clock++,
  tid,
  uuid: 'A',
  luid: 1n,
  type: 12,
  dataSize: 0,
});
const sent = (tid: number): ProbeRecord => ({
  probe: 'sent',
  t: clock++,
  tid,
  message: Buffer.alloc(CAPTURED_SIZE),
});
const consulted = (tid: number): ProbeRecord => ({ probe: 'consulted', t: clock++, tid, result: 0 });

/** Kind and call of each event. */
function calls(assembler: EventAssembler, records: ProbeRecord[]): (string | undefined)[] {
  return records.map((record) => {
    const event = assembler.accept(record);
    return event === undefined || !('call' in event) ? event?.kind : `${event.kind} ${String(event.call)}`;
  });
}

describe('call numbers', () => {
  it('tie transmissions and returns to the open call of their thread', () => {
    const assembler = new EventAssembler('n1');
    assembler.begin();
    assert.deepEqual(
      calls(assembler, [
        consult(1),
        consult(2),
        sent(2),
        sent(1),
        sent(1),
        consulted(2),
        consulted(1),
        consult(2),
      ]),
      [
        ...['request 1', 'request 2', 'transmission 2', 'transmission 1', 'transmission 1'],
        ...['return 2', 'return 1', 'request 3'],
      ],
    );
    assert.equal(assembler.openCalls, 1);
    assert.deepEqual([assembler.lostReturns, assembler.strayReturns], [0, 0]);
  });

  it('leave out the rest of a call that began before the recording', () => {
    const assembler = new EventAssembler('n1');
    assert.deepEqual(calls(assembler, [consult(1)]), [undefined]);
    assembler.begin();
    assert.deepEqual(calls(assembler, [sent(1), consulted(1), consult(1)]), [
      'transmission null',
      undefined,
      'request 2',
    ]);
    assert.deepEqual([assembler.lostReturns, assembler.strayReturns, assembler.openCalls], [0, 0, 1]);
  });

  it('show lost returns and lost entries', () => {
    const assembler = new EventAssembler('n1');
    assembler.begin();
    assert.deepEqual(calls(assembler, [consult(1), consult(1), consulted(1), consulted(1)]), [
      ...['request 1', 'request 2', 'return 2'],
      undefined,
    ]);
    assert.deepEqual([assembler.lostReturns, assembler.strayReturns], [1, 1]);
  });

  it('end with the recording, while open calls are still counted', () => {
    const assembler = new EventAssembler('n1');
    assembler.begin();
    assembler.accept(consult(1));
    assembler.end();
    assert.deepEqual(calls(assembler, [consulted(1), consult(2), consult(2)]), [
      undefined,
      undefined,
      undefined,
    ]);
    assert.deepEqual([assembler.openCalls, assembler.lostReturns], [2, 0]);
  });
});

describe('the comparison with the kernel', () => {
  const kernel = (over: Partial<KernelCounts['probes']> = {}): KernelCounts => {
    const count = { hits: 10, misses: 0 };
    return {
      probes: { consult: count, consulted: count, sent: count, answered: count, ...over },
      overruns: 0,
    };
  };
  const arrived = (over: Partial<ArrivedCounts['probes']> = {}, openCalls = 0): ArrivedCounts => ({
    probes: { consult: 10, consulted: 10, sent: 10, answered: 10, ...over },
    lost: 0,
    openCalls,
    lostReturns: 0,
    strayReturns: 0,
  });

  it('lets foreign connector messages and late returns of open calls pass', () => {
    const nothing = { overruns: 0, missed: 0, reason: '' };
    assert.deepEqual(findLosses(kernel({ sent: { hits: 99, misses: 0 } }), arrived()), nothing);
    assert.deepEqual(findLosses(kernel(), arrived({ consulted: 9 }, 1)), nothing);
  });

  it('counts every other gap', () => {
    assert.deepEqual(findLosses(kernel(), arrived({ consulted: 7, answered: 11 }, 1)), {
      overruns: 0,
      missed: 3,
      reason:
        'probe answered fired 10 times, 11 events arrived; probe consulted fired 10 times, 7 events arrived',
    });
    assert.deepEqual(findLosses(kernel(), { ...arrived(), lostReturns: 1, strayReturns: 2 }), {
      overruns: 0,
      missed: 3,
      reason: '1 calls have no return although their thread went on; 2 returns belong to no call',
    });
  });

  it('expects more events than hits of a guest that went on', () => {
    const later = { ...arrived({ consult: 12, answered: 11 }), goneOn: true };
    assert.equal(findLosses(kernel(), later).missed, 0);
    assert.equal(findLosses(kernel(), { ...arrived({ consult: 8 }), goneOn: true }).missed, 2);
  });

  it('asks for no events of hits while the probes were taken away', () => {
    const after = kernel({ consult: { hits: 14, misses: 0 } });
    assert.equal(findLosses(after, arrived({ consult: 12 }), kernel()).missed, 0);
    assert.equal(findLosses(after, arrived({ consult: 15 }), kernel()).missed, 1);
    assert.deepEqual(findLosses(after, arrived({ consult: 8 }), kernel()), {
      overruns: 0,
      missed: 2,
      reason: 'probe consult fired 10 to 14 times, 8 events arrived',
    });
  });

  it('blames the ring buffer alone where it was full', () => {
    const full = { ...kernel(), overruns: 3 };
    assert.deepEqual(findLosses(full, { ...arrived({ consult: 2 }), lost: 4, strayReturns: 2 }), {
      overruns: 4,
      missed: 0,
      reason: '4 events were lost because the ring buffer was full',
    });
  });
});
