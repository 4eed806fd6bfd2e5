/** Which regions of a log are in sync, as far as a history tells (spec 10: sync[r], sync_count). */
import { Register, type Write } from './register.js';

/** '?': the history does not tell, any answer is right. */
export type Bit = 0 | 1 | '?';

/** The bits that an answer may have been made from. */
export interface PossibleBit {
  readonly zero: boolean;
  readonly one: boolean;
  /** The history does not tell, as opposed to requests in flight that leave it open. */
  readonly untold: boolean;
}

const UNKNOWN = 2;

/** One bit per region; regions with a write that may still overlap a request are kept apart from the others. */
export class SyncBits {
  readonly #settled: Uint8Array;
  readonly #moving = new Map<number, Register<Bit>>();
  /** Of the settled regions that are not moving. */
  #ones = 0;
  #unknowns = 0;

  constructor(readonly regionCount: number) {
    this.#settled = new Uint8Array(regionCount).fill(UNKNOWN);
    this.#unknowns = regionCount;
  }

  /** Sets every region anew, without looking at requests that overlap. */
  fill(bit: (region: number, before: Bit) => Bit): void {
    for (const region of [...this.#moving.keys()]) this.#settle(region, Infinity);
    this.#ones = 0;
    this.#unknowns = 0;
    for (let region = 0; region < this.regionCount; region += 1) {
      const value = encode(bit(region, decode(this.#settled[region])));
      this.#settled[region] = value;
      this.#count(value, 1);
    }
  }

  /** Begins a write of one region; see Register.write. */
  write(region: number, bit: Bit, from: number, to = Infinity): Write<Bit> {
    let register = this.#moving.get(region);
    if (register === undefined) {
      const value = this.#settled[region] ?? UNKNOWN;
      this.#count(value, -1);
      register = new Register(decode(value));
      this.#moving.set(region, register);
    }
    return register.write(bit, from, to);
  }

  /** Takes back a write that never reached the daemon. */
  remove(region: number, write: Write<Bit>): void {
    this.#moving.get(region)?.remove(write);
  }

  /** What a request sent at `from` and answered at `to` may have met. */
  possible(region: number, from: number, to: number): PossibleBit {
    const register = this.#moving.get(region);
    const bits = register === undefined ? [decode(this.#settled[region])] : [...register.possible(from, to)];
    return {
      zero: bits.some((bit) => bit !== 1),
      one: bits.some((bit) => bit !== 0),
      untold: bits.includes('?'),
    };
  }

  /** Least and greatest number of regions in sync that the request may have met. */
  range(from: number, to: number): { readonly least: number; readonly most: number } {
    let least = this.#ones;
    let most = this.#ones + this.#unknowns;
    for (const region of this.#moving.keys()) {
      const { zero, one } = this.possible(region, from, to);
      if (!zero) least += 1;
      if (one) most += 1;
    }
    return { least, most };
  }

  /** Forgets the past of regions that no request sent before `horizon` and still open can meet. */
  settle(horizon: number): void {
    for (const region of [...this.#moving.keys()]) this.#settle(region, horizon);
  }

  #settle(region: number, horizon: number): void {
    const register = this.#moving.get(region);
    if (register === undefined) return;
    if (register.settle(horizon) > 1 && horizon !== Infinity) return;
    const bits = [...register.possible(Infinity, Infinity)];
    const value = bits.length === 1 ? encode(bits[0]) : UNKNOWN;
    this.#moving.delete(region);
    this.#settled[region] = value;
    this.#count(value, 1);
  }

  #count(value: number, by: number): void {
    if (value === 1) this.#ones += by;
    if (value === UNKNOWN) this.#unknowns += by;
  }
}

function decode(value: number | undefined): Bit {
  return value === 0 ? 0 : value === 1 ? 1 : '?';
}

function encode(bit: Bit | undefined): number {
  return bit === 0 || bit === 1 ? bit : UNKNOWN;
}
