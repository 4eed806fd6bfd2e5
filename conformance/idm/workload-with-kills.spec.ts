import {
  checkLastLook,
  conformanceTest,
  lockSchedule,
  MAJORITY,
  playInLab,
  workloadSituation,
} from '../../harness/fixtures.js';

// IDM-61, IDM-117, and all that the oracle knows of locks (docs/in-drive-mutexes.md, Random workloads).
conformanceTest(import.meta.url, {
  title: 'three hosts at once do as they like to locks, while hosts that hold some lose their power',
  ids: ['IDM-61', 'IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'nodes that are killed',
  mutants: [
    'two-exclusive-holders',
    'gives-in',
    'breaks-live-holders',
    'expired-granted-without-break',
    'table-per-nexus',
  ],
  drive: async (lab) => {
    await playInLab(lab, lockSchedule(lab.seed, 'kills'));
  },
  situation: (history) => workloadSituation(history, 'kills'),
  expect: (history, check) => {
    checkLastLook(history, check, MAJORITY);
  },
});
