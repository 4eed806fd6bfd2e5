import { lvmScenario, moves, powerCuts } from '../../harness/fixtures.js';

const EXTENTS = 4;
const REGIONS = 16;
/** So many regions of the second volume are copied when the power goes. */
const COPIED = 5;
const DEADLINE_MS = 60_000;

// The log of a move is in memory and does not survive. What does is LVM's note of the segments that are moved: of two,
// the first is not copied again, and the second from its beginning.
lvmScenario(import.meta.url, {
  title:
    'pvmove that a power cut ended, under writes, is taken up again by a fresh node: what was not moved is copied',
  ids: ['LVM-15', 'SYNC-08'],
  mutants: { 'core-legacy': ['resync-skips-a-region'], 'core-integrated': ['resync-skips-a-region'] },
  drive: async (lab, group) => {
    const one = await group.linear({ name: 'one', extents: EXTENTS, on: [0] });
    const two = await group.linear({ name: 'two', extents: EXTENTS, on: [0] });
    await one.data.fill();
    await two.data.fill();
    const load = await two.data.startLoad();
    const trap = await lab.trap({ request: REGIONS + COPIED, of: 'SET_REGION_SYNC', does: 'freeze' });
    lab.start(() => group.move([group.pv(0), group.pv(1)]));
    await trap.sprung(DEADLINE_MS);
    const writes = await load.soFar();
    const node = await lab.powerCut();
    const found = node.foundVolumeGroup(group.options);
    await found.activate();
    await found.move([], 'second');
    for (const { name, ended } of [
      { name: 'one', ended: 0 },
      { name: 'two', ended: writes },
    ]) {
      const lv = found.volume({ name, extents: EXTENTS });
      await lv.data.verify(ended);
      await lv.remove();
    }
  },
  situation: (history) => {
    const [cut] = powerCuts(history);
    const [before, after] = moves(history);
    const step = before?.steps[1];
    if (cut === undefined || step === undefined || after === undefined || after.node === before?.node)
      return [];
    return step.copied.length > 0 && step.missing.length > 0 ? [...step.events, cut] : [];
  },
  expect: (history, check) => {
    const [before, after, ...more] = moves(history);
    const [step, ...others] = after?.steps ?? [];
    check(after?.uuid === before?.uuid && others.length === 0 && more.length === 0, {
      id: 'LVM-15',
      expected: 'one log on the fresh node, with the UUID of before',
      seen: `${after?.steps.length ?? 0} logs, ${more.length} more moves`,
      events: after?.steps.flatMap(({ events }) => events) ?? [],
    });
    const all = step?.regions === REGIONS && step.copied.length === REGIONS && step.missing.length === 0;
    check(all && step.log.death !== undefined, {
      expected: `all ${REGIONS} regions of the second volume copied once, and DTR`,
      seen: `${step?.copied.length ?? 0} copies, not copied: ${step?.missing.join(', ') ?? 'all'}`,
      events: step?.events ?? [],
    });
  },
});
