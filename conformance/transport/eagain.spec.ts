import {
  commandsWith,
  conformanceTest,
  eventsOf,
  exchangesDuring,
  kernelLogLines,
  waited,
} from '../../harness/fixtures.js';

const EAGAIN = 11;
const ENOSPC = 28;

// TRN-11, TRN-12q (dm-log-userspace 2.5): the harmless way to say "again", and the one that costs the capacity.
conformanceTest(import.meta.url, {
  title:
    'a bare ack with EAGAIN is followed by a resend at once, a full one without data spoils the next answer',
  ids: ['TRN-11', 'TRN-12q'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['eagain-waits-for-the-timeout', 'eagain-is-an-error', 'eagain-keeps-the-capacity'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    lab.puppet.ack('GET_SYNC_COUNT', EAGAIN, { times: 2 });
    await lab.ticking(mirror.status());
    lab.puppet.fail('GET_SYNC_COUNT', EAGAIN, { times: 1 });
    await mirror.status();
    await lab.kernelLog(/device-mapper/);
    await mirror.remove();
  },
  situation: (history) => {
    const again = history
      .exchanges('GET_SYNC_COUNT')
      .filter(({ replies }) => replies.some(({ error }) => error === -EAGAIN));
    return again.length === 2 ? eventsOf(again) : [];
  },
  expect: (history, check) => {
    const [first, second] = commandsWith(history, 'dmsetup', 'status').map((command) =>
      exchangesDuring(history, command).find(({ name }) => name === 'GET_SYNC_COUNT'),
    );
    const sent = first?.transmissions ?? [];
    const waits = sent.slice(1).map(({ t }, at) => {
      const reply = first?.replies.find(({ seq }) => seq === sent[at]?.seq);
      return waited(history, reply?.t, t, [0, 1000]);
    });
    check(
      waits.length === 2 &&
        waits.every(({ inTime }) => inTime) &&
        new Set(sent.map(({ seq }) => seq)).size === 3,
      {
        id: 'TRN-11',
        expected: 'after each of two acks the request again within 1 s, with a new seq',
        seen: `seqs ${sent.map(({ seq }) => seq).join(', ')}, after ${waits.map(({ ms }) => ms.toFixed(1)).join(' and ')} ms`,
        events: eventsOf([first]),
      },
    );
    check(first?.result === 0 && first.answer?.seq === sent.at(-1)?.seq, {
      id: 'TRN-11',
      expected: 'the answer to the last transmission is taken',
      seen: `returned ${String(first?.result)}`,
      events: eventsOf([first]),
    });
    const { lines, events } = kernelLogLines(history, /Insufficient space to receive package/);
    check(second?.answer?.error === 0 && second.result === -ENOSPC && lines.length > 0, {
      id: 'TRN-12q',
      expected: 'a correct answer returns -28 (ENOSPC), with a line in the kernel log',
      seen: `answered ${String(second?.answer?.error)}, returned ${String(second?.result)}; ${lines.length} lines`,
      events: [...eventsOf([second]), ...events],
    });
  },
});
