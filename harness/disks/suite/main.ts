import { Cache, CacheError } from '../../cache/index.js';
import { PackageError } from '../../setup/packages-errors.js';
import { IscsiTargetError } from '../iscsi/index.js';
import { comparisonText } from './comparison.js';
import { PeerError } from './peer-target.js';
import { runDiskSuite } from './run-suite.js';

/** `npm run disk-suite`. Exit status 0: ours passes what tgt passes; 1: it does not; 69: it could not be run. */
const UNAVAILABLE = 69;

try {
  const cache = await Cache.open();
  const { comparison, peers } = await runDiskSuite(cache, (event) => {
    if (event.kind === 'begin') process.stdout.write(`${event.stage.padEnd(5)}  ${event.what}\n`);
  });
  process.stdout.write(`${peers.join(', ')}\n${comparisonText(comparison)}\n`);
  if (!comparison.good) process.exitCode = 1;
} catch (error) {
  const foreseen = [CacheError, PackageError, IscsiTargetError, PeerError].some(
    (kind) => error instanceof kind,
  );
  if (!foreseen) throw error;
  process.stderr.write(`disk-suite: ${(error as Error).message}\n`);
  process.exitCode = UNAVAILABLE;
}
