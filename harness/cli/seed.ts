import { randomInt } from 'node:crypto';

/** Seeds fit in 31 bits, so that every language of a daemon can take one. */
const SEED_LIMIT = 2 ** 31;

/** A seed that nobody has asked for. */
export function newSeed(): number {
  return randomInt(SEED_LIMIT);
}
