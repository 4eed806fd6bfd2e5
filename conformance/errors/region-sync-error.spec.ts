import { conformanceTest, eventsOf, legComparisons, regionSyncs } from '../../harness/fixtures.js';

const EIO = 5;
const REGIONS = 8;

// ERR-12 (dm-log-userspace 4): the report of a recovered region is a courtesy.
conformanceTest(import.meta.url, {
  title: 'an error in the answer to SET_REGION_SYNC stops neither the resync nor writes',
  ids: ['ERR-12'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['region-sync-error-fails-a-write', 'region-sync-error-undoes-the-copy'],
  drive: async (lab) => {
    await lab.spoilLeg(1);
    const mirror = lab.mirror({ regions: REGIONS });
    lab.puppet.fail('SET_REGION_SYNC', EIO);
    await mirror.create();
    await lab.returned('SET_REGION_SYNC', REGIONS);
    await mirror.write([2]);
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const failed = regionSyncs(history).filter(({ exchange }) => exchange.result === -EIO);
    return failed.length === REGIONS ? eventsOf(failed.map(({ exchange }) => exchange)) : [];
  },
  expect: (history, check) => {
    const reports = eventsOf(regionSyncs(history).map(({ exchange }) => exchange));
    const write = history.commands().find(({ argv }) => argv.join(' ').includes('dd if='));
    check(write?.status === 0, {
      expected: 'a write after the resync succeeds',
      seen:
        write === undefined
          ? 'the scenario did not get so far'
          : `status ${String(write.status)}: ${write.stderr.trim()}`,
      events: [...(write ? [write] : []), ...reports],
    });
    const legs = legComparisons(history).at(-1);
    check(legs?.equal === true, {
      expected: 'the legs are equal: every region was copied',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      events: [...(legs ? [legs.event] : []), ...reports],
    });
  },
});
