/**
 * The words of the specification of mutexes: what hosts call for and how drives answer. Written from spec idm only;
 * shares nothing with the firmware model, of which it is the check.
 */

/** Operations that name a mutex (spec idm 2.1). */
export type Op = 'init' | 'trylock' | 'lock' | 'unlock' | 'refresh' | 'break' | 'destroy';

/** One operation as a host asked for it. */
export interface Call {
  readonly op: Op;
  /** Name or hex of the host id. */
  readonly host: string;
  /** 0 exclusive, 1 protected write, 2 shared; others are no class. */
  readonly lockClass: bigint;
  /** Lease in ms. */
  readonly countdown: bigint;
  /** Host's time, ms. */
  readonly timeNow: bigint;
  /** Hex. */
  readonly metadata: string;
  /** LVB control code (spec idm 3.4). */
  readonly control: number;
  /** Hex of wire bytes 21h-27h. */
  readonly lvb: string;
}

/** How a drive answered, in the words of spec idm 6.2; for full tables the ASC; `check` is any other CHECK CONDITION. */
export type Answer = 'GOOD' | 'RC' | 'CT' | 'BUSY' | 'OOR' | '40' | '41' | '42' | 'check' | 'other';

/** All ones: a lease without an end. */
export const ENDLESS_COUNTDOWN = (1n << 64n) - 1n;
export const EXCLUSIVE = 0n;
export const SHARED = 2n;
/** LVB of a mutex that nobody has written. */
export const ZERO_LVB = '00'.repeat(7);

/** Requirement ids, `IDM-05`. */
export type RuleId = `IDM-${string}`;

/** Assertions of level C whose fact is inferred, or our decision: a drive that differs has another profile. */
const PROFILE_RULES: ReadonlySet<string> = new Set(
  ['04', '12', '18', '37', '51', '53', '56', '59', '61', '62', '117'].map((number) => `IDM-${number}`),
);

/** What a deviation from a rule says of the drive (spec idm 13): that it is wrong, or that it is of another profile. */
export function weightOf(rule: RuleId): 'standard' | 'profile' {
  return PROFILE_RULES.has(rule) ? 'profile' : 'standard';
}
