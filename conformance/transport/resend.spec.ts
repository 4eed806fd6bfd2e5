import { conformanceTest, eventsOf, waited } from '../../harness/fixtures.js';

// TRN-10 (dm-log-userspace 2.5): nothing is lost but time.
conformanceTest(import.meta.url, {
  title: 'an unanswered request is sent again after 15 s with a new seq and the same body',
  ids: ['TRN-10'],
  tier: 'quick',
  startsFirst: true,
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'resends-after-five-seconds',
    'resends-with-the-old-seq',
    'resends-another-body',
    'times-out-for-good',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    lab.puppet.drop('STATUS_INFO', { times: 1 });
    const status = lab.start(() => lab.run(['dmsetup', 'status', mirror.name], { deadlineMs: 40_000 }));
    await lab.ticking(status.finished());
    await mirror.remove();
  },
  situation: (history) => {
    const [asked] = history.exchanges('STATUS_INFO');
    const [first] = asked?.transmissions ?? [];
    const unanswered = first !== undefined && asked?.replies.every(({ seq }) => seq !== first.seq);
    return unanswered === true ? [first] : [];
  },
  expect: (history, check) => {
    const [asked] = history.exchanges('STATUS_INFO');
    const [first, second] = asked?.transmissions ?? [];
    if (first === undefined) return;
    const { ms, inTime } = waited(history, first.t, second?.t, [14_500, 16_500]);
    check(inTime, {
      expected: 'the request again 14.5 s to 16.5 s later',
      seen: second === undefined ? 'it was not sent again' : `after ${(ms / 1000).toFixed(2)} s`,
      events: eventsOf([asked]),
    });
    if (second === undefined) return;
    const { uuid, luid, type, version, payload } = second;
    const same =
      uuid === first.uuid && luid === first.luid && type === first.type && version === first.version;
    check(same && Buffer.compare(payload, first.payload) === 0 && second.seq !== first.seq, {
      expected: 'the same body with a new seq',
      seen: `seq ${first.seq} and ${second.seq}, ${same ? 'the same' : 'another'} header, ${payload.length} bytes of payload`,
      events: [first, second],
    });
    check(asked?.result === 0, {
      expected: 'the answer to the second transmission is taken',
      seen: `returned ${String(asked?.result)}`,
      events: eventsOf([asked]),
    });
  },
});
