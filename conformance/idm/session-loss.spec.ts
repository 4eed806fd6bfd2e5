import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-61 (idm 1): a host is known by its id, and may come by any path.
conformanceTest(import.meta.url, {
  title: 'a lock outlives the session of its holder, which renews it by the next one',
  ids: ['IDM-61'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'a session that a node loses',
  mutants: ['lost-with-session', 'table-per-nexus'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await lab.loseSession(drives);
    await mine.untilReady();
    await theirs.trylock();
    await mine.refresh();
    await mine.list();
  },
  situation: (history) =>
    history
      .diskEvents()
      .some((event) => event.kind === 'disk-nexus' && event.what === 'ended' && event.node === 'node1')
      ? lockEvents(history, 'node1 trylock exclusive r → GOOD')
      : [],
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 trylock exclusive r → RC',
      'node1 refresh exclusive r → GOOD',
      'node1 list → r node1 exclusive locked',
    ]);
  },
});
