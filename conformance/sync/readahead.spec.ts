import { conformanceTest, eventsOf, exchangesDuring } from '../../harness/fixtures.js';

const PAGE = 4096;
const PAGES = 64;
const BYTES = PAGE * PAGES;

// SYNC-21 (dm-log-userspace 7): a readahead bio fails at once, so that each page is read, and asked for, by itself.
conformanceTest(import.meta.url, {
  title: 'a buffered sequential read of a mirror asks for each page and returns what the leg holds',
  ids: ['SYNC-21'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['readahead-served', 'buffered-read-returns-other-data'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await lab.run(
      `yes 'data of this test' | dd of=${lab.legs[0] ?? ''} bs=${BYTES} count=1 iflag=fullblock oflag=direct status=none`,
    );
    await mirror.create();
    await lab.run(`dd if=${mirror.device} bs=${BYTES} count=1 iflag=fullblock status=none | md5sum`);
    await lab.run(
      `dd if=${lab.legs[0] ?? ''} bs=${BYTES} count=1 iflag=fullblock,direct status=none | md5sum`,
    );
    await mirror.remove();
  },
  situation: (history) => {
    const [read] = history.commands().filter(({ argv }) => argv.join(' ').includes('md5sum'));
    return eventsOf(exchangesDuring(history, read).filter(({ name }) => name === 'IN_SYNC'));
  },
  expect: (history, check) => {
    const [read, direct] = history.commands().filter(({ argv }) => argv.join(' ').includes('md5sum'));
    const queries = exchangesDuring(history, read).filter(({ name }) => name === 'IN_SYNC');
    check(queries.length === PAGES, {
      expected: `one IN_SYNC for each of ${PAGES} pages`,
      seen: `${queries.length} IN_SYNC`,
      events: eventsOf(queries),
    });
    check(read?.status === 0 && read.stdout !== '' && read.stdout === direct?.stdout, {
      expected: 'the same bytes as a direct read of the primary leg',
      seen: `${read?.stdout.trim() ?? ''} and ${direct?.stdout.trim() ?? ''}`,
      events: [read, direct].flatMap((command) => (command === undefined ? [] : [command])),
    });
  },
});
