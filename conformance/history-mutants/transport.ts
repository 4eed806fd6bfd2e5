/** Broken kernels whose requests travel wrongly, or that take answers wrongly. */
import { DATAGRAMS, type DatagramHeaders } from '../../harness/history/index.js';
import { changed, commandEnded, returned } from './edit.js';
import type { HistoryMutant } from './mutant.js';

const ESRCH = -3;

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
    return returned(history, status, ESRCH);
  },
};

/** All of this file. */
export const TRANSPORT_MUTANTS = [notRegistered, ackInRequest, fromAPort, listenerSpoils];
