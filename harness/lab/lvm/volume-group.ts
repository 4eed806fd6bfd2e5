import { type CommandResult, GuestCommandStalled } from '../../guest/index.js';
import { InfraError } from '../../vm/index.js';
import { BreakableDisks } from './breakable-disks.js';
import { LogicalVolume } from './logical-volume.js';
import { type FlushMode, LvmCommands, type LvmSite } from './lvm-commands.js';

/** Where a mirror keeps its log, in LVM's words; `clustered-core` and `clustered-disk` for the kernel. */
export type MirrorLog = 'core' | 'disk';

/** Small, so that resyncs are short, and several regions make an extent. */
const EXTENT_KIB = 512;
const REGION_KIB = 128;
/** Bytes of an extent. */
const EXTENT_BYTES = EXTENT_KIB * 1024;

/** What {@link VolumeGroup.list} asks for. */
export const LISTED = 'lv_name,lv_attr,seg_size,devices';

/** How a volume group is made. */
export interface VolumeGroupOptions {
  readonly flush: FlushMode;
  /** Kind of log of the mirrors that are made in it. */
  readonly log: MirrorLog;
  readonly name?: string;
  /** Its disks can be broken, see `break`. */
  readonly breakable?: boolean;
}

/** What a logical volume is made like; the rest is LVM's default. */
export interface VolumeOptions {
  readonly name?: string;
  /** Default 8: 4 MiB. */
  readonly extents?: number;
  /** How much of it, from its beginning, holds test data; default: all. */
  readonly dataExtents?: number;
  /** Words for lvcreate before the name of the group, e.g. `--nosync`. */
  readonly words?: readonly string[];
  /** Physical volumes to take, by number; default: LVM chooses. */
  readonly on?: readonly number[];
}

/**
 * How a pvmove learns how far its copy is:
 * - `event`: it waits for the kernel's event, so that a move of one segment ends with its last region; of the following
 *   segments it asks some eight times a second. It holds the group's lock while it waits, and prints nothing.
 * - `second`: it asks at once and then every second, and prints the answers.
 * - `never`: not while a test lasts; for a move that is left to itself with `-b`, which keeps no lock.
 */
type MoveWatch = 'event' | 'second' | 'never';

/** Words for --interval; with a sign, pvmove waits before it asks for the first time. */
const INTERVALS: Readonly<Record<MoveWatch, string>> = { event: '0', second: '1', never: '+3600' };

/** The region size of a move is no part of LVM's metadata, but of each command that makes its table. */
const MOVE_CONFIG = [
  '--config',
  `activation { mirror_region_size=${REGION_KIB} raid_region_size=${REGION_KIB} }`,
];

/** A volume group over all disks of a node, for mirrors whose log the subject serves. */
export class VolumeGroup {
  /** Its LVM commands, for verbs that no class has. */
  readonly lvm: LvmCommands;

  private constructor(
    private readonly site: LvmSite,
    /** Device nodes of the physical volumes in the guest. */
    readonly pvs: readonly string[],
    readonly options: VolumeGroupOptions,
    private readonly breakable?: BreakableDisks,
  ) {
    this.lvm = new LvmCommands(site, options.flush);
  }

  /** pvcreate and vgcreate over these disks. */
  static async create(
    site: LvmSite,
    disks: readonly string[],
    options: VolumeGroupOptions,
  ): Promise<VolumeGroup> {
    const breakable =
      options.breakable === true ? await BreakableDisks.over(site.recording, disks) : undefined;
    const pvs = breakable?.devices ?? disks;
    const group = new VolumeGroup(site, pvs, options, breakable);
    await group.lvm.succeed(['vgcreate', '-y', '-s', `${EXTENT_KIB}k`, group.name, ...pvs]);
    return group;
  }

  /** One that is on the disks already, made by another node. */
  static found(site: LvmSite, pvs: readonly string[], options: VolumeGroupOptions): VolumeGroup {
    return new VolumeGroup(site, pvs, options);
  }

  get name(): string {
    return this.options.name ?? 'vg';
  }

  /** Device node of a physical volume. Throws InfraError. */
  pv(index: number): string {
    const device = this.pvs[index];
    if (device === undefined) throw new InfraError(`the volume group has no physical volume ${index}`);
    return device;
  }

  /** Kind of log of the mirrors that are made in it. */
  get log(): MirrorLog {
    return this.options.log;
  }

