import { conformanceTest, encodeDatagram, eventsOf, kernelLogLines } from '../../harness/fixtures.js';

const EIO = 5;
const NOTHING = new Uint8Array(0);

// TRN-15, TRN-23 (dm-log-userspace 2.3, 2.4): while a MARK_REGION waits, three replies come that are not its answer.
// Each would fail it; it succeeds by the honest answer, which comes last.
conformanceTest(import.meta.url, {
  title: 'replies with an unknown or a stale seq, and incomplete ones, complete no request',
  ids: ['TRN-15', 'TRN-23'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'stale-reply-completes',
    'unknown-reply-completes',
    'incomplete-reply-completes',
    'incomplete-reply-is-not-logged',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    const marks = lab.puppet.hold('MARK_REGION');
    const writes = await mirror.writeInFlight([1]);
    await marks.held(1, 12_000);
    const replies = lab.replies;
    const stale = lab.puppet.seen('IN_SYNC').at(-1)?.seq ?? 0;
    const waiting = lab.puppet.seen('MARK_REGION').at(-1)?.seq ?? 0;
    lab.puppet.send({ form: 'full', error: -EIO, payload: NOTHING, seq: stale });
    lab.puppet.send({ form: 'full', error: -EIO, payload: NOTHING });
    const incomplete = {
      idx: 7,
      val: 1,
      seq: waiting,
      ack: EIO,
      len: 100,
      flags: 0,
      body: new Uint8Array(100),
    };
    lab.puppet.send({ form: 'raw', datagram: encodeDatagram(incomplete) });
    await lab.replied(replies + 3);
    marks.release();
    await writes.finished();
    await lab.kernelLog(/device-mapper/);
    await mirror.remove();
  },
  situation: (history) => {
    const [mark] = history.exchanges('MARK_REGION');
    const sent = mark?.transmissions[0]?.t;
    if (mark === undefined || sent === undefined) return [];
    const done = mark.answer?.t ?? sent;
    const between = history.events.filter(
      (event) => event.kind === 'reply' && event.t > sent && event.t < done,
    );
    return between.length >= 3 ? between : [];
  },
  expect: (history, check) => {
    const [mark] = history.exchanges('MARK_REGION');
    const honest = mark?.replies.find(({ form, error }) => form === 'full' && error === 0);
    const back = mark?.return;
    if (mark === undefined || honest === undefined || back === undefined) return;
    const completed = history.place(back) > history.place(honest) && mark.result === 0;
    const { lines, events } = kernelLogLines(history, /Incomplete message received/);
    for (const id of ['TRN-15', 'TRN-23']) {
      check(completed, {
        id,
        expected: 'MARK_REGION returns 0, after its honest answer',
        seen: `it returned ${String(mark.result)} ${history.place(back) > history.place(honest) ? 'after' : 'before'} its answer`,
        events: eventsOf([mark]),
      });
    }
    check(lines.length === 1, {
      id: 'TRN-23',
      expected: 'one line "Incomplete message received" in the kernel log',
      seen: `${lines.length} lines`,
      events,
    });
  },
});
