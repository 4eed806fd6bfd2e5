import type { Drive, ReachableDrives } from '../../disks/drives.js';
import { initiatorName } from '../../disks/drives.js';
import type { GuestSession } from '../../guest/index.js';
import { InfraError, plugIscsi, unplugIscsi, type VirtualMachine } from '../../vm/index.js';
import { findDrives, PLUGGED_AT } from './find-drives.js';
import type { NodeDrive } from './initiator.js';
import { SgDevice } from './sg-device.js';

/** The built-in disks, and what tests plug in besides, are below. */
const FIRST_SCSI_ID = 64;

interface Plugged {
  readonly scsiId: number;
  readonly naa: string;
  readonly hasSecret: boolean;
}

/**
 * Drives of a node through QEMU's own initiator (docs/disks.md, way A): quick, and for plain shared disks only. It makes a
 * success of status 0x22, answers resets itself, and shortens no answer.
 */
export class Passthrough {
  readonly #plugged = new Map<string, Plugged>();
  #nextId = FIRST_SCSI_ID;

  constructor(
    private readonly guest: GuestSession,
    private readonly vm: VirtualMachine,
    private readonly node: string,
  ) {}

  /**
   * Plugs in one of the drives, and returns when the guest has it and knows of no unit attention: while one waits, QEMU
   * itself refuses vendors' commands. Throws InfraError, for IDM drives too unless `evenIdm`, QmpCommandError or
   * GuestCommandError.
   */
  async plug(drives: ReachableDrives, { lun, serial, naa }: Drive, evenIdm = false): Promise<NodeDrive> {
    if (drives.idm && !evenIdm) {
      throw new InfraError(
        `${serial} has In-Drive-Mutexes: through QEMU's own initiator a refused lock would look like one that was granted. ` +
          "Let the node's own initiator log in to it.",
      );
    }
    const scsiId = this.#nextId++;
    const { chap, port, name } = drives;
    const unit = { port, target: name, lun, initiator: initiatorName(this.node), ...(chap && { chap }) };
    await this.guest.succeed('modprobe sg');
    await plugIscsi(await this.vm.qmp(), unit, scsiId);
    this.vm.beforeDraining(drives, () => drives.letGo());
    this.#plugged.set(serial, { scsiId, naa, hasSecret: chap !== undefined });
    const [found] = await findDrives(this.guest, 'come', PLUGGED_AT(scsiId), [naa]);
    if (found === undefined) throw new InfraError(`${this.node} has no device for ${serial}`);
    await using device = await SgDevice.open(this.guest, found.sg);
    await device.untilReady();
    return { lun, ...found };
  }

  /** Takes it out again; what the drives withhold is dropped before, for QEMU would wait for it. */
  async unplug(drives: ReachableDrives, { serial }: Drive): Promise<void> {
    const plugged = this.#plugged.get(serial);
    if (plugged === undefined) throw new InfraError(`${this.node} has no ${serial} plugged in`);
    this.#plugged.delete(serial);
    drives.letGo();
    await unplugIscsi(await this.vm.qmp(), plugged.scsiId, plugged.hasSecret);
    await findDrives(this.guest, 'go', PLUGGED_AT(plugged.scsiId), [plugged.naa]);
  }
}
