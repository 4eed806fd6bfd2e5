import type { RandomSource } from './write-journal.js';

/** Weyl sequence step and mixing constants of a 32-bit finalizer; nothing here needs better randomness. */
const STEP = 0x9e37_79b9;

/** A source that gives the same numbers for the same seed, an integer. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + STEP) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };
}
