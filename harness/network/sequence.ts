/** Sequence numbers of TCP, which are modulo 2^32 (RFC 9293 3.4). */

/** `a - b`; negative if `a` comes before `b`. Right for numbers less than 2^31 apart. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

/** The number `bytes` after `seq`; before it, if negative. */
export function plus(seq: number, bytes: number): number {
  return (seq + bytes) >>> 0;
}
