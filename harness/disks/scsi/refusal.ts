/** Commands that end in CHECK CONDITION: thrown where the fault is found, laid out as sense data by the unit. */
import { SENSE_KEY, type Sense } from './sense.js';

/** A command is refused with this sense. */
export class Refusal extends Error {
  override name = 'Refusal';

  constructor(readonly sense: Sense) {
    super(`refused: ${sense.key.toString(16)}/${sense.asc.toString(16)}/${sense.ascq.toString(16)}`);
  }
}

const illegal = (asc: number, ascq = 0): Sense => ({ key: SENSE_KEY.illegalRequest, asc, ascq });

/** 5/1A/00 PARAMETER LIST LENGTH ERROR. */
export const parameterListLengthError = (): Refusal => new Refusal(illegal(0x1a));
/** 5/20/00 INVALID COMMAND OPERATION CODE. */
export const invalidOperationCode = (): Refusal => new Refusal(illegal(0x20));
/** 5/21/00 LOGICAL BLOCK ADDRESS OUT OF RANGE; the LBA goes to the information field. */
export const addressOutOfRange = (lba: number): Refusal =>
  new Refusal({ ...illegal(0x21), ...(Number.isSafeInteger(lba) ? { information: lba } : {}) });
/** 5/24/00 INVALID FIELD IN CDB. */
export const invalidFieldInCdb = (byte: number, bit?: number): Refusal =>
  new Refusal({ ...illegal(0x24), field: { where: 'cdb', byte, ...(bit === undefined ? {} : { bit }) } });
/** 5/25/00 LOGICAL UNIT NOT SUPPORTED. */
export const unitNotSupported = (): Refusal => new Refusal(illegal(0x25));
/** 5/26/00 INVALID FIELD IN PARAMETER LIST. */
export const invalidFieldInParameters = (byte: number, bit?: number): Refusal =>
  new Refusal({
    ...illegal(0x26),
    field: { where: 'parameters', byte, ...(bit === undefined ? {} : { bit }) },
  });
/** 5/26/04 INVALID RELEASE OF PERSISTENT RESERVATION. */
export const invalidRelease = (): Refusal => new Refusal(illegal(0x26, 0x04));
/** 5/55/04 INSUFFICIENT REGISTRATION RESOURCES. */
export const insufficientRegistrations = (): Refusal => new Refusal(illegal(0x55, 0x04));
/** 5/53/02 MEDIUM REMOVAL PREVENTED. */
export const removalPrevented = (): Refusal => new Refusal(illegal(0x53, 0x02));
/** 7/27/00 WRITE PROTECTED, or 7/27/02 LOGICAL UNIT SOFTWARE WRITE PROTECTED. */
export const writeProtected = (software: boolean): Refusal =>
  new Refusal({ key: SENSE_KEY.dataProtect, asc: 0x27, ascq: software ? 0x02 : 0x00 });
/** 2/04/02 LOGICAL UNIT NOT READY, INITIALIZING COMMAND REQUIRED: it was stopped. */
export const notReady = (): Refusal => new Refusal({ key: SENSE_KEY.notReady, asc: 0x04, ascq: 0x02 });
/** E/1D/00 MISCOMPARE DURING VERIFY OPERATION; `offset` of the first byte that differs, in the data compared. */
export const miscompare = (offset: number): Refusal =>
  new Refusal({ key: SENSE_KEY.miscompare, asc: 0x1d, ascq: 0x00, information: offset });
