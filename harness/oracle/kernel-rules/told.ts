import type { Exchange } from '../../history/index.js';

/**
 * What the kernel's caller was told: the payload of the answer, when the call succeeded. Undefined too where several
 * replies to the same seq differ: one that comes before the caller has woken up replaces the first, so that the
 * history does not say which of them it took.
 */
export function told({ answer, replies, result }: Exchange): Uint8Array | undefined {
  if (answer === undefined || result !== 0) return undefined;
  const differ = replies.some(
    ({ seq, form, error, payload }) =>
      seq === answer.seq &&
      form !== 'malformed' &&
      (error !== answer.error || Buffer.compare(payload, answer.payload) !== 0),
  );
  return differ ? undefined : answer.payload;
}
