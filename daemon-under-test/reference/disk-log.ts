/** The part of a log that survives the host: its clean bitmap on a log device, as the kernel's `disk` log keeps it (spec 12). */
import type { LogParameters } from './constructor-text.js';
import { BITMAP_OFFSET, decodeDiskHeader, encodeDiskHeader, logAreaSize } from './disk-image.js';
import type { EventSink } from './event.js';
import type { LogDevice } from './log-device.js';
import { Errno, LogError } from './log-error.js';
import type { RegionBitmap } from './region-bitmap.js';

/** Where the bits that a log starts with come from. */
export type LoadMode =
  /** First RESUME after construction: `sync` and `nosync` overrule what is on the device. */
  | 'constructed'
  /** Anything later: the device is right, and the options are not applied again (RECOV-08). */
  | 'again';

/** Which log owns each log device, by `major:minor`: the one that was resumed last. */
export type LogDeviceOwners = Map<string, DiskLog>;

/** What a disk log is made from. */
export interface DiskLogOptions {
  readonly device: LogDevice;
  /** The bitmap to keep. */
  readonly clean: RegionBitmap;
  readonly parameters: LogParameters;
  readonly owners: LogDeviceOwners;
  readonly log: EventSink;
}

/** Makes the disk log of an instance; a variant of the daemon passes its own. */
export type DiskLogFactory = (options: DiskLogOptions) => DiskLog;

/** The factory of the reference daemon. */
export const createDiskLog: DiskLogFactory = (options) => new DiskLog(options);

/**
 * Keeps a clean bitmap on a log device.
 *
 * The bitmap in memory belongs to the instance, which tells every change (`changed`). What lies on the device is
 * remembered as `#area`; `commit` writes the blocks that differ. A mark is durable when `commit` returned: its
 * block was written and the device's cache flushed. Clears are written by the same commit, without a flush of
 * their own, because a clear that gets lost costs a resync and nothing else.
 *
 * Several instances may have one device open, as during every table swap. The one that was resumed last owns it;
 * the others write no more (LUID-12).
 */
export class DiskLog {
  /** A read or write of the log device went wrong since the last load that worked. */
  failed = false;
  protected readonly device: LogDevice;
  protected readonly clean: RegionBitmap;
  readonly #log: EventSink;
  readonly #regionCount: number;
  readonly #sync: LogParameters['sync'];
  /** Header and bitmap as they lie on the device. */
  readonly #area: Buffer;
  /** Blocks of the area that have regions with a changed bit. */
  readonly #changed = new Set<number>();
  /** The device may hold anything: everything is written by the next commit. */
  #unknown = true;
  /** A bit was cleared since the last commit, so the next one has to be durable. */
  #marked = false;
  /** Something was written since the device's cache was flushed. */
  #unsynced = false;
  readonly #owners: LogDeviceOwners;

  /** @throws LogError ENOSPC for a device that is too small (DISK-09); RangeError when memory is short. */
  constructor({ device, clean, parameters, owners, log }: DiskLogOptions) {
    const size = logAreaSize(parameters.regionCount, device.blockSize);
    if (size > device.size) {
      const { regionCount } = parameters;
      const problem = `${device.size} bytes, a log of ${regionCount} regions takes ${size}`;
      throw new LogError(Errno.ENOSPC, `log device ${device.number} is too small: ${problem}`);
    }
    this.device = device;
    this.clean = clean;
    this.#owners = owners;
    this.#log = log;
    this.#regionCount = parameters.regionCount;
    this.#sync = parameters.sync;
    this.#area = device.allocate(size);
  }

  /** `major:minor` of the log device. */
  get deviceNumber(): string {
    return this.device.number;
  }

  /** The bit of a region changed in memory; `marked` when it was cleared. */
  changed(region: number, marked: boolean): void {
    this.#changed.add(Math.floor((BITMAP_OFFSET + (region >>> 3)) / this.device.blockSize));
    if (marked) this.#marked = true;
  }

  /** Whether a mark waits for the next commit. */
  get hasUncommittedMarks(): boolean {
    return this.#marked;
  }

