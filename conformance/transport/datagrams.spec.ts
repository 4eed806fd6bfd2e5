import { conformanceTest, datagrams, eventsOf } from '../../harness/fixtures.js';

const NLMSG_DONE = 3;
const HEADER_BYTES = 160;

// TRN-06, TRN-25 (dm-log-userspace 2.2, 2.6): a second process on group 7 sees the datagrams as a daemon does, and is
// the silent listener that must not matter.
conformanceTest(import.meta.url, {
  title:
    'every request datagram has the headers of the protocol, and a second listener that is silent changes no result',
  ids: ['TRN-06', 'TRN-25'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['connector-ack-in-request', 'request-from-a-port', 'silent-listener-spoils-an-answer'],
  drive: async (lab) => {
    const listener = await lab.silentListener();
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1, 2]);
    await mirror.marksCleared();
    await mirror.status();
    await mirror.remove();
    await listener.stop();
  },
  situation: (history) => {
    const heard = new Set(datagrams(history).map(({ headers }) => headers.requestSequence));
    const sent = history.exchanges().flatMap(({ transmissions }) => transmissions);
    return sent.length > 0 && sent.every(({ seq }) => heard.has(seq)) ? sent : [];
  },
  expect: (history, check) => {
    for (const { headers, event } of datagrams(history)) {
      const { type, flags, port, ack, sequence, connectorSequence, requestSequence, length, dataSize } =
        headers;
      const good =
        type === NLMSG_DONE &&
        flags === 0 &&
        port === 0 &&
        ack === 0 &&
        sequence === requestSequence &&
        connectorSequence === requestSequence &&
        length === HEADER_BYTES + dataSize;
      check(good, {
        id: 'TRN-06',
        expected: 'nlmsg_type 3, flags 0, pid 0, ack 0, three equal seqs, connector length 160 + data_size',
        seen: JSON.stringify(headers),
        events: [event],
      });
    }
    for (const { connector, seq, dataSize, ...event } of history
      .exchanges()
      .flatMap(({ transmissions }) => transmissions)) {
      check(connector.ack === 0 && connector.seq === seq && connector.len === HEADER_BYTES + dataSize, {
        id: 'TRN-06',
        expected: 'connector ack 0, connector seq as in the request, connector length 160 + data_size',
        seen: `${JSON.stringify(connector)} with seq ${seq} and data_size ${dataSize}`,
        events: [{ ...event, connector, seq, dataSize }],
      });
    }
    for (const exchange of history.exchanges()) {
      const { answer, result, transmissions } = exchange;
      check(answer !== undefined && result === answer.error && transmissions.length === 1, {
        id: 'TRN-25',
        expected: `${String(exchange.name)} is sent once and returns what it was answered`,
        seen: `sent ${transmissions.length} times, answered ${String(answer?.error)}, returned ${String(result)}`,
        events: eventsOf([exchange]),
      });
    }
  },
});
