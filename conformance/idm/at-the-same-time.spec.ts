import { conformanceTest, lockExchanges, type History, type LockExchange } from '../../harness/fixtures.js';

/** Several times, for a node that is late has not tried at the same time. */
const RESOURCES = ['a', 'b', 'c', 'd'];

const NODES = 3;

/** The calls for each of the resources. */
function roundsOf(history: History): readonly (readonly LockExchange[])[] {
  const tries = lockExchanges(history, 'trylock');
  return RESOURCES.map((_name, round) => tries.slice(NODES * round, NODES * (round + 1)));
}

/** All had asked before any had its answer, by the clock of the history. */
function together(tries: readonly LockExchange[]): boolean {
  const asked = tries.map(({ call }) => call.t);
  const answered = tries.flatMap(({ answer }) => (answer === undefined ? [] : [answer.t]));
  return tries.length === NODES && asked.every((call) => answered.every((answer) => call < answer));
}

// IDM-62 (idm 6.2): which of them wins is nobody's business.
conformanceTest(import.meta.url, {
  title: 'of three nodes that try at the same time exactly one gets the lock',
  ids: ['IDM-62'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['not-atomic', 'two-exclusive-holders'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const labs = [lab, await lab.anotherNode(), await lab.anotherNode()];
    const mutexes = await Promise.all(labs.map((node) => node.mutex(drives, 'r')));
    for (const resource of RESOURCES) {
      await Promise.all(mutexes.map((mutex) => mutex.other(resource).trylock()));
    }
    await Promise.all(mutexes.map((mutex) => mutex.list()));
  },
  situation: (history) =>
    roundsOf(history)
      .filter(together)
      .flatMap((tries) => tries.flatMap((exchange) => exchange.events())),
  expect: (history, check) => {
    const held = roundsOf(history).map((tries, round) => {
      const resource = String(RESOURCES[round]);
      const results = tries
        .map(({ result }) => result)
        .toSorted()
        .join();
      check(results === 'GOOD,RC,RC', {
        expected: `GOOD for one, RC for the other two, of ${resource}`,
        seen: results,
        events: tries.flatMap((exchange) => exchange.events()),
      });
      const winner = tries.find(({ result }) => result === 'GOOD')?.call.node ?? 'nobody';
      return `${resource} ${winner} exclusive locked`;
    });
    const lists = lockExchanges(history, 'read');
    check(lists.length === NODES && lists.every(({ line }) => line.endsWith(`list → ${held.join(', ')}`)), {
      expected: `for all three: ${held.join(', ')}`,
      seen: lists.map(({ line }) => line).join('; '),
      events: lists.flatMap((exchange) => exchange.events()),
    });
  },
});
