import { conformanceTest, eventsOf, outcomesOf } from '../../harness/fixtures.js';

const EXPECTED = ['8192 clustered-core 128 nosync', '8192 clustered-core 128'];

// CTR-01, CTR-02 (dm-log-userspace 5, 6.1): all that a daemon ever learns of a log. The second one is integrated.
conformanceTest(import.meta.url, {
  title:
    'a log is constructed by the text of its table, without uuid and integrated_flush, and asked for its region size once',
  ids: ['CTR-01', 'CTR-02'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['ctr-with-nul', 'ctr-names-integrated-flush', 'region-size-asked-twice'],
  drive: async (lab) => {
    const plain = lab.mirror({ regions: 64, sync: 'nosync' });
    const integrated = lab.mirror({ name: 'integrated', regions: 64, integratedFlush: true });
    await plain.create();
    await integrated.create();
    await integrated.remove();
    await plain.remove();
  },
  situation: (history) => {
    const asked = history.commands().some(({ argv }) => argv.join(' ').includes(' integrated_flush '));
    const built = history.instances().filter(({ birth }) => birth?.result === 0);
    return asked && built.length === 2 ? eventsOf(built.map(({ birth }) => birth)) : [];
  },
  expect: (history, check) => {
    history.instances().forEach(({ birth, exchanges, luid }, index) => {
      if (birth === undefined) return;
      const text = Buffer.from(birth.payload).toString('latin1');
      check(text === EXPECTED[index], {
        id: 'CTR-01',
        expected: JSON.stringify(EXPECTED[index]),
        seen: JSON.stringify(text),
        events: birth.events(),
      });
      const sizes = exchanges.filter(({ name }) => name === 'GET_REGION_SIZE');
      const thread = history.thread(birth.node, birth.tid);
      const next = thread[thread.indexOf(birth) + 1];
      check(sizes.length === 1 && next?.name === 'GET_REGION_SIZE' && next.luid === luid, {
        id: 'CTR-02',
        expected: 'exactly one GET_REGION_SIZE with the luid of the CTR, right after it',
        seen: `${outcomesOf([next])} after it, ${sizes.length} in all`,
        events: eventsOf([birth, ...sizes]),
      });
    });
  },
});
