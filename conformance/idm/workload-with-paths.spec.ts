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
  title: 'three hosts at once do as they like to locks, while answers, sessions and paths are lost',
  ids: ['IDM-61', 'IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'nodes that lose their paths',
  mutants: ['lost-with-session', 'two-exclusive-holders'],
  drive: async (lab) => {
    await playInLab(lab, lockSchedule(lab.seed, 'paths'));
  },
  situation: (history) => workloadSituation(history, 'paths'),
  expect: (history, check) => {
    checkLastLook(history, check, MAJORITY);
  },
});