  /**
   * RESUME: fills the bitmap from the device. A device that cannot be read, is blank or has another version gives
   * no bits, so that all regions are dirty, or clean with `nosync`. Nothing is written; a commit does that.
   */
  load(mode: LoadMode): void {
    const onDevice = this.#readArea();
    const known = this.overrules(mode) ? 0 : Math.min(this.knownRegions(onDevice), this.#regionCount);
    if (known > 0) this.decodeBits(this.#area.subarray(BITMAP_OFFSET));
    this.fillUnknown(known, mode === 'constructed' && this.#sync === 'nosync');
    this.#unknown = true;
    this.#marked = true;
  }

  /** Writes header and bitmap, whatever lies on the device. A failure is told by the status and by the next FLUSH. */
  rewrite(): void {
    this.#unknown = true;
    this.#marked = true;
    this.tryCommit();
  }

  /**
   * FLUSH: writes what changed; when marks are among it, returns only when they survive a power loss (FLUSH-02).
   * @throws LogError EIO when the device failed; the next commit then writes everything again (DISK-08).
   */
  commit(): void {
    if (!this.#unknown && !this.#marked && this.#changed.size === 0) return;
    if (!this.owned) {
      if (!this.#marked) return;
      throw new LogError(Errno.EIO, `log device ${this.deviceNumber} belongs to another log instance`);
    }
    try {
      if (this.#unknown) this.#writeAll();
      else this.#writeChanged();
      if (this.#marked && this.#unsynced) this.device.sync();
    } catch (error) {
      this.#unknown = true;
      this.#marked = true;
      this.#fail('write', error);
      const message = error instanceof Error ? error.message : String(error);
      throw new LogError(Errno.EIO, `log device ${this.deviceNumber}: ${message}`);
    }
    this.#unknown = false;
    this.#changed.clear();
    if (!this.#marked) return;
    this.#marked = false;
    this.#unsynced = false;
  }

  /** The same where nobody can be told of a failure. */
  tryCommit(): void {
    try {
      this.commit();
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
    }
  }

  /** Whether this log may write to the device. */
  get owned(): boolean {
    return this.#owners.get(this.deviceNumber) === this;
  }

  /** From here on this log writes to the device, and no other does. */
  claim(): void {
    const owner = this.#owners.get(this.deviceNumber);
    if (owner === this) return;
    // Its POSTSUSPEND has written everything, unless the kernel could not deliver that to us (spec 2.6).
    owner?.handOver();
    this.#owners.set(this.deviceNumber, this);
  }

  /** Another log takes the device: what waits for a commit is written now or never. */
  protected handOver(): void {
    this.tryCommit();
  }

  /** DTR: gives the device back. */
  close(): void {
    if (this.owned) this.#owners.delete(this.deviceNumber);
    this.device.close();
  }

  /** Whether an option counts for more than what is on the device (DISK-07). */
  protected overrules(mode: LoadMode): boolean {
    return mode === 'constructed' && this.#sync !== undefined;
  }

  /** How many regions the bitmap on the device speaks about. */
  protected knownRegions(area: Buffer): number {
    const header = decodeDiskHeader(area);
    switch (header.kind) {
      case 'valid':
        return header.regions;
      case 'no-log':
        return 0;
      case 'unknown-version': {
        const message = `log version ${header.version} is not known, so that all regions count as dirty`;
        this.#say('warn', 'log-reinitialised', { message });
        return 0;
      }
      default:
        return header satisfies never;
    }
  }

  /** Takes the bits of the device over, those beyond the log too. */
  protected decodeBits(bitmap: Buffer): void {
    const { bytes } = this.clean;
    bytes.set(bitmap.subarray(0, bytes.length));
  }

  /** The bytes of the bitmap as they have to lie on the device. */
  protected encodeBits(): Uint8Array {
    return this.clean.bytes;
  }

  /** Regions that the device says nothing about: it is blank, or the log has grown (DISK-04, DISK-05). */
  protected fillUnknown(from: number, inSync: boolean): void {
    this.clean.fill(inSync, from);
    this.clean.recount();
  }

  #readArea(): Buffer {
    try {
      this.device.read(this.#area, 0);
      this.failed = false;
    } catch (error) {
      this.#area.fill(0);
      this.#fail('read', error);
    }
    return this.#area;
  }

  #writeAll(): void {
    encodeDiskHeader(this.#area, this.#regionCount);
    const bits = this.encodeBits();
    // What is left of the last block is padding too.
    this.#area.fill(0, BITMAP_OFFSET);
    this.#area.set(bits, BITMAP_OFFSET);
    this.#unsynced = true;
    this.device.write(this.#area, 0);
  }

  /** Block by block: a mark rarely changes more than one, and each is written whole or not at all by the device. */
  #writeChanged(): void {
    const { blockSize } = this.device;
    const bits = this.encodeBits();
    for (const block of this.#changed) {
      const start = block * blockSize;
      const target = this.#area.subarray(start, start + blockSize);
      const from = Math.max(start, BITMAP_OFFSET);
      const source = bits.subarray(from - BITMAP_OFFSET, start + blockSize - BITMAP_OFFSET);
      // Marked and cleared again since the last commit: the device has it already.
      if (Buffer.compare(target.subarray(from - start, from - start + source.length), source) === 0) continue;
      target.set(source, from - start);
      this.#unsynced = true;
      this.device.write(target, start);
    }
  }

  #fail(doing: 'read' | 'write', error: unknown): void {
    // One line per outage; a daemon whose log is full of the same line tells less.
    if (this.failed) return;
    this.failed = true;
    const message = error instanceof Error ? error.message : String(error);
    this.#say('error', 'log-device-failed', { doing, message });
  }

  #say(level: 'warn' | 'error', event: string, details: Record<string, string>): void {
    this.#log({ level, event, details: { device: this.deviceNumber, ...details } });
  }
}
