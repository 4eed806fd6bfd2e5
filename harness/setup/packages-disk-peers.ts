import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import type { Program } from './packages-tool.js';
import { fromTree } from './packages-tools.js';
import { PackageSource, pinned } from './packages.js';

/** Others' programs that emulated disks are held against. */
export interface DiskPeers {
  /** libiscsi's test suite of targets. */
  readonly testSuite: Program;
  /** An iSCSI target in userspace, and what sets it up. */
  readonly tgtd: Program;
  readonly tgtadm: Program;
  /** `name=version` of the packages that they come from. */
  readonly versions: readonly string[];
}

const PEERS = ['libiscsi-bin', 'tgt'];

/** Debian stable's, unpacked into the cache with all their libraries. Throws {@link PackageError}. */
export async function diskPeers(cache: Cache, progress?: ProgressSink): Promise<DiskPeers> {
  const source = await PackageSource.open(cache, 'stable', progress);
  const { path, packages } = await source.tree('libiscsi and tgt', PEERS, 'with-dependencies');
  return {
    testSuite: fromTree(path, 'usr/bin/iscsi-test-cu'),
    tgtd: fromTree(path, 'usr/sbin/tgtd'),
    tgtadm: fromTree(path, 'usr/sbin/tgtadm'),
    versions: packages.filter(({ name }) => PEERS.includes(name)).map(pinned),
  };
}
