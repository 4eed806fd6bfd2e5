import {
  commandsWith,
  conformanceTest,
  encodeU64,
  eventsOf,
  exchangesDuring,
} from '../../harness/fixtures.js';

const REGIONS = 64;

// SYNC-16q (dm-log-userspace 4): complete is what is equal.
conformanceTest(import.meta.url, {
  title: 'a mirror whose sync count is above its region count never counts as synced',
  ids: ['SYNC-16q'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['count-too-large-is-in-sync'],
  drive: async (lab) => {
    const payload = encodeU64(BigInt(REGIONS + 1));
    lab.puppet.replace('GET_SYNC_COUNT', () => ({ form: 'full', error: 0, payload }));
    const mirror = lab.mirror({ regions: REGIONS, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.write([2]);
    await mirror.status();
    await mirror.eventNumber();
    await mirror.remove();
  },
  situation: (history) => eventsOf(history.exchanges('GET_SYNC_COUNT')),
  expect: (history, check) => {
    const writes = history.commands().filter(({ argv }) => argv.join(' ').includes('dd if='));
    for (const write of writes) {
      const during = exchangesDuring(history, write);
      check(
        during.some(({ name }) => name === 'GET_SYNC_COUNT'),
        {
          expected: 'GET_SYNC_COUNT in the passes of each write',
          seen: 'none',
          events: [write, ...eventsOf(during)],
        },
      );
    }
    const [status] = commandsWith(history, 'status');
    const [info] = commandsWith(history, 'info', 'events');
    check(status?.stdout.includes(` ${REGIONS + 1}/${REGIONS} `) === true && info?.stdout.trim() === '0', {
      expected: `${REGIONS + 1}/${REGIONS} in the status line, and no event`,
      seen: `${status?.stdout.trim() ?? ''}; ${info?.stdout.trim() ?? '?'} events`,
      events: [...(status ? [status] : []), ...(info ? [info] : [])],
    });
  },
});
