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
  title: 'three hosts at once do as they like to locks, while clocks of drives and hosts jump',
  ids: ['IDM-61', 'IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'nodes whose clocks are set',
  mutants: ['gives-in', 'refresh-by-stranger'],
  drive: async (lab) => {
    await playInLab(lab, lockSchedule(lab.seed, 'clocks'));
  },
  situation: (history) => workloadSituation(history, 'clocks'),
  expect: (history, check) => {
    checkLastLook(history, check, MAJORITY);
  },
});
