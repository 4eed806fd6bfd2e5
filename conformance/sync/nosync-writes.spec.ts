import { answeredU64, conformanceTest, legComparisons } from '../../harness/fixtures.js';

const WRITTEN = Array.from({ length: 12 }, (_unused, index) => index * 5);

// SYNC-11, SYNC-02 (dm-log-userspace 4, 4.1): cmirrord's hint of a nosync log never advanced, so that each write had to
// ask and wait; and an answer that flickers sends a write to one leg only.
conformanceTest(import.meta.url, {
  title:
    'a nosync mirror takes writes after one question for its hint, and every region is in sync each time',
  ids: ['SYNC-11', 'SYNC-02'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['nosync-hint-at-zero', 'in-sync-flickers'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.load();
    await mirror.resume();
    await mirror.write(WRITTEN);
    await mirror.read(WRITTEN);
    await mirror.suspend();
    await mirror.resume();
    await mirror.write(WRITTEN);
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const asked = history.exchanges('IN_SYNC', 'MARK_REGION');
    return history.exchanges('MARK_REGION').length === 0 ? [] : asked.flatMap((one) => one.events());
  },
  expect: (history, check) => {
    const resumes = history.exchanges('RESUME').length;
    const questions = history.exchanges('IS_REMOTE_RECOVERING');
    check(questions.length <= resumes, {
      id: 'SYNC-11',
      expected: `at most one IS_REMOTE_RECOVERING for each of ${resumes} RESUME`,
      seen: `${questions.length} of them`,
      events: [...history.exchanges('RESUME'), ...questions].flatMap((one) => one.events()),
    });
    for (const query of history.exchanges('IN_SYNC')) {
      check(query.result === 0 && answeredU64(query) === 1n, {
        id: 'SYNC-02',
        expected: 'every region of a nosync log is in sync, whenever it is asked for',
        seen: `result ${String(query.result)}, answer ${String(answeredU64(query))}`,
        events: query.events(),
      });
    }
    const [legs] = legComparisons(history);
    check(legs?.equal === true, {
      id: 'SYNC-02',
      expected: 'both legs hold the same bytes afterwards',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
