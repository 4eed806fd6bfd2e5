import { conformanceTest, encodeU64, eventsOf, kernelLogLines } from '../../harness/fixtures.js';

const ENOSPC = 28;

// ERR-09, ERR-08q (dm-log-userspace 2.4): the size of a reply has an upper limit, and no lower one.
conformanceTest(import.meta.url, {
  title: 'a reply that is larger than the capacity gives ENOSPC, one that is too short is accepted',
  ids: ['ERR-09', 'ERR-08q'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['oversized-reply-taken', 'oversized-reply-not-logged', 'short-reply-refused'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    lab.puppet.replace('FLUSH', () => ({ form: 'full', error: 0, payload: encodeU64(0n) }), { times: 1 });
    await mirror.write([1]);
    await lab.kernelLog(/device-mapper/);
    const short = encodeU64(64n).subarray(0, 4);
    lab.puppet.replace('GET_SYNC_COUNT', () => ({ form: 'full', error: 0, payload: short }), { times: 1 });
    await mirror.status();
    await mirror.remove();
  },
  situation: (history) => {
    const large = history.exchanges('FLUSH').filter(({ answer }) => answer?.dataSize === 8);
    const short = history.exchanges('GET_SYNC_COUNT').filter(({ answer }) => answer?.dataSize === 4);
    return large.length === 1 && short.length === 1 ? eventsOf([...large, ...short]) : [];
  },
  expect: (history, check) => {
    const large = history.exchanges('FLUSH').find(({ answer }) => answer?.dataSize === 8);
    const { lines, events } = kernelLogLines(history, /Insufficient space to receive package/);
    check(large?.result === -ENOSPC && lines.length > 0, {
      id: 'ERR-09',
      expected: 'FLUSH answered with 8 bytes returns -28 (ENOSPC), and the kernel log has a line about it',
      seen: `returned ${String(large?.result)}; ${lines.length} lines`,
      events: [...eventsOf([large]), ...events],
    });
    const short = history.exchanges('GET_SYNC_COUNT').find(({ answer }) => answer?.dataSize === 4);
    check(short?.result === 0, {
      id: 'ERR-08q',
      expected: 'GET_SYNC_COUNT answered with 4 bytes returns 0',
      seen: `returned ${String(short?.result)}`,
      events: eventsOf([short]),
    });
  },
});
