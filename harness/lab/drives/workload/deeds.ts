/** The words of random workloads of locks: what hosts do, and what befalls them. */

/** What befalls hosts: they lose their power, lose their paths to the drives, or clocks jump. */
export const FLAVOURS = ['kills', 'paths', 'clocks'] as const;
/** One of {@link FLAVOURS}. */
export type Flavour = (typeof FLAVOURS)[number];

/** Hosts at once; one that was killed is followed by another in its place. */
export const HOSTS = 3;
/** Of which hosts want the majority of the drives: all that is asked about it is asked of all of them. */
export const MAJORITY = 'm';

/** Class of a lock; `held`: the one that the host was granted last, if any. */
export type Mode = 'exclusive' | 'shared' | 'held';

/** One call, or one to each of the drives at once. */
export interface Deed {
  /** `vote`: TRYLOCK on all drives, released again where that is no majority; `leave`: UNLOCK of what votes gave. */
  readonly op:
    'trylock' | 'lock' | 'init' | 'unlock' | 'refresh' | 'break' | 'destroy' | 'list' | 'vote' | 'leave';
  /** LUN; undefined: all of them at once. */
  readonly drive: number | undefined;
  readonly resource: string;
  readonly mode: Mode;
  /** Lease, ms. */
  readonly lease: number | 'endless';
  /** Seven bytes in hex that an UNLOCK stores; undefined: none. */
  readonly lvb: string | undefined;
}

/** What befalls hosts or drives. Hosts are numbers from 0. */
export type Mishap =
  /** The clock of all drives goes on by so many ms. */
  | { readonly kind: 'elapse'; readonly ms: number }
  | { readonly kind: 'kill'; readonly host: number }
  /** The connection of the host ends instead of an answer, before or after the command took effect. */
  | { readonly kind: 'drop'; readonly host: number; readonly drive: number; readonly takesEffect: boolean }
  /** The host's connections are reset, whatever is under way. */
  | { readonly kind: 'reset'; readonly host: number }
  /** Nothing arrives from the host or at it until the others have done what they do in the round. */
  | { readonly kind: 'silence'; readonly host: number }
  /** The clock that the host tells drives of jumps by so many ms; it is nothing to them. */
  | { readonly kind: 'wall-clock'; readonly host: number; readonly ms: number };

/** What happens at once: hosts each do one thing after the other, and something befalls when so many calls were made. */
export interface Round {
  /** By host. */
  readonly deeds: readonly (readonly Deed[])[];
  readonly mishaps: readonly { readonly afterCalls: number; readonly mishap: Mishap }[];
}

/** A workload. */
export interface LockSchedule {
  readonly seed: number;
  readonly flavour: Flavour;
  readonly drives: number;
  readonly rounds: readonly Round[];
}
