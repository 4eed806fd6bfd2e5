/** What a test asks of a daemon beyond the least, and what the daemon's profile claims (spec 5, 8). */

/** Kinds of logs, as profiles name them. */
export type LogKind = 'core' | 'disk';

/** What a test cannot do without. A daemon that does not claim it is not judged by the test. */
export interface Needs {
  readonly logs?: LogKind;
  readonly integratedFlush?: true;
}

/** The part of a profile's claims that tests can need. */
export interface Claims {
  readonly logs: readonly LogKind[];
  readonly integratedFlush: boolean;
}

/**
 * Why a test does not apply to a daemon, or undefined when it does. Only what the profile says counts: a daemon that
 * claims something and cannot do it fails.
 */
export function unclaimedNeed(needs: Needs | undefined, daemon: string, claims: Claims): string | undefined {
  if (needs?.logs !== undefined && !claims.logs.includes(needs.logs)) {
    return `the profile ${daemon} does not claim ${needs.logs} logs (claims.logs: ${claims.logs.join(', ')})`;
  }
  if (needs?.integratedFlush === true && !claims.integratedFlush) {
    return `the profile ${daemon} does not claim integrated flush (claims.integratedFlush: false)`;
  }
  return undefined;
}
