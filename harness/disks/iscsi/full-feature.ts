import type { ScsiTarget } from '../scsi/task.js';
import { readAdditionalHeaders } from './ahs.js';
import { LOGOUT_REASON, LOGOUT_RESPONSE, NO_TAG, OPCODE, REJECT, type RejectReason } from './codes.js';
import { Command } from './command.js';
import type { Connection } from './connection.js';
import { DataOutReceiver, TRANSFER_FAULT } from './data-out.js';
import { joined, type Frame } from './frame.js';
import {
  dataOut,
  logoutRequest,
  nopOut,
  scsiCommand,
  taskManagementRequest,
  textRequest,
} from './initiator-pdus.js';
import { readLun } from './lun.js';
import { Loan } from './memory-pool.js';
import type { Session } from './session.js';
import { logoutResponse, nopIn, reject } from './target-pdus.js';
import { TaskManagement } from './task-management.js';
import { TextExchange } from './text-exchange.js';

const NO_LUN = Buffer.alloc(8);

/** What each PDU of the full feature phase does (RFC 7143 section 11). */
export class FullFeature {
  readonly #management: TaskManagement;
  readonly #exchanges = new WeakMap<Connection, TextExchange>();

  constructor(device: ScsiTarget, sessions: () => Iterable<Session>) {
    this.#management = new TaskManagement(device, sessions);
  }

