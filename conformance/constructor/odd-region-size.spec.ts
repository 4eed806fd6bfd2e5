import { conformanceTest, encodeU64, eventsOf, regionAsked } from '../../harness/fixtures.js';

/** 96 sectors: the lowest set bit is 32. */
const ODD_SIZE = 96;
const WRITTEN_SECTOR = 4 * 128;

// CTR-13q (dm-log-userspace 4): the region hash shifts, where the region count divides.
conformanceTest(import.meta.url, {
  title:
    'a region size that is no power of two is accepted, and regions are numbered in units of its lowest set bit',
  ids: ['CTR-13q'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['odd-region-size-refused', 'odd-region-size-divides'],
  drive: async (lab) => {
    const payload = encodeU64(BigInt(ODD_SIZE));
    lab.puppet.replace('GET_REGION_SIZE', () => ({ form: 'full', error: 0, payload }));
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    const { status } = await mirror.tryCreate();
    if (status !== 0) return;
    await mirror.write([WRITTEN_SECTOR / 128]);
    await mirror.remove();
  },
  situation: (history) => eventsOf(history.exchanges('GET_REGION_SIZE').filter(({ result }) => result === 0)),
  expect: (history, check) => {
    const asked = history.exchanges('IN_SYNC');
    const expected = WRITTEN_SECTOR / (ODD_SIZE & -ODD_SIZE);
    check(asked.length > 0 && asked.every((query) => regionAsked(query) === expected), {
      expected: `a write to sector ${WRITTEN_SECTOR} asks for region ${expected}`,
      seen: asked.length === 0 ? 'no IN_SYNC' : asked.map((query) => String(regionAsked(query))).join(', '),
      events: eventsOf([...history.exchanges('GET_REGION_SIZE'), ...asked]),
    });
  },
});
