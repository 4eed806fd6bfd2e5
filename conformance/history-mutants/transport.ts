/** Broken kernels whose requests travel wrongly, or that take answers wrongly. */
import {
  DATAGRAMS,
  GROUP_JOIN,
  type DatagramHeaders,
  type Exchange,
  type GroupJoin,
  type History,
  type HistoryEvent,
  type ReplyEvent,
  type TransmissionEvent,
} from '../../harness/history/index.js';
import { ESRCH } from '../../harness/history/queries.js';
import { changed, commandEnded, earlier, lateBy, replaced, returned, withoutLogLines } from './edit.js';
import type { HistoryMutant } from './mutant.js';

const notRegistered: HistoryMutant = {
  name: 'connector-id-not-registered',
  breaks: 'TRN-02',
  description: 'does not register the connector id 7:1',
  apply: (history) => {
    const list = history.commands().find(({ stdout }) => stdout.includes('dmlogusr'));
    const stdout = list?.stdout.replace(/^dmlogusr.*\n?/m, '') ?? '';
    return commandEnded(history, list, { stdout });
  },
};

/** The history in which what came of a refused try to join was another thing; `by` root is what root's own came to. */
function refusedTry(
  history: History,
  way: GroupJoin['way'],
  change: (by: { readonly root: GroupJoin }) => Partial<GroupJoin>,
): History | undefined {
  const tries = history.observations(GROUP_JOIN).map((event) => ({ event, join: event.value as GroupJoin }));
  const ofWay = tries.filter(({ join }) => join.way === way);
  const root = ofWay.find(({ join }) => join.uid === 0)?.join;
  const refused = ofWay.find(({ join }) => join.uid !== 0 && join.errno !== 0);
  if (root === undefined || refused === undefined) return undefined;
  return changed(history, refused.event, { value: { ...refused.join, ...change({ root }) } });
}

const anybodyBinds: HistoryMutant = {
  name: 'anybody-binds-to-the-group',
  breaks: 'TRN-04',
  description: 'lets any process join the group of userspace logs by bind',
  apply: (history) => refusedTry(history, 'bind', ({ root: { errno, heard } }) => ({ errno, heard })),
};

const anybodyJoins: HistoryMutant = {
  name: 'anybody-becomes-a-member',
  breaks: 'TRN-04',
  description: 'lets any process join the group of userspace logs by NETLINK_ADD_MEMBERSHIP',
  apply: (history) => refusedTry(history, 'membership', ({ root: { errno, heard } }) => ({ errno, heard })),
};

const refusedHears: HistoryMutant = {
  name: 'refused-listener-hears',
  breaks: 'TRN-04',
  description: 'says EPERM to a process that joins the group, and sends it the requests all the same',
  apply: (history) => refusedTry(history, 'bind', ({ root: { heard } }) => ({ heard })),
};

const ackInRequest: HistoryMutant = {
  name: 'connector-ack-in-request',
  breaks: 'TRN-06',
  description: 'sends requests with the ack field of the connector set',
  apply: (history) => {
    const sent = history.events.find((event) => event.kind === 'transmission');
    if (sent?.kind !== 'transmission' || history.observations(DATAGRAMS).length === 0) return undefined;
    return changed(history, sent, { connector: { ...sent.connector, ack: 1 } });
  },
};

const fromAPort: HistoryMutant = {
  name: 'request-from-a-port',
  breaks: 'TRN-06',
  description: 'sends requests with a netlink port other than 0',
  apply: (history) => {
    const [heard] = history.observations(DATAGRAMS);
    const headers = (heard?.value ?? []) as DatagramHeaders[];
    return heard && changed(history, heard, { value: headers.map((one) => ({ ...one, port: 4711 })) });
  },
};

const listenerSpoils: HistoryMutant = {
  name: 'silent-listener-spoils-an-answer',
  breaks: 'TRN-25',
  description: 'returns an error for an answered request because another listener did not answer it',
  apply: (history) => {
    if (history.observations(DATAGRAMS).length === 0) return undefined;
    const status = history.exchanges('STATUS_INFO').find(({ result }) => result === 0);
    return returned(history, status, -ESRCH);
  },
};

const SECOND = 1_000_000_000n;
const EAGAIN = -11;
const EIO = -5;

/** A request that was sent again because nobody answered it, with the transmission that was the second. */
function resend(
  history: History,
):
  | { readonly asked: Exchange; readonly first: TransmissionEvent; readonly second: TransmissionEvent }
  | undefined {
  for (const asked of history.exchanges()) {
    const [first, second] = asked.transmissions;
    if (first !== undefined && second !== undefined && asked.replies.every(({ seq }) => seq !== first.seq)) {
      return { asked, first, second };
    }
  }
  return undefined;
}

const resendsEarly: HistoryMutant = {
  name: 'resends-after-five-seconds',
  breaks: 'TRN-10',
  description: 'sends a request again when it was not answered for 5 s',
  apply: (history) => {
    const found = resend(history);
    if (found === undefined) return undefined;
    const own = found.asked.events();
    return earlier(history, own.slice(own.indexOf(found.second)), 10n * SECOND);
  },
};

const oldSeq: HistoryMutant = {
  name: 'resends-with-the-old-seq',
  breaks: 'TRN-10',
  description: 'sends a request again with the seq that it had',
  apply: (history) => {
    const found = resend(history);
    if (found === undefined) return undefined;
    const { first, second } = found;
    const from = history.place(second);
    // The counter was not raised, so that all seqs from here on are lower by one.
    return history.withEvents(
      history.events.map((event, place) => {
        if (place < from || (event.kind !== 'transmission' && event.kind !== 'reply')) return event;
        if (event.seq <= first.seq) return event;
        const seq = event.seq - 1;
        return { ...event, seq, connector: { ...event.connector, seq } };
      }),
    );
  },
};

