import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MarkerWaits } from './marker-waits.js';
import { TimeMerge } from './merge.js';
import { PageStream } from './page-stream.js';

describe('PageStream', () => {
  it('cuts pages however the bytes arrive, and drops what came before the preamble', () => {
    const bytes = Buffer.from('left over from beforeprebpreamble\nAAAABBBBCCCCdd');
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const stream = new PageStream(4, 'preamble\n');
        const pages: string[] = [];
        let from = 0;
        for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
          for (const page of stream.push(bytes.subarray(from, to))) pages.push(page.toString());
          from = to;
        }
        assert.deepEqual(pages, ['AAAA', 'BBBB', 'CCCC']);
        assert.equal(stream.pending, 2);
        assert.equal(stream.dropped, 'left over from beforepreb'.length);
      }),
    );
  });

  it('gives nothing without its preamble', () => {
    const stream = new PageStream(4, 'preamble\n');
    assert.deepEqual(stream.push(Buffer.from('AAAABBBBCCCC')), []);
    assert.equal(stream.started, false);
  });
});

describe('TimeMerge', () => {
  const at = (...times: number[]): { t: bigint }[] => times.map((t) => ({ t: BigInt(t) }));
  const times = (items: readonly { t: bigint }[]): number[] => items.map(({ t }) => Number(t));

  it('releases everything at once with one CPU', () => {
    assert.deepEqual(times(new TimeMerge(1).push(0, at(1, 2, 3))), [1, 2, 3]);
  });

  it('holds back what another CPU may still precede', () => {
    const merge = new TimeMerge(2);
    assert.deepEqual(times(merge.push(0, at(1, 5, 9))), []);
    assert.deepEqual(times(merge.push(1, at(5))), [1, 5, 5]);
    assert.deepEqual(times(merge.push(1, at(6, 12))), [6, 9]);
    assert.deepEqual(times(merge.end(0)), [12]);
  });

  it('orders any interleaving of sorted streams', () => {
    const sorted = fc.array(fc.nat(1000)).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(sorted, { minLength: 1, maxLength: 4 }), fc.nat(7), (streams, step) => {
        const merge = new TimeMerge<{ t: bigint }>(streams.length);
        const out: number[] = [];
        const left = streams.map((list) => [...list]);
        while (left.some((list) => list.length > 0)) {
          left.forEach((list, cpu) => out.push(...times(merge.push(cpu, at(...list.splice(0, step + 1))))));
        }
        streams.forEach((_list, cpu) => out.push(...times(merge.end(cpu))));
        assert.deepEqual(
          out,
          streams.flat().sort((a, b) => a - b),
        );
      }),
    );
  });
});

describe('MarkerWaits', () => {
  it('resolves for a marker that came before or comes later', async () => {
    const waits = new MarkerWaits<number>();
    waits.arrived('a', 1);
    assert.equal(await waits.wait('a', 1000), 1);
    const later = waits.wait('b', 1000);
    assert.equal(waits.isAwaited('b'), true);
    waits.arrived('b', 2);
    assert.equal(await later, 2);
    assert.equal(waits.isAwaited('b'), false);
  });

  it('says what was awaited and what was seen', async () => {
    const waits = new MarkerWaits<number>();
    await assert.rejects(waits.wait('end', 5), {
      name: 'RecorderStreamError',
      message: 'no marker "end" within 5 ms; no marker was seen',
    });
    for (const text of ['1', '2', '3', '4', '5', '6']) waits.arrived(text, 0);
    await assert.rejects(waits.wait('end', 5), {
      message: 'no marker "end" within 5 ms; the last markers seen: "2", "3", "4", "5", "6"',
    });
  });

  it('rejects present and later waits once nothing more can come', async () => {
    const waits = new MarkerWaits<number>();
    const present = waits.wait('end', 1000);
    waits.fail(new Error('the VM is gone'));
    await assert.rejects(present, { message: 'the VM is gone' });
    await assert.rejects(waits.wait('other', 1000), { message: 'the VM is gone' });
  });
});
