import { conformanceTest, legComparisons, recoveredBy } from '../../harness/fixtures.js';

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_unused, index) => from + index);
}

/** Regions that each log in turn has to recover. */
const EXPECTED: readonly [what: string, regions: readonly number[], id: string | undefined][] = [
  ['the first log', [], undefined],
  [
    'the log that grew from 32 to 48 regions while 20 and 30 were dirty',
    [20, 30, ...range(32, 48)],
    undefined,
  ],
  ['the log that shrank from 48 to 28 regions while 24 was dirty', [24], 'LUID-13'],
  ['the log that grew from 28 to 40 regions again', range(28, 40), 'DISK-05'],
];

// LUID-13, DISK-05 (dm-log-userspace 12, Load): the legs differ in the dirty regions, so that a bit that gets lost is
// seen in the end. Regions that were clean before the log shrank have no right to be so when it has grown again.
conformanceTest(import.meta.url, {
  title:
    'a log that grows or shrinks on its device keeps the dirty bits that survive, and new regions are dirty',
  ids: ['LUID-13', 'DISK-05'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-old-bits-clean', 'growth-says-clean'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: 32, sync: 'nosync', log: 'clustered-disk' });
    await mirror.create();
    await leg.fail('high');
    await mirror.write([20, 30]);
    await lab.returned('SET_REGION_SYNC', 2);
    await leg.heal('high');
    await mirror.reload({ regions: 48, sync: 'default' });
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await leg.fail('high');
    await mirror.write([24]);
    await lab.returned('SET_REGION_SYNC', 2 + 18 + 1);
    await leg.heal('high');
    await mirror.reload({ regions: 28 });
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.reload({ regions: 40 });
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) =>
    history.instances().length === EXPECTED.length
      ? history.exchanges('RESUME').flatMap((resume) => resume.events())
      : [],
  expect: (history, check) => {
    for (const [index, log] of history.instances().entries()) {
      const [what, regions, id] = EXPECTED[index] ?? ['', [], undefined];
      const recovered = recoveredBy(log);
      check(recovered.map(({ region }) => region).join() === regions.join(), {
        ...(id !== undefined && { id }),
        expected: `${what} has ${regions.join(', ') || 'nothing'} recovered`,
        seen: recovered.map(({ region }) => region).join(', ') || 'nothing',
        events: [...(log.birth?.events() ?? []), ...recovered.flatMap(({ exchange }) => exchange.events())],
      });
    }
    const [legs] = legComparisons(history);
    check(legs?.equal === true, {
      id: 'LUID-13',
      expected: 'the legs are equal in the end',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
