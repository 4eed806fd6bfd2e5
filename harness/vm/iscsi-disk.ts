/** Disks that QEMU's own iSCSI client fetches, passed through to the guest (docs/disks.md, way A). */
import { within } from './deadline.js';
import { InfraError } from './errors.js';
import { type QmpClient, QmpCommandError, type QmpEvent } from './qmp.js';

/** A unit of an iSCSI target. */
export interface IscsiUnit {
  readonly port: number;
  readonly target: string;
  readonly lun: number;
  /** iSCSI name that QEMU gives itself. */
  readonly initiator: string;
  readonly chap?: { readonly user: string; readonly secret: string };
}

/** For the guest to let go of a device. */
const UNPLUG_DEADLINE_MS = 30_000;
/** Seconds after which QEMU gives a command up; without it the guest waits for ever (spec scsi-paths). */
const COMMAND_SECONDS = 30;

function names(scsiId: number): { readonly node: string; readonly secret: string } {
  return { node: `iscsi${scsiId}`, secret: `iscsi${scsiId}-secret` };
}

/**
 * Plugs a unit of a target on 127.0.0.1 into the bus `scsi.0` at `scsiId`; several machines may have it. Throws
 * QmpCommandError, and InfraError for a QEMU without the driver.
 */
export async function plugIscsi(qmp: QmpClient, unit: IscsiUnit, scsiId: number): Promise<void> {
  const { node, secret } = names(scsiId);
  const { port, target, lun, initiator, chap } = unit;
  if (chap !== undefined)
    await qmp.execute('object-add', { 'qom-type': 'secret', id: secret, data: chap.secret });
  const blockdev = {
    ...{ driver: 'iscsi', 'node-name': node, transport: 'tcp', portal: `127.0.0.1:${port}` },
    ...{ target, lun, 'initiator-name': initiator, timeout: COMMAND_SECONDS },
    ...(chap && { user: chap.user, 'password-secret': secret }),
  };
  await qmp.execute('blockdev-add', blockdev).catch((error: unknown) => {
    if (!(error instanceof QmpCommandError) || !/driver/i.test(error.message)) throw error;
    throw new InfraError(
      `${error.message}. Disks through QEMU's own initiator need its iSCSI block driver (in Debian the package ` +
        'qemu-block-extra): install it, or let ulogcheck use the QEMU that it unpacks.',
      { cause: error },
    );
  });
  const place = { bus: 'scsi.0', 'scsi-id': scsiId, lun: 0 };
  await qmp.execute('device_add', {
    driver: 'scsi-block',
    id: node,
    ...place,
    drive: node,
    'share-rw': true,
  });
}

/**
 * Takes it out again, and waits until the guest has let go of it. QEMU drains it: what the target withholds must have been
 * answered or dropped before.
 */
export async function unplugIscsi(qmp: QmpClient, scsiId: number, hasSecret: boolean): Promise<void> {
  const { node, secret } = names(scsiId);
  const deleted = new Promise<void>((resolve) => {
    const listener = ({ event, data }: QmpEvent): void => {
      if (event !== 'DEVICE_DELETED' || data['device'] !== node) return;
      qmp.off('event', listener);
      resolve();
    };
    qmp.on('event', listener);
  });
  await qmp.execute('device_del', { id: node });
  await within(deleted, UNPLUG_DEADLINE_MS, `the guest to let go of ${node}`);
  await qmp.execute('blockdev-del', { 'node-name': node });
  if (hasSecret) await qmp.execute('object-del', { id: secret });
}
