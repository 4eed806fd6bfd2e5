/** The usual ways in which a command ends. */
import { descriptorSense, fixedSense, type Sense } from './sense.js';
import { STATUS } from './status.js';
import type { ScsiTask, TaskAnswer } from './task.js';

/** GOOD, without data. */
export const GOOD: TaskAnswer = { kind: 'status', status: STATUS.good };
/** RESERVATION CONFLICT. */
export const CONFLICT: TaskAnswer = { kind: 'status', status: STATUS.reservationConflict };

/** GOOD with parameter data, cut by the allocation length of the CDB (SPC-4). */
export function parameterData(bytes: Buffer, allocationLength: number): TaskAnswer {
  const dataIn = bytes.length > allocationLength ? bytes.subarray(0, allocationLength) : bytes;
  return { kind: 'status', status: STATUS.good, dataIn };
}

/** Bytes of data-in that the initiator has room for. */
export function roomForDataIn(task: ScsiTask): number {
  switch (task.direction) {
    case 'read':
      return task.expectedLength;
    case 'both':
      return task.expectedReadLength;
    case 'none':
    case 'write':
      return 0;
  }
}

/** GOOD for a command that wanted `wanted` bytes of data-out: residuals are counted against that. */
export function tookDataOut(task: ScsiTask, wanted: number): TaskAnswer {
  return wanted === task.dataOut.length && task.direction === 'write'
    ? GOOD
    : { kind: 'status', status: STATUS.good, wanted };
}

/** Sense as bytes, in descriptor format if D_SENSE asks for it. */
export function senseBytes(sense: Sense, inDescriptors: boolean): Buffer {
  return inDescriptors ? descriptorSense(sense) : fixedSense(sense);
}

/** CHECK CONDITION. */
export function checkCondition(sense: Sense, inDescriptors: boolean): TaskAnswer {
  return { kind: 'status', status: STATUS.checkCondition, sense: senseBytes(sense, inDescriptors) };
}
