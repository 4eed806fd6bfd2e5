/** What one log instance has to remember, apart from what it does with it. */
import type { LogParameters } from './constructor-text.js';
import { RegionBitmap } from './region-bitmap.js';

/**
 * pending: constructed, never resumed. active: resumed. quiescing: between PRESUSPEND and POSTSUSPEND.
 * suspended: behind POSTSUSPEND; spec 6.3 calls it pending again, it differs in what a repeated CTR means.
 */
export type InstanceState = 'pending' | 'active' | 'quiescing' | 'suspended';

/** The memory of an instance. A change is kept, as far as this memory is, as soon as it is made. */
export interface InstanceMemory {
  /** What a crash of the host would need: 1 = the legs are equal if no write is in flight. */
  readonly clean: RegionBitmap;
  /** Whether the region was recovered. */
  readonly sync: RegionBitmap;
  state: InstanceState;
  /** Where the search for the next region to recover goes on. */
  searchFrom: number;
  /** Region handed out by GET_RESYNC_WORK and not reported back yet. */
  recovering: number | undefined;
  /** It holds what an earlier daemon of this host knew; otherwise all bits are clear. */
  readonly restored: boolean;
  /**
   * The instance is gone, and nothing of it may come back (LUID-09), unless `keep`. No bit of the memory is set
   * any more.
   */
  release(keep?: boolean): void;
}

/** Memory that goes with the process. @throws RangeError when there is none. */
export function volatileMemory({ regionCount }: LogParameters): InstanceMemory {
  return {
    clean: new RegionBitmap(regionCount),
    sync: new RegionBitmap(regionCount),
    state: 'pending',
    searchFrom: 0,
    recovering: undefined,
    restored: false,
    release: () => undefined,
  };
}
