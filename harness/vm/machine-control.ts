/** What the harness asks of a running machine over QMP. */
import { type ScsiDisk, scsiDiskOptions } from './command-line.js';
import { InfraError } from './errors.js';
import { type QmpClient, QmpClosedError, type QmpEvent } from './qmp.js';

/** Plugs a raw disk into the bus `scsi.0` at `target`. Throws QmpCommandError. */
export async function plugDisk(qmp: QmpClient, disk: ScsiDisk, target: number): Promise<void> {
  const { blockdev, device } = scsiDiskOptions(disk, target);
  await qmp.execute('blockdev-add', blockdev);
  await qmp.execute('device_add', device);
}

/** Resolves when a migration that is about to begin has completed; rejects with InfraError when it failed. */
export async function migrationEnd(qmp: QmpClient): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const listener = ({ event, data }: QmpEvent): void => {
      if (event !== 'MIGRATION') return;
      const status = String(data['status']);
      if (status !== 'completed' && status !== 'failed') return;
      qmp.off('event', listener);
      if (status === 'completed') resolve();
      else
        void reason(qmp).then((why) =>
          reject(new InfraError(`QEMU could not move the machine's state: ${why}`)),
        );
    };
    qmp.on('event', listener);
    qmp.once('close', () =>
      reject(new QmpClosedError('QEMU ended before the state of the machine was moved')),
    );
  });
}

async function reason(qmp: QmpClient): Promise<string> {
  const answer = (await qmp.execute('query-migrate').catch(() => undefined)) as
    { readonly 'error-desc'?: string } | undefined;
  return answer?.['error-desc'] ?? 'it does not say why';
}
