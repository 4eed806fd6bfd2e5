import { conformanceTest, parseMirrorStatus, type MirrorStatus } from '../../harness/fixtures.js';

const REGIONS = 20;

// STAT-09 (dm-log-userspace 14): a line that LVM cannot parse stops its monitoring of the mirror, and pvmove with it.
conformanceTest(import.meta.url, {
  title:
    'LVM can parse the status of a mirror in resync, in sync, with a failed leg, suspended and only loaded',
  ids: ['STAT-09'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['status-empty-in-resync', 'status-word-count'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: REGIONS });
    await leg.hold('high');
    await mirror.create();
    await lab.returned('SET_REGION_SYNC', 1);
    await mirror.status();
    await leg.release('high');
    await mirror.waitInSync(30_000);
    await mirror.status();
    await leg.fail('high');
    await mirror.write([18]);
    await mirror.status();
    await mirror.suspend();
    await mirror.status();
    await mirror.reload({});
    await mirror.statusInactive();
    await mirror.remove();
  },
  situation: (history) => {
    const lines = history.commands().filter(({ argv, status }) => argv[1] === 'status' && status === 0);
    return lines.length === 5 ? lines : [];
  },
  expect: (history, check) => {
    const lines = history.commands().filter(({ argv, status }) => argv[1] === 'status' && status === 0);
    for (const line of lines) {
      const parsed: MirrorStatus | string = parseMirrorStatus(line.stdout);
      check(typeof parsed !== 'string' && parsed.regions === REGIONS && parsed.legs.length === 2, {
        expected: `a status line of ${REGIONS} regions and 2 legs in the grammar of LVM`,
        seen: typeof parsed === 'string' ? `${parsed}: "${line.stdout.trim()}"` : line.stdout.trim(),
        events: [line],
      });
    }
  },
});
