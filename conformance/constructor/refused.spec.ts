import { commandsWith, conformanceTest, eventsOf, outcomesOf } from '../../harness/fixtures.js';

const EIO = 5;

// CTR-10, CTR-16 (dm-log-userspace 4): the sign of the error decides.
conformanceTest(import.meta.url, {
  title: 'a negative CTR error refuses the table and ends the log, a positive one is no error',
  ids: ['CTR-10', 'CTR-16'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['refused-ctr-loads', 'request-after-a-refused-ctr', 'positive-ctr-error-refuses'],
  drive: async (lab) => {
    const refused = lab.mirror({ name: 'refused', regions: 64, sync: 'nosync' });
    lab.puppet.fail('CTR', EIO, { times: 1 });
    await refused.tryCreate();
    const taken = lab.mirror({ name: 'taken', regions: 64, sync: 'nosync' });
    lab.puppet.replace('CTR', () => ({ form: 'full', error: EIO, payload: new Uint8Array(0) }), { times: 1 });
    await taken.tryCreate();
    await lab.run(['dmsetup', 'remove', taken.name], { env: { DM_DISABLE_UDEV: '1' } });
  },
  situation: (history) => {
    const errors = history.exchanges('CTR').map(({ answer }) => answer?.error);
    return errors.join() === `${-EIO},${EIO}` ? eventsOf(history.exchanges('CTR')) : [];
  },
  expect: (history, check) => {
    const of = (uuid: string) => history.exchanges().filter((exchange) => exchange.uuid === uuid);
    const [refuse, take] = commandsWith(history, 'create');
    const refused = of('ulogcheck-refused');
    check(refuse?.status === 1 && refuse.stderr.includes('Invalid argument'), {
      id: 'CTR-10',
      expected: 'the load fails with EINVAL ("Invalid argument")',
      seen: `status ${String(refuse?.status)}: ${refuse?.stderr.trim() ?? ''}`,
      events: refuse ? [refuse] : [],
    });
    check(refused.length === 1, {
      id: 'CTR-10',
      expected: 'no request of that log but its CTR',
      seen: outcomesOf(refused),
      events: eventsOf(refused),
    });
    const taken = of('ulogcheck-taken');
    check(take?.status === 0 && taken.some(({ name }) => name === 'RESUME'), {
      id: 'CTR-16',
      expected: 'the table is loaded and the log resumed',
      seen: `status ${String(take?.status)}; ${outcomesOf(taken)}`,
      events: [...(take ? [take] : []), ...eventsOf(taken.slice(0, 2))],
    });
  },
});
