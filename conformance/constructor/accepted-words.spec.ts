import { answeredU64, conformanceTest } from '../../harness/fixtures.js';

/** Constructor words behind the length, and the region size that they ask for. */
const TABLES: readonly [words: string, regionSize: bigint][] = [
  ['clustered-core 128', 128n],
  ['clustered-core 8 sync', 8n],
  ['clustered-core 256 nosync', 256n],
  ['clustered-core 2048 block_on_error', 2048n],
  ['clustered-core 128 nosync block_on_error', 128n],
];

// CTR-04, CTR-03 (dm-log-userspace 4, 5): a region size that is told wrongly moves every region of the mirror.
conformanceTest(import.meta.url, {
  title: 'every form of a core log is accepted and its region size told back in 8 bytes',
  ids: ['CTR-04', 'CTR-03'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['block-on-error-refused', 'region-size-capped'],
  drive: async (lab) => {
    for (const [index, [words]] of TABLES.entries()) {
      const name = `form${index}`;
      const mirror = lab.mirror({ name, regions: 64, constructorWords: words.split(' ') });
      await mirror.tryLoad();
      await mirror.remove();
    }
  },
  situation: (history) =>
    history.exchanges('CTR').length === TABLES.length
      ? history.exchanges('CTR').flatMap((ctr) => ctr.events())
      : [],
  expect: (history, check) => {
    for (const [index, { birth, exchanges }] of history.instances().entries()) {
      const [words, regionSize] = TABLES[index] ?? ['', 0n];
      check(birth?.result === 0, {
        id: 'CTR-04',
        expected: `"${words}" is accepted`,
        seen: `error ${String(birth?.answer?.error)}`,
        events: birth?.events() ?? [],
      });
      const asked = exchanges.find(({ name }) => name === 'GET_REGION_SIZE');
      if (asked === undefined) continue;
      check(answeredU64(asked) === regionSize, {
        id: 'CTR-03',
        expected: `8 bytes with the region size ${regionSize}`,
        seen: `${String(asked.answer?.payload.length)} bytes: ${String(answeredU64(asked))}`,
        events: asked.events(),
      });
    }
  },
});
