/** The PDUs that end a SCSI command: Data-In, and the SCSI Response (RFC 7143 11.4, 11.7). */
import { STATUS } from '../scsi/status.js';
import type { TaskAnswer } from '../scsi/task.js';
import type { Command } from './command.js';
import { NO_TAG } from './codes.js';
import { residualOf } from './residual.js';
import { dataIn, scsiResponse } from './target-pdus.js';

export type StatusAnswer = Extract<TaskAnswer, { kind: 'status' }>;

/** Sequence numbers for the next PDU; `counts`: it carries a status, and so takes a number of its own. */
export type Numbers = (counts: boolean) => { statSn: number; expCmdSn: number; maxCmdSn: number };

/** Sends one PDU; `flushed` is called when its bytes have left this process, or will never. */
export type Send = (header: Buffer, data?: Buffer, flushed?: () => void) => void;

/** What was agreed on about data-in, in bytes. */
export interface DataInRules {
  readonly maxRecvDataSegmentLength: number;
  readonly maxBurstLength: number;
}

/**
 * Sends data-in and status. GOOD and its relatives without sense ride on the last Data-In PDU; a command with data both
 * ways, with sense, or without data-in gets a SCSI Response. `flushed` belongs to the last PDU with data, if any.
 */
export function sendAnswer(
  command: Command,
  answer: StatusAnswer,
  rules: DataInRules,
  numbers: Numbers,
  send: Send,
  flushed: () => void,
): void {
  const { itt } = command.request;
  const { status, sense } = answer;
  const offered = answer.dataIn ?? NOTHING;
  const data = offered.length > command.readLength ? offered.subarray(0, command.readLength) : offered;
  const both = command.direction === 'both';
  const residuals = residualsOf(command, answer);
  const together = !both && sense === undefined && status !== STATUS.checkCondition && data.length > 0;

  let dataSn = 0;
  for (let offset = 0; offset < data.length; dataSn++) {
    const burstEnd = offset - (offset % rules.maxBurstLength) + rules.maxBurstLength;
    const end = Math.min(offset + rules.maxRecvDataSegmentLength, burstEnd, data.length);
    const last = end === data.length;
    const hasStatus = last && together;
    const header = dataIn.write({
      final: last || end === burstEnd,
      itt,
      ttt: NO_TAG,
      dataSn,
      bufferOffset: offset,
      ...numbers(hasStatus),
      ...(hasStatus ? { hasStatus, status, ...residuals } : { statSn: 0 }),
    });
    send(header, data.subarray(offset, end), last ? flushed : undefined);
    offset = end;
  }
  if (!together) {
    const header = scsiResponse.write({
      itt,
      status,
      ...residuals,
      ...(both ? bidirectional(command, offered.length) : {}),
      expDataSn: dataSn + (command.receiver?.r2tCount ?? 0),
      ...numbers(true),
    });
    send(header, sense === undefined ? undefined : withLength(sense));
  }
  if (data.length === 0) flushed();
}

const NOTHING = Buffer.alloc(0);

function residualsOf({ direction, expectedLength }: Command, { dataIn: data, wanted }: StatusAnswer) {
  switch (direction) {
    case 'read':
      return residualOf(expectedLength, wanted ?? data?.length ?? 0);
    case 'write':
    case 'both':
      return residualOf(expectedLength, wanted ?? expectedLength);
    case 'none':
      return residualOf(0, wanted ?? data?.length ?? 0);
  }
}

function bidirectional(command: Command, offered: number) {
  const { overflow, underflow, residual } = residualOf(command.expectedReadLength, offered);
  return {
    bidirectionalOverflow: overflow,
    bidirectionalUnderflow: underflow,
    bidirectionalResidual: residual,
  };
}

/** Sense data as a response carries it: behind its length in 2 bytes (RFC 7143 11.4.7). */
export function withLength(sense: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(2 + sense.length);
  bytes.writeUInt16BE(sense.length, 0);
  sense.copy(bytes, 2);
  return bytes;
}
