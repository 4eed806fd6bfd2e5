import { type CommandResult, GuestCommandError, type GuestSession, shellQuote } from '../../guest/index.js';
import { LEGS_EQUAL } from '../../history/index.js';
import { InfraError } from '../../vm/index.js';
import type { Recording } from '../recording.js';
import type { LvmCommands, LvmSite } from './lvm-commands.js';
import { VolumeData } from './volume-data.js';

const SYNC_DEADLINE_MS = 90_000;
const SECTOR_BYTES = 512;

/** A logical volume, with LVM's verbs for it. Each verb is one recorded command. */
export class LogicalVolume {
  readonly data: VolumeData;

  constructor(
    private readonly site: LvmSite,
    private readonly lvm: LvmCommands,
    private readonly vg: string,
    private lv: string,
    /** Of the data that tests write, from the beginning of the volume. */
    dataBytes: number,
  ) {
    this.data = new VolumeData(site.guest, site.recording, this.device, lv, dataBytes);
  }

  get name(): string {
    return this.lv;
  }

  /** As LVM commands take it. */
  get path(): string {
    return `${this.vg}/${this.name}`;
  }

  /** Its device-mapper name; neither name has a hyphen, which would be doubled. */
  get dmName(): string {
    return `${this.vg}-${this.name}`;
  }

  /** Device node in the guest. */
  get device(): string {
    return `/dev/mapper/${this.dmName}`;
  }

  /** lvextend by so many extents. */
  async extend(extents: number): Promise<void> {
    await this.lvm.succeed(['lvextend', '-y', '-l', `+${extents}`, this.path]);
  }

  /** lvreduce by so many extents; the data at the end is lost. */
  async reduce(extents: number): Promise<void> {
    await this.lvm.succeed(['lvreduce', '-y', '-f', '-l', `-${extents}`, this.path]);
  }

  /** lvconvert with these words. */
  async convert(...words: readonly string[]): Promise<void> {
    await this.lvm.succeed(['lvconvert', '-y', ...words, this.path]);
  }

  /** lvchange with these words, e.g. `--refresh`, `-an`. */
  async change(...words: readonly string[]): Promise<void> {
    await this.lvm.succeed(['lvchange', '-y', ...words, this.path]);
  }

  /** lvrename; from now on this is the volume of the new name. */
  async rename(name: string): Promise<void> {
    await this.lvm.succeed(['lvrename', this.path, `${this.vg}/${name}`]);
    this.lv = name;
    this.data.renamed(this.device);
  }

  /** lvremove. */
  async remove(): Promise<void> {
    await this.lvm.succeed(['lvremove', '-y', '-f', this.path]);
  }

  /** Fields of lvs(8) about it, by name; blanks at the ends are taken off. */
  async report(...fields: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const printed = await this.lvm.succeed([
      'lvs',
      ...['-a', '--noheadings', '--separator', '|', '-o', fields.join(','), this.path],
    ]);
    const values = printed.split('|');
    return Object.fromEntries(fields.map((field, index) => [field, (values[index] ?? '').trim()]));
  }

  /** Any LVM command, as it is. */
  async attempt(argv: readonly string[]): Promise<CommandResult> {
    return await this.lvm.attempt(argv);
  }

  /** Waits until the kernel says that all regions of all its mirrors are in sync. */
  async waitInSync(deadlineMs = SYNC_DEADLINE_MS): Promise<void> {
    await waitInSync(this.site.recording, this.dmName, deadlineMs);
  }

  /** The same for a volume that has a snapshot, whose mirror lies in a device below it. */
  async waitOriginInSync(deadlineMs = SYNC_DEADLINE_MS): Promise<void> {
    await waitInSync(this.site.recording, `${this.dmName}-real`, deadlineMs);
  }

  /** Compares its legs byte by byte, past all caches, and records the result as image evidence. */
  async compareLegs(): Promise<boolean> {
    return await compareLegs(this.site.guest, this.site.recording, this.dmName);
  }
}

/**
 * Waits until all regions of a mirror are in sync. The kernel raises an event when that is so (spec SYNC-15), so each
 * look is followed by a wait for the next event.
 */
export async function waitInSync(recording: Recording, dmName: string, deadlineMs: number): Promise<void> {
  const name = shellQuote(dmName);
  // Fields of the status line: start, length, `mirror`, number of legs, the legs, IN-SYNC/TOTAL (spec 14).
  const inSync = `awk '$3 == "mirror" { split($(5 + $4), count, "/"); if (count[1] != count[2]) exit 1 }'`;
  const script = [
    'export DM_DISABLE_UDEV=1',
    `while events=$(dmsetup info -c --noheadings -o events ${name})`,
    `do status=$(dmsetup status ${name}) || exit 1`,
    `if printf '%s\\n' "$status" | ${inSync}; then exit 0; fi`,
    `dmsetup wait ${name} "$events" || exit 1`,
    'done; exit 1',
  ].join('\n');
  const result = await recording.run(script, { deadlineMs });
  if (result.status !== 0) throw new GuestCommandError(script, result);
}

/** Compares the legs of the mirrors in a device's table, past all caches; see {@link LogicalVolume.compareLegs}. */
export async function compareLegs(
  guest: GuestSession,
  recording: Recording,
  dmName: string,
): Promise<boolean> {
  const table = await guest.succeed(['dmsetup', 'table', dmName]);
  const mirrors = mirrorsOf(table);
  if (mirrors.length === 0) throw new InfraError(`${dmName} is no mirror: ${table}`);
  let equal = true;
  let bytes = 0;
  for (const { sectors, legs } of mirrors) {
    const sums = legs.map(({ number, offset }) => {
      const device = `/dev/$(basename $(readlink /sys/dev/block/${number}))`;
      const range = `iflag=direct,fullblock,skip_bytes,count_bytes bs=64k skip=${offset * SECTOR_BYTES}`;
      return `dd if=${device} ${range} count=${sectors * SECTOR_BYTES} status=none | md5sum`;
    });
    const result = await recording.run(['set -e', ...sums].join('\n'));
    const printed = result.stdout.trim().split('\n');
    if (result.status !== 0 || result.stderr !== '' || printed.length !== legs.length) {
      throw new InfraError(`the legs of ${dmName} cannot be read: ${result.stderr.trim()}`);
    }
    equal &&= new Set(printed).size === 1;
    bytes += sectors * SECTOR_BYTES;
  }
  recording.observe('image', LEGS_EQUAL, { mirror: dmName, bytes, equal });
  return equal;
}

/** The mirrors of a table as `dmsetup table` prints it: length, and device number and offset of each leg, in sectors. */
function mirrorsOf(table: string): {
  readonly sectors: number;
  readonly legs: readonly { readonly number: string; readonly offset: number }[];
}[] {
  return table.split('\n').flatMap((line) => {
    const [, sectors, target, , words, ...rest] = line.split(' ').filter((word) => word !== '');
    if (target !== 'mirror') return [];
    const [count, ...legs] = rest.slice(Number(words));
    return [
      {
        sectors: Number(sectors),
        legs: Array.from({ length: Number(count) }, (_unused, leg) => ({
          number: legs[2 * leg] ?? '',
          offset: Number(legs[2 * leg + 1]),
        })),
      },
    ];
  });
}
