import { seededRandom } from '../../../disks/scsi/index.js';
import { HOSTS, MAJORITY, type Deed, type Mode, type Round } from './deeds.js';

/** Of which hosts do as they like. */
const RESOURCES = ['a', 'b'] as const;

/** A deed on all drives at once. */
export const ofAll = (op: Deed['op'], resource: string, mode: Mode, lease = 60_000): Deed => ({
  ...{ op, drive: undefined, resource, mode, lease, lvb: undefined },
});

/** Draws what a schedule consists of. */
export class Drawing {
  readonly #random: () => number;

  constructor(
    seed: number,
    readonly drives: number,
  ) {
    this.#random = seededRandom(seed);
  }

  /** From 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  lease(): Deed['lease'] {
    return this.oneIn(25) ? this.of<Deed['lease']>(['endless', 0]) : this.of([5_000, 20_000, 60_000]);
  }

  mode(): Mode {
    return this.of(['exclusive', 'exclusive', 'shared']);
  }

  lvb(): string {
    return Array.from({ length: 7 }, () => this.below(256).toString(16).padStart(2, '0')).join('');
  }

  /** A call about one of the resources of one drive. */
  call(): Deed {
    const op = this.of([
      ...(['trylock', 'trylock', 'trylock', 'trylock', 'unlock', 'unlock', 'unlock', 'refresh'] as const),
      ...(['refresh', 'break', 'break', 'destroy', 'list', 'list', 'lock', 'init'] as const),
    ]);
    const locks = op === 'trylock' || op === 'lock' || op === 'init';
    const mode = locks || op === 'break' || this.oneIn(3) ? this.mode() : 'held';
    return {
      ...{ op, drive: this.below(this.drives), resource: this.of(RESOURCES), mode, lease: this.lease() },
      lvb: op === 'unlock' && this.oneIn(2) ? this.lvb() : undefined,
    };
  }

  /** Something about the majority. */
  ballot(): Deed {
    const op = this.of(['vote', 'vote', 'vote', 'leave', 'refresh', 'break'] as const);
    return ofAll(
      op,
      MAJORITY,
      op === 'refresh' ? 'held' : this.of(['exclusive', 'exclusive', 'exclusive', 'shared']),
    );
  }

  deeds(): Deed[] {
    return Array.from({ length: 2 + this.below(2) }, () => (this.oneIn(3) ? this.ballot() : this.call()));
  }

  round(...mishaps: Round['mishaps']): Round {
    return { deeds: Array.from({ length: HOSTS }, () => this.deeds()), mishaps };
  }
}
