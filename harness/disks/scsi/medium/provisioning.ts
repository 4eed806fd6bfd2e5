/** Which blocks are mapped, deallocated or anchored (SBC-3, logical block provisioning), kept only where it is not everywhere the same. */

/** PROVISIONING STATUS of GET LBA STATUS (SBC-3). */
export const PROVISIONING = { mapped: 0, deallocated: 1, anchored: 2 } as const;
/** See {@link PROVISIONING}. */
export type Provisioning = (typeof PROVISIONING)[keyof typeof PROVISIONING];

/** Blocks whose states are kept together. */
const PAGE = 128;
/** No run that is told is longer: so many blocks are looked through in a millisecond. */
const LONGEST_RUN = 1 << 22;

/** A run of blocks of one state. */
export interface ProvisioningRun {
  readonly count: number;
  readonly state: Provisioning;
}

const asState = (code: number | undefined): Provisioning =>
  code === PROVISIONING.anchored
    ? PROVISIONING.anchored
    : code === PROVISIONING.deallocated
      ? PROVISIONING.deallocated
      : PROVISIONING.mapped;

export class ProvisioningMap {
  readonly #pages = new Map<number, Uint8Array>();

  /** `initially` is the state of all blocks that were never set. */
  constructor(private readonly initially: Provisioning) {}

  state(lba: number): Provisioning {
    const page = this.#pages.get(Math.floor(lba / PAGE));
    return page === undefined ? this.initially : asState(page[lba % PAGE]);
  }

  set(lba: number, count: number, state: Provisioning): void {
    for (let at = lba, end = lba + count; at < end;) {
      const index = Math.floor(at / PAGE);
      const from = at - index * PAGE;
      const length = Math.min(PAGE - from, end - at);
      if (length === PAGE && state === this.initially) this.#pages.delete(index);
      else this.#page(index, state)?.fill(state, from, from + length);
      at += length;
    }
  }

  /** The states of `count` blocks, as a copy of one byte each. */
  copy(lba: number, count: number): Uint8Array {
    const states = new Uint8Array(count);
    for (let done = 0; done < count;) {
      const index = Math.floor((lba + done) / PAGE);
      const from = lba + done - index * PAGE;
      const length = Math.min(PAGE - from, count - done);
      const page = this.#pages.get(index);
      if (page === undefined) states.fill(this.initially, done, done + length);
      else states.set(page.subarray(from, from + length), done);
      done += length;
    }
    return states;
  }

  /** The run that begins with `lba` and does not reach `end`; it may be told shorter than it is. */
  run(lba: number, end: number): ProvisioningRun {
    const state = this.state(lba);
    const limit = Math.min(end, lba + LONGEST_RUN);
    let at = lba + 1;
    while (at < limit) {
      const index = Math.floor(at / PAGE);
      const page = this.#pages.get(index);
      if (page === undefined) {
        if (this.initially !== state) break;
        at = (index + 1) * PAGE;
      } else {
        if (page[at - index * PAGE] !== state) break;
        at += 1;
      }
    }
    return { count: Math.min(at, limit) - lba, state };
  }

  /** A page to write `state` into; undefined if it has that everywhere. */
  #page(index: number, state: Provisioning): Uint8Array | undefined {
    let page = this.#pages.get(index);
    if (page === undefined && state !== this.initially) {
      page = new Uint8Array(PAGE).fill(this.initially);
      this.#pages.set(index, page);
    }
    return page;
  }
}