const otherBody: HistoryMutant = {
  name: 'resends-another-body',
  breaks: 'TRN-10',
  description: 'sends the request of another log when it sends one again',
  apply: (history) => {
    const second = resend(history)?.second;
    return second && changed(history, second, { luid: second.luid + 0x400n });
  },
};

const timesOut: HistoryMutant = {
  name: 'times-out-for-good',
  breaks: 'TRN-10',
  description: 'gives a request up when it was not answered for 15 s',
  apply: (history) => {
    const found = resend(history);
    const end = found?.asked.return;
    if (found === undefined || end === undefined) return undefined;
    const { asked, second } = found;
    const replies = new Set<HistoryEvent>(asked.replies);
    return replaced(history, (event) => {
      if (event === end || replies.has(event)) return [];
      return event === second ? [{ ...end, t: second.t, result: -110 }] : undefined;
    });
  },
};

/** A request with answers of EAGAIN in that form. */
function repeated(history: History, form: 'ack' | 'full'): Exchange | undefined {
  return history.exchanges().find(({ replies }) => replies[0]?.form === form && replies[0].error === EAGAIN);
}

const eagainWaits: HistoryMutant = {
  name: 'eagain-waits-for-the-timeout',
  breaks: 'TRN-11',
  description: 'takes EAGAIN for no answer, and waits for the timeout',
  apply: (history) => {
    const again = repeated(history, 'ack')?.transmissions[1];
    return again && lateBy(history, again, 15n * SECOND);
  },
};

const eagainFails: HistoryMutant = {
  name: 'eagain-is-an-error',
  breaks: 'TRN-11',
  description: 'returns EAGAIN to its caller',
  apply: (history) => {
    const asked = repeated(history, 'ack');
    const [, again] = asked?.transmissions ?? [];
    if (asked?.return === undefined || again === undefined) return undefined;
    const end = asked.return;
    const gone = new Set<HistoryEvent>([...asked.transmissions.slice(1), ...asked.replies.slice(1), end]);
    return replaced(history, (event) => {
      if (event === again) return [{ ...end, t: again.t, result: EAGAIN }];
      return gone.has(event) ? [] : undefined;
    });
  },
};

const capacityKept: HistoryMutant = {
  name: 'eagain-keeps-the-capacity',
  breaks: 'TRN-12q',
  description: 'remembers the capacity of a request whatever size an EAGAIN had',
  apply: (history) => returned(history, repeated(history, 'full'), 0),
};

const bareAckFails: HistoryMutant = {
  name: 'bare-ack-is-an-error',
  breaks: 'TRN-13',
  description: 'takes a bare ack without errno for an error',
  apply: (history) => {
    const acked = history
      .exchanges('MARK_REGION')
      .find(({ answer }) => answer?.form === 'ack' && answer.error === 0);
    return returned(history, acked, EIO);
  },
};

/** The history in which a reply that is not its answer completed a MARK_REGION that was waiting. */
function completedBy(
  history: History,
  isWrong: (reply: ReplyEvent, mark: Exchange) => boolean,
): History | undefined {
  for (const mark of history.exchanges('MARK_REGION')) {
    const end = mark.return;
    const sent = mark.transmissions[0];
    if (end === undefined || sent === undefined) continue;
    const wrong = history.events.find(
      (event): event is ReplyEvent =>
        event.kind === 'reply' && event.t > sent.t && event.t < end.t && isWrong(event, mark),
    );
    if (wrong === undefined) continue;
    return replaced(history, (event) => {
      if (event === wrong) return [wrong, { ...end, t: wrong.t, result: EIO }];
      return event === end ? [] : undefined;
    });
  }
  return undefined;
}

const staleCompletes: HistoryMutant = {
  name: 'stale-reply-completes',
  breaks: 'TRN-15',
  description: 'takes a second reply to an earlier request for the answer that it waits for',
  apply: (history) =>
    completedBy(history, (reply, mark) => {
      const owner = history.exchangeOf(reply);
      return owner !== undefined && owner !== mark;
    }),
};

const unknownCompletes: HistoryMutant = {
  name: 'unknown-reply-completes',
  breaks: 'TRN-15',
  description: 'takes any reply for the answer that it waits for',
  apply: (history) =>
    completedBy(history, (reply) => reply.form === 'full' && history.strayReplies.includes(reply)),
};

const incompleteCompletes: HistoryMutant = {
  name: 'incomplete-reply-completes',
  breaks: 'TRN-23',
  description: 'takes a reply that is too short for the answer that it waits for',
  apply: (history) => completedBy(history, (reply) => reply.form === 'malformed'),
};

const incompleteSilent: HistoryMutant = {
  name: 'incomplete-reply-is-not-logged',
  breaks: 'TRN-23',
  description: 'drops a reply that is too short without a word',
  apply: (history) => withoutLogLines(history, /Incomplete message/),
};

/** All of this file. */
export const TRANSPORT_MUTANTS = [
  notRegistered,
  anybodyBinds,
  anybodyJoins,
  refusedHears,
  ackInRequest,
  fromAPort,
  listenerSpoils,
  resendsEarly,
  oldSeq,
  otherBody,
  timesOut,
  eagainWaits,
  eagainFails,
  capacityKept,
  bareAckFails,
  staleCompletes,
  unknownCompletes,
  incompleteCompletes,
  incompleteSilent,
];
