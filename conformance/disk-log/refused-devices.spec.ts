import { conformanceTest, type MirrorOptions } from '../../harness/fixtures.js';

// DISK-09 (dm-log-userspace 12): the bitmap begins at byte 1024 and takes 8 bytes at least. The kernel asks the daemon
// before it looks at the size of the legs.
conformanceTest(import.meta.url, {
  title: 'a log device that is too small, and a log of 2^32 regions, are refused',
  ids: ['DISK-09'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-small-device-accepted'],
  drive: async (lab) => {
    const [two, three] = [await lab.logDevice.truncated(2), await lab.logDevice.truncated(3)];
    const tables: readonly MirrorOptions[] = [
      { name: 'header-only', regions: 64, logDevice: two },
      // 4096 bits fill the third sector.
      { name: 'full', regions: 4096, regionSectors: 8, logDevice: three },
      { name: 'over', regions: 4097, regionSectors: 8, logDevice: three },
      { name: 'many', regions: 2 ** 32, regionSectors: 8 },
    ];
    for (const table of tables) {
      const mirror = lab.mirror({ ...table, log: 'clustered-disk' });
      await mirror.tryLoad();
      await mirror.remove();
    }
  },
  situation: (history) => {
    const asked = history.exchanges('CTR');
    return asked.length === 4 ? asked.flatMap((ctr) => ctr.events()) : [];
  },
  expect: (history, check) => {
    const tables: readonly [what: string, good: boolean][] = [
      ['64 regions on a device of 2 sectors', false],
      ['4096 regions on a device of 3 sectors', true],
      ['4097 regions on a device of 3 sectors', false],
      ['2^32 regions', false],
    ];
    for (const [index, ctr] of history.exchanges('CTR').entries()) {
      const [what, good] = tables[index] ?? ['', true];
      const error = ctr.answer?.error;
      check(error !== undefined && (good ? error === 0 : error < 0), {
        expected: `a log of ${what} is ${good ? 'accepted' : 'refused with a negative errno'}`,
        seen: error === undefined ? 'no answer' : `error ${error}`,
        events: ctr.events(),
      });
    }
  },
});
