import { GuestCommandError, shellQuote } from '../../guest/index.js';
import type { Recording } from '../recording.js';

/**
 * Where the data of a breakable disk begins on the one below, in sectors: LVM, which looks at both, then finds a label
 * on the upper one only.
 */
const OFFSET_SECTORS = 2048;

/**
 * Disks that the test can break for good, as LVM sees a disk that has died: all I/O fails, and its label cannot be read
 * any more. Made of device-mapper's linear and error targets, under names that LVM looks at (vm-images/lvm-conf.ts).
 */
export class BreakableDisks {
  private constructor(
    private readonly recording: Recording,
    /** Device nodes in the guest. */
    readonly devices: readonly string[],
  ) {}

  /** One over each of these disks, somewhat smaller than it. Throws GuestCommandError. */
  static async over(recording: Recording, disks: readonly string[]): Promise<BreakableDisks> {
    const names = disks.map((_unused, index) => `pv${index}`);
    const create = disks.map((disk, index) => {
      const length = `$(($(blockdev --getsz ${shellQuote(disk)}) - ${OFFSET_SECTORS}))`;
      return `dmsetup create ${names[index] ?? ''} --table "0 ${length} linear ${disk} ${OFFSET_SECTORS}"`;
    });
    await succeed(recording, create);
    return new BreakableDisks(
      recording,
      names.map((name) => `/dev/mapper/${name}`),
    );
  }

  /** From now on all I/O of the disk fails. Throws GuestCommandError. */
  async break(device: string): Promise<void> {
    const name = device.replace('/dev/mapper/', '');
    const table = `0 $(blockdev --getsz ${shellQuote(device)}) error`;
    await succeed(this.recording, [
      `dmsetup reload ${name} --table "${table}"`,
      `dmsetup resume --nolockfs ${name}`,
    ]);
  }
}

async function succeed(recording: Recording, commands: readonly string[]): Promise<void> {
  const script = ['export DM_DISABLE_UDEV=1', ...commands].join(' && ');
  const result = await recording.run(script);
  if (result.status !== 0) throw new GuestCommandError(script, result);
}
