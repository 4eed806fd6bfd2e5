/** How a host reads an answer: the errno of spec idm 5, computed as hosts compute it, from the bytes alone. */
import type { Ended, OpName } from './drive.js';

/** errno values, negative. */
export const ERRNO = {
  EPERM: -1,
  ENOENT: -2,
  EAGAIN: -11,
  ENOMEM: -12,
  EBUSY: -16,
  EINVAL: -22,
  ETIME: -62,
} as const;

/** Sense data that hosts know, prefix by prefix, and its errno. */
const KNOWN_SENSE: readonly (readonly [string, number])[] = [
  [`7205200000 00001c 0206 0000cf000000 03020001 800e ${'00'.repeat(10)}`, ERRNO.EINVAL],
  ['7000070000 00000a 00000000 3100 0100 0000', ERRNO.EINVAL],
  [`7205210000 000014 03020001 800e ${'00'.repeat(14)}`, ERRNO.ENOENT],
  ['7000050000 00000a 00000000 2100 0100 0000', ERRNO.ENOENT],
  ...['40', '41', '42'].flatMap((asc): [string, number][] => [
    [`7207${asc}0000 000014 03020001 800e 0000`, ERRNO.ENOMEM],
    [`7000070000 00000a 00000000 ${asc}00 0100 0000`, ERRNO.ENOMEM],
  ]),
];

/** The errno that a host makes of an answer to an operation; one byte of sense that differs gives EINVAL. */
export function errnoOf(op: OpName | 'read', { status, sense }: Ended): number {
  switch (status) {
    case 0x00:
      return 0;
    case 0x18:
      return op === 'refresh' ? ERRNO.ETIME : op === 'unlock' ? ERRNO.ENOENT : ERRNO.EBUSY;
    case 0x08:
      return ERRNO.EBUSY;
    case 0x22:
      return op === 'refresh' ? ERRNO.EPERM : op === 'unlock' ? ERRNO.EINVAL : ERRNO.EAGAIN;
    case 0x02: {
      const bytes = sense.toString('hex');
      return (
        KNOWN_SENSE.find(([prefix]) => bytes.startsWith(prefix.replaceAll(' ', '')))?.[1] ?? ERRNO.EINVAL
      );
    }
    default:
      return ERRNO.EINVAL;
  }
}
