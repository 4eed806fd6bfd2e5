import { lvmFailures, recoveredBy } from '../../harness/fixtures.js';

const EXTENTS = 2;
const MORE = 1;
const REGIONS_OF_EXTENT = 4;

const mutants = {
  killed: ['rebuild-resume-refused'],
  frozen: ['repetition-refused'],
  'power cut': ['growth-says-clean'],
} as const;

// A log on disk, so that the fresh node after a power cut has something to go by. The mirror is written to all the time,
// so that requests of the old log, and of the new one after the swap, come between those of the change.
lvmFailures(import.meta.url, {
  command: 'lvextend',
  variant: 'disk-legacy',
  mirrored: true,
  volumes: [
    'lv mwi-a-m--- 1536.00',
    '[lv_mimage_0] iwi-aom--- 1536.00',
    '[lv_mimage_1] iwi-aom--- 1536.00',
    '[lv_mlog] lwi-aom--- 512.00',
  ],
  steps: [
    { request: 1, of: 'CTR', mutants },
    { request: 1, of: 'GET_REGION_SIZE', mutants },
    { request: 1, of: 'GET_SYNC_COUNT', mutants },
    { request: 1, of: 'PRESUSPEND', mutants },
    { request: 1, of: 'POSTSUSPEND', mutants },
    { request: 1, of: 'RESUME', mutants },
    { request: 1, of: 'DTR', mutants: { ...mutants, frozen: ['growth-says-clean'] } },
    { request: 1, of: 'GET_RESYNC_WORK', mutants },
    { request: 1, of: 'SET_REGION_SYNC', mutants },
    { request: 2, of: 'MARK_REGION', afterCtr: true, mutants },
    { request: 2, of: 'FLUSH', afterCtr: true, mutants },
    { request: 2, of: 'CLEAR_REGION', afterCtr: true, mutants },
  ],
  prepare: async (group) => {
    const lv = await group.mirror(1, { extents: EXTENTS, words: ['-Zn', '-Wn'] });
    await lv.waitInSync();
    await lv.data.fill();
    return lv;
  },
  found: (group) => group.volume({ extents: EXTENTS }),
  run: async (_group, lv) => {
    const { status } = await lv.attempt(['lvextend', '-y', '-l', String(EXTENTS + MORE), lv.path]);
    return status === 0;
  },
  complete: async (_group, lv) => {
    const { lv_size: size } = await lv.report('lv_size');
    if (size === '1.00m') await lv.extend(MORE);
  },
  expect: (history, check) => {
    const logs = history.instances();
    const copied = new Set(logs.flatMap((log) => recoveredBy(log).map(({ region }) => region)));
    const first = BigInt(EXTENTS * REGIONS_OF_EXTENT);
    const fresh = Array.from({ length: MORE * REGIONS_OF_EXTENT }, (_unused, index) => first + BigInt(index));
    const missing = fresh.filter((region) => !copied.has(region));
    check(missing.length === 0, {
      expected: `regions ${fresh[0] ?? ''} to ${fresh.at(-1) ?? ''}, by which the mirror grows, are copied`,
      seen: `not copied: ${missing.join(', ')}`,
      events: logs.flatMap(({ birth }) => birth?.events() ?? []),
    });
  },
});
