/** One log instance: its life-cycle state, its bits, and what each request does to them (spec 6.3 and 10). */
import type { LogParameters } from './constructor-text.js';
import { RegionBitmap } from './region-bitmap.js';

/**
 * pending: constructed, never resumed. active: resumed. quiescing: between PRESUSPEND and POSTSUSPEND.
 * suspended: behind POSTSUSPEND; spec 6.3 calls it pending again, it differs in what a repeated CTR means.
 */
export type InstanceState = 'pending' | 'active' | 'quiescing' | 'suspended';

/** Answer to GET_RESYNC_WORK. */
export interface Work {
  readonly haveWork: number;
  readonly region: number;
}

/** Answer to IS_REMOTE_RECOVERING. */
export interface Recovering {
  readonly recovering: number;
  readonly inSyncHint: number;
}

/**
 * A core log on a single host.
 *
 * Two bits per region: `clean` is what a crash would need (1 = the legs are equal if no write is in flight),
 * `sync` is whether the region was recovered. An instance has exactly one holder of marks, its own kernel
 * log, so a mark is nothing but a clear `clean` bit. Everything lives in memory, so a mark is as durable as it
 * ever gets when the method returns.
 *
 * Methods take region numbers below `regionCount`; dispatch has checked them. They are open to be overridden:
 * a deliberately broken variant is a subclass.
 */
export class LogInstance {
  readonly uuid: string;
  /** Opaque 64-bit name of the kernel's log; unique only together with the uuid, and reused (spec 6). */
  readonly luid: bigint;
  readonly parameters: LogParameters;
  protected readonly clean: RegionBitmap;
  protected readonly sync: RegionBitmap;
  /** Region handed out by GET_RESYNC_WORK and not reported back yet. */
  protected recovering: number | undefined;
  /** Where the search for the next region to recover goes on; regions that failed wait for the next RESUME. */
  protected searchFrom = 0;
  #state: InstanceState = 'pending';

  /** @throws RangeError when the bitmaps do not fit into memory. */
  constructor(uuid: string, luid: bigint, parameters: LogParameters) {
    this.uuid = uuid;
    this.luid = luid;
    this.parameters = parameters;
    const inSync = parameters.sync === 'nosync';
    this.clean = new RegionBitmap(parameters.regionCount, inSync);
    this.sync = new RegionBitmap(parameters.regionCount, inSync);
  }

  get state(): InstanceState {
    return this.#state;
  }

  get regionCount(): number {
    return this.parameters.regionCount;
  }

  /** Sectors per region, the answer to GET_REGION_SIZE. */
  get regionSize(): number {
    return this.parameters.regionSize;
  }

  /** RESUME; repeated on an active log (resend, reconnect) it changes nothing (SUSP-13, RECOV-02). */
  resume(): void {
    if (this.#state === 'active') return;
    this.#state = 'active';
    this.searchFrom = 0;
    // The kernel stops its recovery before PRESUSPEND, so nothing that was handed out is still under way.
    this.recovering = undefined;
  }

  /** PRESUSPEND: no more recovery from here on; everything else goes on as before (SUSP-02). */
  presuspend(): void {
    if (this.#state === 'active') this.#state = 'quiescing';
  }

  /** POSTSUSPEND: a core log has nothing to write; late CLEAR and FLUSH are still served (SUSP-03). */
  postsuspend(): void {
    if (this.#state !== 'pending') this.#state = 'suspended';
  }

  /** DTR, or the replacement by a fresh instance: gives back what the instance holds. */
  destroy(): void {
    // A core log holds memory only.
  }

  /** IS_CLEAN: exactly 0 or 1 (SYNC-01). */
  isClean(region: number): number {
    return this.clean.get(region) ? 1 : 0;
  }

  /** IN_SYNC: exactly 0 or 1; other values split the legs (spec 4). */
  inSync(region: number): number {
    return this.sync.get(region) ? 1 : 0;
  }

  /** MARK_REGION: the regions are about to be written. Idempotent. */
  mark(regions: readonly number[]): void {
    for (const region of regions) this.clean.set(region, false);
  }

  /** CLEAR_REGION: writes are done. A region whose sync bit is 0 stays dirty (FLUSH-19). */
  clear(regions: readonly number[]): void {
    for (const region of regions) if (this.sync.get(region)) this.clean.set(region, true);
  }

  /** FLUSH: commits; in integrated mode its payload lists regions to mark first (FLUSH-09). */
  flush(regions: readonly number[]): void {
    this.mark(regions);
  }

  /** GET_RESYNC_WORK: the same region until it is reported back, none unless active (SYNC-04, 05, 20). */
  getResyncWork(): Work {
    if (this.#state !== 'active') return { haveWork: 0, region: 0 };
    this.recovering ??= this.sync.nextClear(this.searchFrom);
    if (this.recovering === undefined) return { haveWork: 0, region: 0 };
    return { haveWork: 1, region: this.recovering };
  }

  /** SET_REGION_SYNC: a recovery ended, or (false) a write failed on some leg. */
  setRegionSync(region: number, inSync: boolean): void {
    this.sync.set(region, inSync);
    if (!inSync) this.clean.set(region, false);
    if (this.recovering === region) {
      this.recovering = undefined;
      this.searchFrom = region + 1;
    }
  }

  /** GET_SYNC_COUNT: regions in sync of this very instance, pending or not (LUID-11, SYNC-07). */
  syncCount(): number {
    return this.sync.count;
  }

  /**
   * IS_REMOTE_RECOVERING: on a single host always {0, hint} whatever the region, because the kernel orders its
   * own recovery against its own writes. The hint is the lowest region not in sync (the one under recovery is among those),
   * region_count when none is, and from PRESUSPEND to RESUME (spec 10 item 6).
   */
  isRemoteRecovering(): Recovering {
    const halted = this.#state === 'quiescing' || this.#state === 'suspended';
    const hint = halted ? undefined : this.sync.nextClear(0);
    return { recovering: 0, inSyncHint: hint ?? this.regionCount };
  }

  /** STATUS_INFO: its word count first (STAT-01). */
  statusInfo(): string {
    return '1 clustered-core';
  }

  /** STATUS_TABLE: the constructor arguments; no current kernel asks (STAT-11). */
  statusTable(): string {
    const { regionSize, sync } = this.parameters;
    return sync === undefined ? `clustered-core ${regionSize}` : `clustered-core ${regionSize} ${sync}`;
  }
}
