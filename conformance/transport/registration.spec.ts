import { commandsWith, conformanceTest } from '../../harness/fixtures.js';

// TRN-02 (dm-log-userspace 2.1): nodes load dm-log-userspace when they boot.
conformanceTest(import.meta.url, {
  title: 'a loaded dm-log-userspace has the connector id 7:1 registered as dmlogusr',
  ids: ['TRN-02'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'absent',
  mutants: ['connector-id-not-registered'],
  drive: async (lab) => {
    await lab.run(['ls', '-d', '/sys/module/dm_log_userspace']);
    await lab.run(['cat', '/proc/net/connector']);
  },
  situation: (history) =>
    commandsWith(history, '/sys/module/dm_log_userspace').filter(({ status }) => status === 0),
  expect: (history, check) => {
    for (const list of commandsWith(history, '/proc/net/connector')) {
      check(/^dmlogusr\s+7:1\s*$/m.test(list.stdout), {
        expected: 'a line "dmlogusr 7:1" in /proc/net/connector',
        seen: list.stdout.trim() || list.stderr.trim(),
        events: [list],
      });
    }
  },
});
