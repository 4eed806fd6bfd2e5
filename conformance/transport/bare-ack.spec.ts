import { conformanceTest, eventsOf } from '../../harness/fixtures.js';

const ACKED = ['RESUME', 'MARK_REGION', 'CLEAR_REGION', 'FLUSH'] as const;

// TRN-13 (dm-log-userspace 2.3): the short form of success, for requests that return no data.
conformanceTest(import.meta.url, {
  title: 'a bare ack of 0 completes RESUME, MARK_REGION, CLEAR_REGION and FLUSH',
  ids: ['TRN-13'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['bare-ack-is-an-error'],
  drive: async (lab) => {
    lab.puppet.ack(ACKED, 0);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.marksCleared();
    await mirror.remove();
  },
  situation: (history) => {
    const acked = history
      .exchanges(...ACKED)
      .filter(({ replies }) => replies.some(({ form }) => form === 'ack'));
    return ACKED.every((name) => acked.some((one) => one.name === name)) ? eventsOf(acked) : [];
  },
  expect: (history, check) => {
    for (const exchange of history.exchanges(...ACKED)) {
      const { answer, result, transmissions } = exchange;
      check(answer?.form === 'ack' && result === 0 && transmissions.length === 1, {
        expected: `${String(exchange.name)} is sent once and returns 0`,
        seen: `sent ${transmissions.length} times, ${String(answer?.form)} answer, returned ${String(result)}`,
        events: exchange.events(),
      });
    }
  },
});
