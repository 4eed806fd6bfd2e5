import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { runOwned } from './owned.mjs';

/**
 * A flock(2) lock on an open file of ours. The kernel drops it when the last process that has this open file is
 * gone, so it can be neither stale nor forgotten. `fd` may be handed to children that must hold the lock too.
 * @typedef {object} FileLock
 * @property {number} fd
 * @property {() => void} release
 */

/** Exit status by which flock(1) tells that somebody else holds the lock. */
const CONFLICT = 75;

/**
 * Locks `path` (made if missing), shared or exclusive; waits for others as long as they live.
 *
 * Node cannot call flock(2). flock(1) can lock a descriptor that it inherited, and such a lock belongs to the
 * open file, which is ours as well: it stays when flock(1) has ended.
 * @param {string} path
 * @param {'shared' | 'exclusive'} mode
 * @param {() => void} onWait called once if the wait is long enough to be felt
 * @returns {Promise<FileLock>}
 */
export async function lockFile(path, mode, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a');
  try {
    const { status } = await runOwned(
      ['flock', `--${mode}`, '--nonblock', '--conflict-exit-code', String(CONFLICT), '3'],
      { fds: [fd], allow: [0, CONFLICT] },
    );
    if (status === CONFLICT) {
      const felt = setTimeout(onWait, 500);
      await runOwned(['flock', `--${mode}`, '3'], { fds: [fd] });
      clearTimeout(felt);
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { fd, release: () => closeSync(fd) };
}
