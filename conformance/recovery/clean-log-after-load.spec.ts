import {
  conformanceTest,
  dirtyRegions,
  diskLogs,
  exchangesAfterEvent,
  legComparisons,
} from '../../harness/fixtures.js';

const REGIONS = 64;
const WRITES = 24;
const LOAD_DEADLINE_MS = 30_000;

// RECOV-11 (dm-log-userspace 13): a daemon that forgot what was in sync may never clean a region again, so that each
// crash of the host costs a resync of all that was ever written.
conformanceTest(import.meta.url, {
  title: 'when the daemon was killed and restarted under write load the log on its device ends all clean',
  ids: ['RECOV-11'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['reconnect-starts-unsynced'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await mirror.create();
    await leg.hold('high');
    const writes = await mirror.writeLoad(WRITES);
    // 0, 7 and 14 are in the low part.
    await mirror.onlyMarked([21]);
    await lab.subject.kill();
    await leg.release('high');
    await lab.unheard(1);
    await lab.subject.start();
    await writes.finished(LOAD_DEADLINE_MS);
    await mirror.marksCleared();
    await mirror.suspend();
    await lab.logDevice.read();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    if (killed === undefined) return [];
    const cleared = exchangesAfterEvent(history, killed).filter(({ name }) => name === 'CLEAR_REGION');
    const images = diskLogs(history).map(({ event }) => event);
    return cleared.length === 0 || images.length === 0 ? [] : [killed, ...images];
  },
  expect: (history, check) => {
    for (const image of diskLogs(history)) {
      const dirty = dirtyRegions(image, REGIONS);
      check(dirty.length === 0, {
        expected: 'all regions are clean on the log device after the suspend',
        seen: `dirty are ${dirty.join(', ')}`,
        events: [image.event],
      });
    }
    const [legs] = legComparisons(history);
    check(legs?.equal === true, {
      expected: 'both legs hold the same bytes after the last write',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
