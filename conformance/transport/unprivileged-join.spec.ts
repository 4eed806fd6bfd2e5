import { conformanceTest, groupJoins } from '../../harness/fixtures.js';

const EPERM = 1;
const WAYS = ['bind', 'membership'] as const;
const CALLS = { bind: 'bind to group 7', membership: 'NETLINK_ADD_MEMBERSHIP of group 7' } as const;

// TRN-04 (dm-log-userspace 2.1): whoever has joined reads what the kernel asks, and keeps it from noticing that the
// daemon is gone. Root tries too: that the same program can join and hears requests then shows that nobody is refused
// for who it is. What was refused must not listen in either.
conformanceTest(import.meta.url, {
  title: 'a process without capabilities is refused by connector group 7, in both ways of joining it',
  ids: ['TRN-04'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['anybody-binds-to-the-group', 'anybody-becomes-a-member', 'refused-listener-hears'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    const root = await lab.tryToJoin('root');
    const nobody = await lab.tryToJoin('nobody');
    await mirror.status();
    await nobody.stop();
    await root.stop();
    await mirror.remove();
  },
  situation: (history) => {
    const sent = new Set(
      history.exchanges().flatMap(({ transmissions }) => transmissions.map(({ seq }) => seq)),
    );
    const joins = groupJoins(history).filter(({ join }) => join.call === 'join');
    const needed = WAYS.flatMap((way) => {
      const ofWay = joins.filter(({ join }) => join.way === way);
      const control = ofWay.find(
        ({ join }) => join.uid === 0 && join.errno === 0 && join.heard.some((seq) => sent.has(seq)),
      );
      return [control, ofWay.find(({ join }) => isUnprivileged(join))];
    });
    const found = needed.flatMap((one) => (one === undefined ? [] : [one.event]));
    return found.length === needed.length ? found : [];
  },
  expect: (history, check) => {
    for (const { join, event } of groupJoins(history)) {
      const { uid, way, call, errno, heard } = join;
      if (!isUnprivileged(join) || call !== 'join') continue;
      const came = errno === 0 ? 'it succeeded' : `errno ${errno}`;
      check(errno === EPERM && heard.length === 0, {
        expected: `${CALLS[way]} by uid ${uid} without capabilities fails with EPERM, and no request arrives`,
        seen: `${came}, and ${heard.length === 0 ? 'no request' : `seq ${heard.join(', ')}`} arrived`,
        events: [event],
      });
    }
  },
});

function isUnprivileged({
  uid,
  capabilities,
}: {
  readonly uid: number;
  readonly capabilities: string;
}): boolean {
  return uid !== 0 && /^0+$/.test(capabilities);
}
