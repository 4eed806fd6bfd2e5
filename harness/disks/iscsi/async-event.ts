import { withLength } from './answer.js';
import { ASYNC_EVENT, NO_TAG } from './codes.js';
import type { Connection } from './connection.js';
import { writeLun } from './lun.js';
import { asyncMessage } from './target-pdus.js';

/** What a target may say unasked (RFC 7143 11.9.1). Times in seconds. */
export type AsyncEvent =
  /** Sense data that belongs to no command. */
  | { readonly kind: 'scsi'; readonly lun: number; readonly sense: Buffer }
  /** The initiator is to log this connection out; who waits for that, and drops it after, is the caller. */
  | { readonly kind: 'logout'; readonly within: number }
  | {
      readonly kind: 'connection-drop' | 'session-drop';
      readonly time2Wait: number;
      readonly time2Retain: number;
    }
  /** The initiator is to negotiate again, with a text request. */
  | { readonly kind: 'renegotiate'; readonly within: number };

/** Sends an Async Message (RFC 7143 11.9) by this connection; it takes a StatSN. */
export function sendAsyncEvent(connection: Connection, event: AsyncEvent): void {
  const lun = writeLun(event.kind === 'scsi' ? event.lun : 0);
  const header = { lun, itt: NO_TAG, ...connection.numbers(true), ...parameters(connection, event) };
  connection.send(asyncMessage.write(header), event.kind === 'scsi' ? withLength(event.sense) : undefined);
}

function parameters({ cid }: Connection, event: AsyncEvent) {
  switch (event.kind) {
    case 'scsi':
      return { event: ASYNC_EVENT.scsi };
    case 'logout':
      return { event: ASYNC_EVENT.logoutRequest, parameter3: event.within };
    case 'connection-drop':
    case 'session-drop': {
      const dropsSession = event.kind === 'session-drop';
      return {
        event: dropsSession ? ASYNC_EVENT.sessionDrop : ASYNC_EVENT.connectionDrop,
        parameter1: dropsSession ? 0 : cid,
        parameter2: event.time2Wait,
        parameter3: event.time2Retain,
      };
    }
    case 'renegotiate':
      return { event: ASYNC_EVENT.renegotiate, parameter3: event.within };
  }
}
