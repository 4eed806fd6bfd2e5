/** One log instance: its life-cycle state, its bits, and what each request does to them (spec 6.3 and 10). */
import type { LogParameters } from './constructor-text.js';
import type { DiskLog, LoadMode } from './disk-log.js';
import { type InstanceMemory, type InstanceState, volatileMemory } from './instance-memory.js';
import type { RegionBitmap } from './region-bitmap.js';

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

/** What an instance lives on. */
export interface InstanceResources {
  readonly memory: InstanceMemory;
  /** Where a disk log is kept; a core log has none. */
  readonly disk: DiskLog | undefined;
  /** The kernel had this log already and rebuilds it: what its constructor text starts with is past. */
  readonly rebuilt: boolean;
}

function volatileResources(parameters: LogParameters): InstanceResources {
  if (parameters.kind === 'disk') throw new TypeError('a disk log needs a log device');
  return { memory: volatileMemory(parameters), disk: undefined, rebuilt: false };
}

/**
 * A log on a single host.
 *
 * Two bits per region: `clean` is what a crash of the host would need (1 = the legs are equal if no write is in
 * flight), `sync` is whether the region was recovered. An instance has exactly one holder of marks, its own kernel
 * log, so a mark is nothing but a clear `clean` bit. A core log forgets with the host; a disk log has its clean
 * bits on a device, which `flush` brings up to date.
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
  readonly disk: DiskLog | undefined;
  protected readonly memory: InstanceMemory;
  /** The kernel had this log before it was made here. */
  protected readonly rebuilt: boolean;
  readonly #loadMode: LoadMode;
  /** CTRs of a rebuild whose RESUME has not come yet. */
  #rebuilds = 0;
  /** The kernel may have resumed the log without our knowing. */
  #stateInDoubt = false;

  constructor(
    uuid: string,
    luid: bigint,
    parameters: LogParameters,
    resources = volatileResources(parameters),
  ) {
    this.uuid = uuid;
    this.luid = luid;
    this.parameters = parameters;
    this.memory = resources.memory;
    this.clean = resources.memory.clean;
    this.sync = resources.memory.sync;
    this.disk = resources.disk;
    this.rebuilt = resources.rebuilt;
    // A disk log of which nothing is remembered goes on with what is on its device.
    this.#loadMode = resources.rebuilt && !this.memory.restored ? 'again' : 'constructed';
    if (this.memory.restored) this.rebuild();
    else if (parameters.sync === 'nosync' && !(this.disk !== undefined && resources.rebuilt)) {
      this.clean.fill(true);
      this.sync.fill(true);
    }
  }

  get state(): InstanceState {
    return this.memory.state;
  }

  /** It goes on where an earlier daemon was ended. */
  get restored(): boolean {
    return this.memory.restored;
  }

  get regionCount(): number {
    return this.parameters.regionCount;
  }

  /** Sectors per region, the answer to GET_REGION_SIZE. */
  get regionSize(): number {
    return this.parameters.regionSize;
  }

  /**
   * CTR of a rebuild: the kernel lost sight of the log and sends CTR and RESUME again, in whatever state the log is
   * (spec 2.6). Everything is kept (RECOV-02), and the RESUME that follows is no resume: it would wake up a
   * suspended log, or the one of a table that is only loaded, beside the live one.
   */
  rebuild(): void {
    if (this.memory.state === 'active') return;
    this.#rebuilds += 1;
    this.#stateInDoubt = true;
  }

  /** RESUME; repeated on an active log (resend, reconnect) it changes nothing (SUSP-13, RECOV-02). */
  resume(): void {
    const { state } = this.memory;
    if (this.#rebuilds > 0) this.#rebuilds -= 1;
    else if (state !== 'active') this.#activate();
    // What an earlier daemon left behind is newer than what it wrote to the device.
    if (this.disk !== undefined && isLive(state) && !this.disk.owned) {
      this.disk.claim();
      this.disk.rewrite();
    }
  }

  /** A request that the kernel makes of resumed logs only. */
  #resumedAfterAll(): void {
    if (this.#stateInDoubt && !isLive(this.memory.state)) this.#activate();
  }

  #activate(): void {
    const { memory, disk } = this;
    const before = memory.state;
    memory.state = 'active';
    memory.searchFrom = 0;
    // The kernel stops its recovery before PRESUSPEND, so nothing that was handed out is still under way.
    memory.recovering = undefined;
    this.#rebuilds = 0;
    this.#stateInDoubt = false;
    // After an interrupted suspend nothing was closed that would have to be opened again (spec 9.6).
    if (disk === undefined || before === 'quiescing') return;
    const upToDate = disk.owned;
    disk.claim();
    if (before === 'pending') disk.load(this.#loadMode);
    else if (!upToDate) disk.load('again');
    this.sync.copyFrom(this.clean);
    disk.rewrite();
  }

  /** PRESUSPEND: no more recovery from here on; everything else goes on as before (SUSP-02). */
  presuspend(): void {
    if (this.memory.state === 'active') this.memory.state = 'quiescing';
  }

  /**
   * POSTSUSPEND: everything is committed (SUSP-04). Late CLEAR and FLUSH are still served (SUSP-03), from memory:
   * the log device may be suspended next, and would keep the daemon waiting.
   * @throws LogError EIO when the log device failed.
   */
  postsuspend(): void {
    if (this.memory.state === 'pending' || this.memory.state === 'suspended') return;
    this.memory.state = 'suspended';
    this.disk?.commit();
  }

  /** DTR, or the replacement by a fresh instance: gives back what the instance holds. */
  destroy(): void {
    if (isLive(this.memory.state)) this.disk?.tryCommit();
    this.disk?.close();
    this.memory.release();
  }

  /** IS_CLEAN: exactly 0 or 1 (SYNC-01). */
  isClean(region: number): number {
    return this.clean.get(region) ? 1 : 0;
  }

  /** IN_SYNC: exactly 0 or 1; other values split the legs (spec 4). */
  inSync(region: number): number {
    this.#resumedAfterAll();
    return this.sync.get(region) ? 1 : 0;
  }

  /** MARK_REGION: the regions are about to be written. Idempotent. */
  mark(regions: readonly number[]): void {
    this.#resumedAfterAll();
    for (const region of regions) this.setClean(region, false);
  }

  /** CLEAR_REGION: writes are done. A region whose sync bit is 0 stays dirty (FLUSH-19). */
  clear(regions: readonly number[]): void {
    for (const region of regions) if (this.sync.get(region)) this.setClean(region, true);
  }

  /**
   * FLUSH: commits; in integrated mode its payload lists regions to mark first (FLUSH-09).
   * @throws LogError EIO when the log device failed (DISK-08).
   */
  flush(regions: readonly number[]): void {
    if (regions.length > 0) this.mark(regions);
    this.commit();
  }

  /** GET_RESYNC_WORK: the same region until it is reported back, none unless active (SYNC-04, 05, 20). */
  getResyncWork(): Work {
    // The kernel asks no log for work whose suspend has begun, so it resumed this one behind our back.
    if (this.#stateInDoubt) this.#activate();
    const { memory } = this;
    if (memory.state !== 'active') return { haveWork: 0, region: 0 };
    memory.recovering ??= this.sync.nextClear(memory.searchFrom);
    if (memory.recovering === undefined) return { haveWork: 0, region: 0 };
    return { haveWork: 1, region: memory.recovering };
  }

  /** SET_REGION_SYNC: a recovery ended, or (false) a write failed on some leg. */
  setRegionSync(region: number, inSync: boolean): void {
    this.sync.set(region, inSync);
    if (!inSync) this.setClean(region, false);
    if (this.memory.recovering === region) {
      this.memory.recovering = undefined;
      this.memory.searchFrom = region + 1;
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
    this.#resumedAfterAll();
    const halted = this.memory.state === 'quiescing' || this.memory.state === 'suspended';
    const hint = halted ? undefined : this.sync.nextClear(0);
    return { recovering: 0, inSyncHint: hint ?? this.regionCount };
  }

  /** STATUS_INFO: its word count first (STAT-01); A the log device is alive, D it failed. */
  statusInfo(): string {
    if (this.disk === undefined) return '1 clustered-core';
    return `3 clustered-disk ${this.disk.deviceNumber} ${this.disk.failed ? 'D' : 'A'}`;
  }

  /** STATUS_TABLE: the constructor arguments; no current kernel asks (STAT-11). */
  statusTable(): string {
    const { regionSize, sync } = this.parameters;
    const type = this.disk === undefined ? 'clustered-core' : `clustered-disk ${this.disk.deviceNumber}`;
    return sync === undefined ? `${type} ${regionSize}` : `${type} ${regionSize} ${sync}`;
  }

  /** Changes a clean bit, for the log device too. */
  protected setClean(region: number, value: boolean): void {
    if (this.clean.set(region, value)) this.disk?.changed(region, !value);
  }

  /** Brings the log device up to date. @throws LogError EIO. */
  protected commit(): void {
    const { disk } = this;
    if (disk === undefined) return;
    if (isLive(this.memory.state) || disk.hasUncommittedMarks) disk.commit();
  }
}

/** Between RESUME and POSTSUSPEND. */
function isLive(state: InstanceState): boolean {
  return state === 'active' || state === 'quiescing';
}
