/** What a command moved against what its initiator expected (RFC 7143 11.4.5). */
export interface Residual {
  readonly overflow: boolean;
  readonly underflow: boolean;
  readonly residual: number;
}

/** Both in bytes: the length that the initiator expects, and the one that the CDB calls for. */
export function residualOf(expected: number, wanted: number): Residual {
  return {
    overflow: wanted > expected,
    underflow: wanted < expected,
    residual: Math.min(Math.abs(wanted - expected), 0xffff_ffff),
  };
}