  /** From now on all I/O of a physical volume fails; the group must have been made `breakable`. */
  async break(index: number): Promise<void> {
    if (this.breakable === undefined) throw new InfraError('the disks of this group cannot be broken');
    await this.breakable.break(this.pv(index));
  }

  /** lvcreate --type mirror with so many copies beside the original (-m), and this group's kind of log. */
  async mirror(copies: number, options: VolumeOptions = {}): Promise<LogicalVolume> {
    return await this.#lvcreate(this.#mirrorWords(copies), options);
  }

  /** lvconvert of a linear volume to what `mirror` makes; it returns when all of it is in sync. */
  async toMirror(volume: LogicalVolume, copies: number): Promise<void> {
    await volume.convert(...this.#mirrorWords(copies));
  }

  /** lvcreate -s: a snapshot of a volume, with so many extents for what it keeps when the volume changes. */
  async snapshot(origin: LogicalVolume, name: string, extents: number): Promise<LogicalVolume> {
    await this.lvm.succeed(['lvcreate', '-y', '-s', '-l', String(extents), '-n', name, origin.path]);
    const { bytes } = origin.data;
    return new LogicalVolume(this.site, this.lvm, this.name, name, bytes);
  }

  /** lvconvert --repair of a mirror that lost a disk; by LVM's default policy a leg that is lost is removed. */
  async repair(volume: LogicalVolume): Promise<void> {
    await volume.convert('--repair', '--use-policies');
  }

  /** lvcreate of a linear volume. */
  async linear(options: VolumeOptions = {}): Promise<LogicalVolume> {
    return await this.#lvcreate([], options);
  }

  /** A volume that is there already. */
  volume(options: Pick<VolumeOptions, 'name' | 'extents' | 'dataExtents'> = {}): LogicalVolume {
    const { name = 'lv', extents = 8, dataExtents = extents } = options;
    return new LogicalVolume(this.site, this.lvm, this.name, name, dataExtents * EXTENT_BYTES);
  }

  /** pvmove with these words, e.g. source and target, in regions of the group's size. */
  async move(words: readonly string[], watch: MoveWatch = 'event'): Promise<string> {
    return await this.#moving(this.lvm.succeed(['pvmove', '-i', INTERVALS[watch], ...MOVE_CONFIG, ...words]));
  }

  /** The same where it may well fail, when the daemon falls: how it ended is the caller's to judge. */
  async tryMove(words: readonly string[]): Promise<CommandResult> {
    return await this.#moving(this.lvm.attempt(['pvmove', '-i', INTERVALS.event, ...MOVE_CONFIG, ...words]));
  }

  /** vgchange -ay; a move that is under way goes on, but nobody looks how far it is. */
  async activate(): Promise<void> {
    await this.lvm.succeed(['vgchange', '-ay', '--poll', 'n', ...MOVE_CONFIG, this.name]);
  }

  /** vgck: whether LVM takes the metadata of the group for consistent is the history's to tell. */
  async check(): Promise<void> {
    await this.lvm.attempt(['vgck', this.name]);
  }

  /**
   * lvs of all volumes, hidden ones too, a line for each segment: name, attributes, size of the segment in KiB, and what
   * it lies on, with `|` between them.
   */
  async list(): Promise<void> {
    const shape = ['--noheadings', '--separator', '|', '--units', 'k', '--nosuffix', '-o', LISTED];
    await this.lvm.attempt(['lvs', '-a', ...shape, this.name]);
  }

  async #moving<T>(move: Promise<T>): Promise<T> {
    try {
      return await move;
    } catch (error) {
      // It would go on asking, and a recording that is ended meanwhile misses some of it.
      if (error instanceof GuestCommandStalled) await this.site.guest.run('pkill -KILL -x pvmove');
      throw error;
    }
  }

  #mirrorWords(copies: number): string[] {
    const { log } = this.options;
    return ['--type', 'mirror', '-m', String(copies), '--mirrorlog', log, '-R', `${REGION_KIB}k`];
  }

  async #lvcreate(words: readonly string[], options: VolumeOptions): Promise<LogicalVolume> {
    const { name = 'lv', extents = 8, on = [] } = options;
    await this.lvm.succeed([
      ...['lvcreate', '-y', ...words, '-l', String(extents), '-n', name, ...(options.words ?? [])],
      this.name,
      ...on.map((index) => this.pv(index)),
    ]);
    return this.volume(options);
  }
}
