import { lvmFailures, recoveredBy } from '../../harness/fixtures.js';

/** Of each of the two segments. */
const REGIONS = 4;
const SEGMENTS = 2;

const mutants = {
  killed: ['rebuild-resume-refused'],
  frozen: ['repetition-refused'],
  'power cut': ['resync-skips-a-region'],
} as const;
/** Where no log is asked for anything any more that it would have to be rebuilt for, or none was yet. */
const nothingToRebuild = { ...mutants, killed: ['resync-skips-a-region'] } as const;

// The log of a move is in memory: after a power cut all of the segment that was being moved is copied again. Two
// segments, so that there is a swap of two logs of one UUID. The volume is written to all the time.
lvmFailures(import.meta.url, {
  command: 'pvmove',
  variant: 'core-integrated',
  mirrored: false,
  // One segment: where they come from, they do not lie beside each other.
  volumes: ['lv -wi-a----- 1024.00'],
  steps: [
    { request: 1, of: 'CTR', mutants: nothingToRebuild },
    { request: 2, of: 'CTR', mutants },
    { request: 2, of: 'GET_REGION_SIZE', mutants },
    // RESUME may come between the question and its repetition.
    { request: 1, of: 'GET_SYNC_COUNT', mutants: { ...mutants, frozen: ['resync-skips-a-region'] } },
    { request: 1, of: 'PRESUSPEND', mutants },
    { request: 2, of: 'PRESUSPEND', mutants: nothingToRebuild },
    { request: 1, of: 'POSTSUSPEND', mutants },
    { request: 2, of: 'POSTSUSPEND', mutants: nothingToRebuild },
    { request: 1, of: 'RESUME', mutants },
    { request: 2, of: 'RESUME', mutants },
    { request: 1, of: 'DTR', mutants: { ...mutants, frozen: ['resync-skips-a-region'] } },
    { request: 2, of: 'DTR', mutants: { ...nothingToRebuild, frozen: ['resync-skips-a-region'] } },
    { request: 1, of: 'GET_RESYNC_WORK', mutants },
    { request: 1, of: 'SET_REGION_SYNC', mutants },
    { request: REGIONS + 1, of: 'SET_REGION_SYNC', mutants },
    { request: 1, of: 'FLUSH', mutants },
    { request: 1, of: 'CLEAR_REGION', mutants },
  ],
  prepare: async (group) => {
    await group.lvm.succeed([
      ...['lvcreate', '-y', '-Wn', '-Zn', '-l', String(SEGMENTS), '-n', 'lv', group.name],
      `${group.pv(0)}:0-0`,
      `${group.pv(0)}:8-8`,
    ]);
    const lv = group.volume({ extents: SEGMENTS });
    await lv.data.fill();
    return lv;
  },
  found: (group) => group.volume({ extents: SEGMENTS }),
  run: async (group) => (await group.tryMove([group.pv(0), group.pv(1)])).status === 0,
  // One that is under way goes on; one that LVM has given up is begun anew.
  complete: async (group, lv) => {
    await group.move([]);
    const { devices = '' } = await lv.report('devices');
    if (devices.includes(group.pv(0))) await group.move([group.pv(0), group.pv(1)]);
    // LVM ends a move in two commits of its metadata; between them there is an empty volume, of which it knows no more
    // what it was for.
    const names = await group.lvm.succeed(['lvs', '-a', '--noheadings', '-o', 'lv_name', group.name]);
    if (names.includes('pvmove0')) await group.lvm.succeed(['lvremove', '-y', `${group.name}/pvmove0`]);
  },
  expect: (history, check) => {
    const logs = history.instances().filter(({ uuid }) => uuid.endsWith('-pvmove'));
    const whole = logs.filter(
      (log) => new Set(recoveredBy(log).map(({ region }) => region)).size === REGIONS,
    );
    check(whole.length >= SEGMENTS, {
      expected: `all ${REGIONS} regions of each of ${SEGMENTS} segments are copied`,
      seen: logs
        .map(
          (log) =>
            recoveredBy(log)
              .map(({ region }) => region)
              .join(', ') || 'none',
        )
        .join('; '),
      events: logs.flatMap(({ birth }) => birth?.events() ?? []),
    });
  },
});
