/** Serial numbers of 32 bits that wrap around (RFC 1982, used by RFC 7143 4.2.2.1). */

/** `a + n`, wrapped; `n` may be negative. */
export function serialAdd(a: number, n: number): number {
  return (a + n) >>> 0;
}

/** Steps from `a` to `b`: positive if `b` comes after `a`, from -2^31 to 2^31 - 1. */
export function serialDistance(a: number, b: number): number {
  return (b - a) | 0;
}