  handle(connection: Connection, session: Session, frame: Frame): void {
    const opcode = frame.header.readUInt8(0) & 0x3f;
    if (!frame.dataIntact && opcode !== OPCODE.dataOut) {
      this.#reject(connection, frame, REJECT.dataDigestError);
      return;
    }
    if (frame.additional.length > 0 && opcode !== OPCODE.scsiCommand) {
      this.#reject(connection, frame, REJECT.invalidPduField);
      return;
    }
    if (session.discovery && opcode !== OPCODE.textRequest && opcode !== OPCODE.logoutRequest) {
      this.#reject(connection, frame, REJECT.protocolError);
      return;
    }
    switch (opcode) {
      case OPCODE.scsiCommand: {
        this.#command(connection, session, frame);
        return;
      }
      case OPCODE.dataOut: {
        this.#data(connection, session, frame);
        return;
      }
      case OPCODE.nopOut: {
        this.#nop(connection, session, frame);
        return;
      }
      case OPCODE.taskManagementRequest: {
        const request = taskManagementRequest.read(frame.header);
        this.#ordered(connection, session, frame, request, () =>
          this.#management.handle(connection, session, request),
        );
        return;
      }
      case OPCODE.textRequest: {
        const request = textRequest.read(frame.header);
        const text = Buffer.from(joined(frame));
        this.#ordered(connection, session, frame, request, () => {
          const exchange = this.#exchange(connection);
          const fault = exchange.handle(session, request, text);
          if (fault !== undefined) this.#reject(connection, frame, fault);
        });
        return;
      }
      case OPCODE.logoutRequest: {
        this.#logout(connection, session, frame);
        return;
      }
      case OPCODE.snack: {
        // There is nothing to be sent again at error recovery level 0.
        this.#reject(connection, frame, REJECT.snackReject);
        return;
      }
      case OPCODE.loginRequest: {
        this.#reject(connection, frame, REJECT.protocolError);
        return;
      }
      default: {
        this.#reject(connection, frame, REJECT.commandNotSupported);
        return;
      }
    }
  }

  /** Asks the initiator for a sign of life (RFC 7143 11.19). */
  ping(connection: Connection): void {
    const ttt = connection.session?.nextTag() ?? 1;
    connection.send(nopIn.write({ lun: NO_LUN, itt: NO_TAG, ttt, ...connection.numbers(false) }));
  }

  /** Runs `action` in the order of commands, or at once if the request is immediate; drops what is out of order. */
  #ordered(
    connection: Connection,
    session: Session,
    frame: Frame,
    request: { readonly immediate: boolean; readonly cmdSn: number },
    action: () => void,
  ): void {
    if (request.immediate) {
      if (session.takesImmediate) action();
      else this.#reject(connection, frame, REJECT.tooManyImmediateCommands);
    } else if (session.window.accepts(request.cmdSn)) {
      session.window.put(request.cmdSn, () => {
        if (!connection.closing) action();
      });
    }
  }

  #command(connection: Connection, session: Session, frame: Frame): void {
    const pdu = scsiCommand.read(frame.header);
    const { itt, cmdSn, immediate } = pdu;
    if (!immediate && !session.window.accepts(cmdSn)) return;
    if (session.commands.has(itt)) {
      this.#reject(connection, frame, REJECT.taskInProgress);
      return;
    }
    if (immediate && !session.takesImmediate) {
      this.#reject(connection, frame, REJECT.tooManyImmediateCommands);
      return;
    }
    const extras = readAdditionalHeaders(frame.additional);
    const wrong =
      extras === undefined ||
      itt === NO_TAG ||
      (!pdu.write && (frame.dataLength > 0 || !pdu.final)) ||
      (pdu.read && pdu.write) !== (extras.expectedReadLength !== undefined);
    if (wrong) {
      this.#reject(connection, frame, REJECT.invalidPduField);
      return;
    }

    const both = pdu.read && pdu.write;
    const one = pdu.write ? 'write' : pdu.read ? 'read' : 'none';
    const loan = new Loan(session.memory);
    const receiver = pdu.write
      ? new DataOutReceiver(pdu.expectedLength, session.parameters, (bytes) => loan.take(bytes))
      : undefined;
    receiver?.immediate(frame.data, frame.dataLength, pdu.final);
    const command = new Command(
      {
        nexus: session.nexus,
        lun: readLun(pdu.lun),
        lunBytes: pdu.lun,
        itt,
        cmdSn,
        immediate,
        cdb: extras.cdbRest === undefined ? pdu.cdb : Buffer.concat([pdu.cdb, extras.cdbRest]),
        direction: both ? 'both' : one,
        expectedLength: pdu.expectedLength,
        expectedReadLength: extras.expectedReadLength ?? 0,
      },
      connection,
      receiver,
      loan,
    );
    session.add(command);
  }

  #data(connection: Connection, session: Session, frame: Frame): void {
    const pdu = dataOut.read(frame.header);
    const command = session.commands.get(pdu.itt);
    const { receiver } = command ?? {};
    if (command === undefined || receiver === undefined || command.connection !== connection) {
      // Data of an aborted command may have been on its way already.
      if (!session.wasAborted(pdu.itt)) this.#reject(connection, frame, REJECT.protocolError);
      return;
    }
    if (!receiver.receive(pdu, frame.data, frame.dataLength, frame.dataIntact)) {
      this.#reject(connection, frame, REJECT.protocolError);
      receiver.fail(TRANSFER_FAULT.unexpectedUnsolicitedData);
    }
    if (!frame.dataIntact) this.#reject(connection, frame, REJECT.dataDigestError);
    session.advance(command);
  }

  #nop(connection: Connection, session: Session, frame: Frame): void {
    const request = nopOut.read(frame.header);
    const { itt, lun } = request;
    if (itt === NO_TAG) {
      // The answer to a ping; that something came is all there is to know.
      if (!request.immediate) this.#reject(connection, frame, REJECT.protocolError);
      return;
    }
    const longest = connection.parameters.maxRecvDataSegmentLength;
    // It is sent later, perhaps much later: the memory of the PDU will be another one's.
    const echo = Buffer.from(joined(frame).subarray(0, longest));
    this.#ordered(connection, session, frame, request, () => {
      connection.send(nopIn.write({ lun, itt, ttt: NO_TAG, ...connection.numbers(true) }), echo);
    });
  }

  #logout(connection: Connection, session: Session, frame: Frame): void {
    const request = logoutRequest.read(frame.header);
    const { itt, reason, cid } = request;
    const answer = (response: number): void => {
      const times = { time2Wait: 0, time2Retain: 0 };
      connection.send(logoutResponse.write({ itt, response, ...times, ...connection.numbers(true) }));
    };
    this.#ordered(connection, session, frame, request, () => {
      if (reason === LOGOUT_REASON.closeSession) {
        answer(LOGOUT_RESPONSE.closed);
        session.end('close');
      } else if (reason === LOGOUT_REASON.closeConnection) {
        const closed = session.connections.get(cid);
        if (closed === undefined) {
          answer(LOGOUT_RESPONSE.cidNotFound);
          return;
        }
        answer(LOGOUT_RESPONSE.closed);
        closed.finish();
        session.lost(closed);
      } else if (reason === LOGOUT_REASON.removeForRecovery) {
        answer(LOGOUT_RESPONSE.recoveryNotSupported);
      } else {
        this.#reject(connection, frame, REJECT.invalidPduField);
      }
    });
  }

  #exchange(connection: Connection): TextExchange {
    const known = this.#exchanges.get(connection);
    if (known !== undefined) return known;
    const exchange = new TextExchange(connection);
    this.#exchanges.set(connection, exchange);
    return exchange;
  }

  /** Refuses a PDU, with its header (RFC 7143 11.17). */
  #reject(connection: Connection, frame: Frame, reason: RejectReason): void {
    connection.send(
      reject.write({ reason, itt: NO_TAG, ...connection.numbers(true) }),
      Buffer.from(frame.header),
    );
  }
}
