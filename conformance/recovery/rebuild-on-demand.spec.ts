import {
  commandsWith,
  conformanceTest,
  ESRCH,
  eventsOf,
  outcomesOf,
  waited,
  type Exchange,
  type History,
} from '../../harness/fixtures.js';

const EINVAL = 22;
const ENOSPC = 28;
const about =
  (name: string) =>
  ({ uuid }: { readonly uuid: string }): boolean =>
    uuid === `ulogcheck-${name}`;

/** The request of a log that was answered -ESRCH, and what its thread asked about the log after it. */
function afterEsrch(history: History, name: string): readonly Exchange[] {
  const lost = history.exchanges().find((one) => about(name)(one) && one.answer?.error === -ESRCH);
  if (lost === undefined) return [];
  const thread = history.thread(lost.node, lost.tid).filter(about(name));
  return thread.slice(thread.indexOf(lost));
}

// RECOV-15, RECOV-09, RECOV-16q (dm-log-userspace 2.5, 2.6): three mirrors at once, each with a thread that waits 2 s.
conformanceTest(import.meta.url, {
  title:
    'an answer of ESRCH makes the kernel rebuild the log once and repeat its request, with the capacity that the answer left',
  ids: ['RECOV-15', 'RECOV-09', 'RECOV-16q'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['esrch-answer-is-final', 'rebuilds-at-once', 'failed-resume-loops', 'esrch-keeps-the-capacity'],
  drive: async (lab) => {
    const rebuilt = lab.mirror({ name: 'rebuilt', regions: 64, sync: 'nosync' });
    const refused = lab.mirror({ name: 'refused', regions: 64, sync: 'nosync' });
    const shrunk = lab.mirror({ name: 'shrunk', regions: 64, sync: 'nosync' });
    for (const mirror of [rebuilt, refused, shrunk]) await mirror.create();
    lab.puppet.fail('IN_SYNC', ESRCH, { times: 1, dataSize: 8, where: about('rebuilt') });
    lab.puppet.fail('STATUS_INFO', ESRCH, { times: 1, dataSize: 64, where: about('refused') });
    lab.puppet.fail('RESUME', EINVAL, { times: 1, where: about('refused') });
    lab.puppet.fail('IN_SYNC', ESRCH, { times: 1, where: about('shrunk') });
    const writes = [await rebuilt.writeInFlight([1]), await shrunk.writeInFlight([2])];
    await lab.ticking(refused.status());
    for (const write of writes) await lab.ticking(write.finished());
    for (const mirror of [rebuilt, refused, shrunk]) await mirror.remove();
  },
  situation: (history) => {
    const lost = ['rebuilt', 'refused', 'shrunk'].map((name) => afterEsrch(history, name)[0]);
    return lost.includes(undefined) ? [] : eventsOf(lost);
  },
  expect: (history, check) => {
    const [lost, ctr, resume, repeated] = afterEsrch(history, 'rebuilt');
    const { ms, inTime } = waited(history, lost?.return?.t, ctr?.request?.t, [1900, 3500]);
    const again =
      Buffer.compare(repeated?.payload ?? Buffer.alloc(0), lost?.payload ?? Buffer.alloc(0)) === 0;
    const steps =
      ctr?.name === 'CTR' &&
      ctr.payload.at(-1) === 0 &&
      resume?.name === 'RESUME' &&
      repeated?.name === 'IN_SYNC';
    check(steps && again && repeated.answer?.dataSize === 8 && repeated.result === 0, {
      id: 'RECOV-15',
      expected: 'a CTR with its NUL, RESUME, and the same IN_SYNC, which takes an answer of 8 bytes',
      seen: outcomesOf([lost, ctr, resume, repeated]),
      events: eventsOf([lost, ctr, resume, repeated]),
    });
    check(inTime, {
      id: 'RECOV-15',
      expected: 'the CTR about 2 s after the answer (1.9 s to 3.5 s)',
      seen: `${ms.toFixed(0)} ms`,
      events: eventsOf([lost, ctr]),
    });
    const [status, ...rebuild] = afterEsrch(history, 'refused');
    const line = commandsWith(history, 'status', 'refused')[0];
    check(
      rebuild
        .slice(0, 2)
        .map(({ name }) => name)
        .join() === 'CTR,RESUME' &&
        rebuild[1]?.result === -EINVAL &&
        rebuild[2] === undefined &&
        line?.stdout.includes('COM_FAILURE') === true,
      {
        id: 'RECOV-09',
        expected: 'one CTR and one RESUME, which fails, and the error goes to the caller (COM_FAILURE)',
        seen: `${outcomesOf([status, ...rebuild])}; ${line?.stdout.trim() ?? ''}`,
        events: eventsOf([status, ...rebuild]),
      },
    );
    const small = afterEsrch(history, 'shrunk');
    const third = small[3];
    check(third?.name === 'IN_SYNC' && third.answer?.error === 0 && third.result === -ENOSPC, {
      id: 'RECOV-16q',
      expected: 'the repeated IN_SYNC returns -28 (ENOSPC) for an answer of 8 bytes',
      seen: outcomesOf(small.slice(0, 4)),
      events: eventsOf(small.slice(0, 4)),
    });
  },
});
