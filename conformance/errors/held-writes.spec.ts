import { commandsWith, conformanceTest, eventsOf, legLooks } from '../../harness/fixtures.js';

const EIO = 5;

// ERR-06 (dm-log-userspace 9.4): the log can no longer be trusted, so that a crash could leave the legs different.
conformanceTest(import.meta.url, {
  title: 'with handle_errors a failed flush holds this and all later writes until a new table is loaded',
  ids: ['ERR-06'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'failed-flush-lets-writes-through',
    'later-write-let-through',
    'log-failure-shown-as-leg-failure',
    'log-failure-raises-no-event',
    'held-writes-are-lost',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync', handleErrors: true });
    await mirror.create();
    await mirror.eventNumber();
    lab.puppet.fail('FLUSH', EIO, { times: 1 });
    const first = await mirror.writeInFlight([1]);
    await lab.returned('FLUSH', 1);
    await mirror.eventNumber();
    const second = await mirror.writeInFlight([2]);
    await lab.returned('FLUSH', 2);
    await lab.lookAtLegs(1);
    await lab.lookAtLegs(2);
    await mirror.status();
    await mirror.reload({});
    await mirror.suspendNoFlush();
    await mirror.resume();
    await first.finished();
    await second.finished();
    await lab.lookAtLegs(1);
    await lab.lookAtLegs(2);
    await mirror.remove();
  },
  situation: (history) => {
    const [failed, later] = history.exchanges('FLUSH');
    return failed?.result === -EIO && later?.result === 0 ? eventsOf([failed, later]) : [];
  },
  expect: (history, check) => {
    const looks = legLooks(history);
    const [first, second] = looks.slice(0, 2);
    const nothing = [first, second].every((look) => look?.written.every((written) => !written));
    check(nothing, {
      expected: 'neither the write of the failed flush nor the one after it reaches a leg',
      seen: looks
        .slice(0, 2)
        .map(({ region, written }) => `region ${region}: ${written.join(', ')}`)
        .join('; '),
      events: [
        ...looks.slice(0, 2).map(({ event }) => event),
        ...eventsOf(history.exchanges('FLUSH').slice(0, 2)),
      ],
    });
    const [status] = commandsWith(history, 'status');
    check(status?.stdout.includes(' 1 AA ') === true, {
      expected: 'health characters AA',
      seen: status?.stdout.trim() ?? 'no status line',
      events: status ? [status] : [],
    });
    const [before, after] = commandsWith(history, 'info', 'events').map((info) => ({
      info,
      count: Number(info.stdout),
    }));
    check(before !== undefined && after !== undefined && after.count > before.count, {
      expected: 'a higher event number after the failed flush',
      seen: `${String(before?.count)}, then ${String(after?.count)}`,
      events: [before, after].flatMap((one) => (one === undefined ? [] : [one.info])),
    });
    check(looks.length === 4 && looks.slice(2).every(({ written }) => written.every((there) => there)), {
      expected: 'both writes on all legs when a new table was swapped in',
      seen:
        looks
          .slice(2)
          .map(({ region, written }) => `region ${region}: ${written.join(', ')}`)
          .join('; ') || 'the scenario did not get so far',
      events: looks.slice(2).map(({ event }) => event),
    });
  },
});
