import { commandsWith, conformanceTest, eventsOf, kernelLogLines } from '../../harness/fixtures.js';

const LONGEST_TEXT = 332;
const LONGEST_UUID = 128;
const TEXT = '8192 clustered-core 128 nosync ';

// CTR-14, CTR-22, TRN-14 (dm-log-userspace 2.7, 5): the last lengths that fit, and the first that do not.
conformanceTest(import.meta.url, {
  title: 'a constructor text of 332 characters and a uuid of 128 are accepted, one more of either is refused',
  ids: ['CTR-14', 'CTR-22', 'TRN-14'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['text-of-333-accepted', 'text-of-332-refused', 'uuid-of-129-accepted', 'payload-over-332'],
  drive: async (lab) => {
    for (const length of [LONGEST_TEXT, LONGEST_TEXT + 1]) {
      const extraArguments = ['x'.repeat(length - TEXT.length)];
      const mirror = lab.mirror({ name: `text${length}`, regions: 64, sync: 'nosync', extraArguments });
      const { status } = await mirror.tryCreate();
      await lab.kernelLog(/device-mapper/);
      if (status === 0) await mirror.remove();
    }
    for (const length of [LONGEST_UUID, LONGEST_UUID + 1]) {
      const mirror = lab.mirror({
        name: `uuid${length}`,
        regions: 64,
        sync: 'nosync',
        uuid: 'u'.repeat(length),
      });
      const { status } = await mirror.tryCreate();
      if (status === 0) await mirror.remove();
    }
  },
  situation: (history) => {
    const tries = commandsWith(history, 'dmsetup', 'create');
    const longest = history.exchanges('CTR').filter(({ payload }) => payload.length === LONGEST_TEXT);
    return tries.length === 4 && longest.length > 0 ? [...tries, ...eventsOf(longest)] : [];
  },
  expect: (history, check) => {
    const expectations = [
      ['CTR-14', `text${LONGEST_TEXT}`, 0],
      ['CTR-14', `text${LONGEST_TEXT + 1}`, 1],
      ['CTR-22', `uuid${LONGEST_UUID}`, 0],
      ['CTR-22', `uuid${LONGEST_UUID + 1}`, 1],
    ] as const;
    for (const [id, name, status] of expectations) {
      const [command] = commandsWith(history, 'dmsetup', 'create', name);
      check(command?.status === status, {
        id,
        expected: `dmsetup create ${name} ${status === 0 ? 'succeeds' : 'is refused'}`,
        seen: `status ${String(command?.status)}: ${command?.stderr.trim() ?? ''}`,
        events: command ? [command] : [],
      });
    }
    const { lines, events } = kernelLogLines(history, /Size of tfr exceeds preallocated size/);
    check(lines.length > 0, {
      id: 'CTR-14',
      expected: '"Size of tfr exceeds preallocated size" in the kernel log',
      seen: 'no such line',
      events,
    });
    for (const exchange of history.exchanges()) {
      check(exchange.payload.length <= LONGEST_TEXT, {
        id: 'TRN-14',
        expected: `at most ${LONGEST_TEXT} bytes of payload`,
        seen: `${String(exchange.name)} with ${exchange.payload.length} bytes`,
        events: exchange.events(),
      });
    }
  },
});
