/** One log of the puppet, as an honest daemon keeps it on one host (spec 6.3, 10). */
import { DISK, regionCount, type ConstructorParts } from '../oracle/index.js';

/** 'pending' was never resumed; 'suspended' is behind POSTSUSPEND. */
type State = 'pending' | 'active' | 'quiescing' | 'suspended';

/** Sync and clean bits, the region under recovery, and the state. Regions that it is given exist. */
export class HonestLog {
  readonly regionCount: number;
  /** Sectors. */
  readonly regionSize: number;
  #state: State = 'pending';
  readonly #sync: Uint8Array;
  readonly #clean: Uint8Array;
  #recovering: number | undefined;
  /** Where the search for work goes on: a region whose recovery failed waits for the next RESUME. */
  #searchFrom = 0;

  private constructor(
    readonly text: string,
    private readonly parts: ConstructorParts,
    private readonly rebuilt: boolean,
    size: { readonly regionCount: number; readonly regionSize: number },
  ) {
    this.regionCount = size.regionCount;
    this.regionSize = size.regionSize;
    const bit = parts.option === 'nosync' ? 1 : 0;
    this.#sync = new Uint8Array(this.regionCount).fill(bit);
    this.#clean = new Uint8Array(this.regionCount).fill(bit);
  }

  /**
   * A log for a constructor text; undefined when it must be refused.
   * @param rebuilt the CTR ended in NUL: the kernel has the log already (spec 2.6)
   */
  static construct(
    text: string,
    parts: ConstructorParts | undefined,
    rebuilt: boolean,
  ): HonestLog | undefined {
    if (parts?.regionSize === undefined || parts.fault !== undefined) return undefined;
    const count = regionCount(parts.length, parts.regionSize);
    if (count === undefined) return undefined;
    return new HonestLog(text, parts, rebuilt, { regionCount: count, regionSize: parts.regionSize });
  }

  /** It was resumed once, so that another CTR of its luid is a resend or a reconnect (spec 6.2, item 6). */
  get wasResumed(): boolean {
    return this.#state !== 'pending';
  }

  resume(): void {
    if (this.#state === 'active') return;
    this.#state = 'active';
    this.#searchFrom = 0;
    this.#recovering = undefined;
  }

  presuspend(): void {
    if (this.#state === 'active') this.#state = 'quiescing';
  }

  postsuspend(): void {
    if (this.#state !== 'pending') this.#state = 'suspended';
  }

  isClean(region: number): boolean {
    return this.#clean[region] === 1;
  }

  inSync(region: number): boolean {
    return this.#sync[region] === 1;
  }

  mark(regions: readonly number[]): void {
    for (const region of regions) this.#clean[region] = 0;
  }

  /** A region that is out of sync stays dirty (spec 10, item 2). */
  clear(regions: readonly number[]): void {
    for (const region of regions) this.#clean[region] = this.#sync[region] ?? 0;
  }

  setSync(region: number, inSync: boolean): void {
    // Until its first RESUME a new log is what its constructor says; no kernel asks for anything else.
    if (this.#state === 'pending' && !this.rebuilt) return;
    this.#sync[region] = inSync ? 1 : 0;
    if (!inSync) this.#clean[region] = 0;
    if (this.#recovering !== region) return;
    this.#recovering = undefined;
    this.#searchFrom = region + 1;
  }

  /** The same region until SET_REGION_SYNC; none unless active (spec 10, item 5). */
  resyncWork(): number | undefined {
    if (this.#state !== 'active') return undefined;
    this.#recovering ??= this.#lowestOutOfSync(this.#searchFrom);
    return this.#recovering;
  }

  syncCount(): number {
    return this.#sync.reduce((sum, bit) => sum + bit, 0);
  }

  /** The lowest region out of sync; region_count when there is none, and while suspended (spec 10, item 6). */
  inSyncHint(): number {
    if (this.#state === 'quiescing' || this.#state === 'suspended') return this.regionCount;
    return this.#lowestOutOfSync(0) ?? this.regionCount;
  }

  statusInfo(): string {
    if (this.parts.type !== DISK) return `1 ${this.parts.type}`;
    const { device = '' } = this.parts;
    // Nothing is kept on the device, nor is it opened; a path has no number to tell.
    return `3 ${DISK} ${/^\d+:\d+$/.test(device) ? device : '0:0'} A`;
  }

  /** The constructor arguments without the length. */
  statusTable(): string {
    return this.text.slice(this.text.indexOf(' ') + 1);
  }

  #lowestOutOfSync(from: number): number | undefined {
    const region = this.#sync.indexOf(0, from);
    return region === -1 ? undefined : region;
  }
}
