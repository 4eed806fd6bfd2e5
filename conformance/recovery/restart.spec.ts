import { conformanceTest, ESRCH, exchangesAfterEvent, legComparisons } from '../../harness/fixtures.js';

// RECOV-14, -03, -04 (dm-log-userspace 2.6, 13): the kernel does not notice that an idle daemon was replaced.
// Only the answer -ESRCH, with as many bytes as a good one has, makes it build the log anew.
conformanceTest(import.meta.url, {
  title: 'a daemon that was restarted while the mirror was idle has the logs rebuilt that it does not know',
  ids: ['RECOV-14', 'RECOV-03', 'RECOV-04'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['unknown-log-invalid'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.marksCleared();
    await lab.subject.kill();
    await lab.subject.start();
    await mirror.write([2, 3]);
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    const [first] = killed === undefined ? [] : exchangesAfterEvent(history, killed);
    return killed === undefined || first?.name !== 'IN_SYNC' ? [] : [killed, ...first.events()];
  },
  expect: (history, check) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    if (killed === undefined) return;
    const [unknown, rebuild, resumed, ...later] = exchangesAfterEvent(history, killed);
    if (unknown?.name !== 'IN_SYNC') return;
    check(
      unknown.answer?.form === 'full' && unknown.answer.error === -ESRCH && unknown.answer.dataSize === 8,
      {
        id: 'RECOV-14',
        expected: 'the first request is answered by a full reply with error -3 and data_size 8',
        seen: `${String(unknown.answer?.form)} reply, error ${String(unknown.answer?.error)}, data_size ${String(unknown.answer?.dataSize)}`,
        events: unknown.events(),
      },
    );
    check(rebuild?.name === 'CTR' && rebuild.payload.at(-1) === 0 && rebuild.answer?.dataSize === 0, {
      id: 'RECOV-04',
      expected: 'a CTR that ends in NUL follows and is answered with data_size 0',
      seen: `${String(rebuild?.name)}, answered with data_size ${String(rebuild?.answer?.dataSize)}`,
      events: rebuild?.events() ?? [],
    });
    const legs = legComparisons(history).at(-1);
    check(legs?.equal === true, {
      id: 'RECOV-14',
      expected: 'the legs are equal after the writes that the new daemon was asked about',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
    const served =
      rebuild?.result === 0 && resumed?.name === 'RESUME' && later.every(({ result }) => result === 0);
    check(served && later.some(({ name }) => name === 'MARK_REGION'), {
      id: 'RECOV-03',
      expected: 'CTR and RESUME are accepted, and every later request is served, marks among them',
      seen: [rebuild, resumed, ...later]
        .map((one) => `${String(one?.name)} ${String(one?.result)}`)
        .join(', '),
      events: [rebuild, resumed, ...later].flatMap((one) => one?.events() ?? []),
    });
  },
});
