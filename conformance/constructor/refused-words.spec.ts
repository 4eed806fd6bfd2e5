import { conformanceTest } from '../../harness/fixtures.js';

/** Constructor words that a daemon must refuse, and the requirement that says so. */
const TABLES: readonly [words: string, id: string][] = [
  ['clustered-core nosync', 'CTR-05'],
  ['clustered-core many', 'CTR-05'],
  ['clustered-core 192', 'CTR-05'],
  ['clustered-core 128k nosync', 'CTR-05'],
  ['clustered_core 128', 'CTR-06'],
  ['clustered_disk 7:0 128', 'CTR-06'],
  ['CLUSTERED-CORE 128', 'CTR-06'],
  ['clustered-cor 128', 'CTR-06'],
  ['core 128', 'CTR-06'],
  // Last: a daemon that accepts it makes the kernel divide by zero.
  ['clustered-core 0', 'CTR-05'],
];

// CTR-05, CTR-06, ERR-01 (dm-log-userspace 2.3, 4, 5): the kernel checks none of these words.
conformanceTest(import.meta.url, {
  title: 'a log without a usable region size, or of an unknown type, is refused with an errno',
  ids: ['CTR-05', 'CTR-06', 'ERR-01'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['odd-region-size-accepted', 'underscore-accepted', 'refusal-carries-data'],
  drive: async (lab) => {
    for (const [index, [words]] of TABLES.entries()) {
      const name = `refused${index}`;
      await lab.mirror({ name, regions: 64, constructorWords: words.split(' ') }).tryLoad();
    }
  },
  situation: (history) =>
    history.exchanges('CTR').length === TABLES.length
      ? history.exchanges('CTR').flatMap((ctr) => ctr.events())
      : [],
  expect: (history, check) => {
    for (const [index, ctr] of history.exchanges('CTR').entries()) {
      const [words, id] = TABLES[index] ?? ['', 'CTR-05'];
      const error = ctr.answer?.error;
      check(error !== undefined && error < 0, {
        id,
        expected: `"${words}" is refused with a negative errno`,
        seen: error === undefined ? 'no answer' : `error ${error}`,
        events: ctr.events(),
      });
      check(ctr.answer?.dataSize === 0, {
        id: 'ERR-01',
        expected: 'a refusal carries no data',
        seen: `${String(ctr.answer?.dataSize)} bytes`,
        events: ctr.events(),
      });
    }
  },
});
