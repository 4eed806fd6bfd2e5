/** Answers to STATUS_INFO: STAT-01, STAT-05 (spec 5, 14). */
import { CORE, DISK } from '../constructor-text.js';
import { deviate, isKnown, succeeded, type Answered } from './answered.js';

const LONGEST = 256;

/**
 * STAT-05: not empty, printable, at most 256 bytes. STAT-01: exactly '1 clustered-core', or
 * '3 clustered-disk <maj>:<min> <A|D>'; LVM parses the words. A NUL at the end is allowed.
 */
export function statusText(answered: Answered): void {
  const { exchange, answer, life } = answered;
  if (exchange.name !== 'STATUS_INFO' || !succeeded(answered) || answer.form !== 'full') return;
  const bytes = Buffer.from(answer.payload);
  const text = (bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes).toString('latin1');
  if (!/^[ -~]+$/.test(text) || bytes.length > LONGEST) {
    deviate(answered, 'STAT-05', `printable text of 1 to ${LONGEST} bytes`);
  }
  if (!isKnown(answered)) return;
  switch (life.parts?.type) {
    case CORE:
      if (text !== '1 clustered-core') deviate(answered, 'STAT-01', '"1 clustered-core"');
      break;
    case DISK:
      if (!/^3 clustered-disk \d+:\d+ [AD]$/.test(text)) {
        deviate(answered, 'STAT-01', '"3 clustered-disk <maj>:<min> <A or D>"');
      }
      break;
    default:
  }
}
