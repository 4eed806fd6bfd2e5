import { conformanceTest } from '../../harness/fixtures.js';

// DISK-09 (dm-log-userspace 12): the bitmap begins at byte 1024 and takes 8 bytes at least. The kernel asks the daemon
// before it looks at the size of the legs.
conformanceTest(import.meta.url, {
  title: 'a log device that is too small, and a log of 2^32 regions, are refused',
  ids: ['DISK-09'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-small-device-accepted'],
  drive: async (lab) => {
    const small = { regions: 64, log: 'clustered-disk' } as const;
    const twoSectors = await lab.logDevice.truncated(2);
    await lab.mirror({ ...small, name: 'header-only', logDevice: twoSectors }).tryLoad();
    const threeSectors = await lab.logDevice.truncated(3);
    // 4096 bits fill the third sector.
    await lab
      .mirror({ ...small, name: 'full', regions: 4096, regionSectors: 8, logDevice: threeSectors })
      .tryLoad();
    await lab
      .mirror({ ...small, name: 'over', regions: 4097, regionSectors: 8, logDevice: threeSectors })
      .tryLoad();
    await lab.mirror({ ...small, name: 'many', regions: 2 ** 32, regionSectors: 8 }).tryLoad();
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
