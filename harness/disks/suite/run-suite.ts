import type { Cache } from '../../cache/index.js';
import type { ProgressSink } from '../../progress.js';
import { withProgress } from '../../progress.js';
import { diskPeers } from '../../setup/packages-disk-peers.js';
import { runTool, type Program } from '../../setup/packages-tool.js';
import { OwnedCommandError, runOwned } from '../../setup/owned.mjs';
import { IscsiTarget } from '../iscsi/index.js';
import { EmulatedTarget, LogicalUnit, MemoryStore } from '../scsi/index.js';
import { compareRuns, type Comparison } from './comparison.js';
import { readSuiteOutput, type SuiteResult, type SuiteResults } from './cunit-output.js';
import { startPeer } from './peer-target.js';

const BLOCK = 512;
/** 100 MiB, of which the tests write little. */
const BLOCKS = 204_800;
/** All tests of the families SCSI and iSCSI stand in this family as well. */
const FAMILY = 'ALL';
/** For the tests of one suite; those of RESERVE take 10 s, most of the others less than one. */
const SUITE_MS = 60_000;
/** libiscsi 1.20 waits without end for an answer that it cannot read (see comparison.ts). */
const HANGING = { suite: 'iSCSISendTargets', ms: 10_000 };

/**
 * Runs libiscsi's test suite against our target and against Debian's tgt, side by side, and compares them test by test:
 * the suite's exit status says nothing. Throws PackageError, PeerError, IscsiTargetError.
 */
export async function runDiskSuite(
  cache: Cache,
  progress: ProgressSink,
): Promise<{ readonly comparison: Comparison; readonly peers: readonly string[] }> {
  const peers = await diskPeers(cache, progress);
  using device = new EmulatedTarget();
  device.addUnit(
    0,
    new LogicalUnit({ serial: 'suite-0', store: new MemoryStore(BLOCKS, BLOCK), physicalExponent: 3 }),
  );
  await using target = await IscsiTarget.listen({ name: 'iqn.2026-11.invalid.ulogcheck:suite', device });
  await using peer = await startPeer(peers, BLOCKS * BLOCK);
  const { address } = target;
  if (!('port' in address)) throw new Error('the target of the suite listens on a port');
  const url = `iscsi://127.0.0.1:${address.port}/${target.name}/0`;
  const suites = await suitesOf(peers.testSuite);
  const [ours, theirs] = await withProgress(
    progress,
    'test',
    `${suites.length} suites of libiscsi, twice`,
    () => Promise.all([runAll(peers.testSuite, suites, url), runAll(peers.testSuite, suites, peer.url)]),
  );
  return { comparison: compareRuns(ours, theirs), peers: peers.versions };
}

/** Names of the family's suites, as `--list` has them: FAMILY.SUITE.TEST. */
async function suitesOf(program: Program): Promise<string[]> {
  const names = (await runTool(program, ['--list'])).split('\n').map((line) => line.trim().split('.'));
  return [...new Set(names.flatMap(([family, suite]) => (family === FAMILY && suite ? [suite] : [])))];
}

/** One process for each suite, so that one that hangs or crashes takes no other along. */
async function runAll(program: Program, suites: readonly string[], url: string): Promise<SuiteResults> {
  const all = new Map<string, SuiteResult>();
  for (const suite of suites) {
    for (const [name, result] of readSuiteOutput(await run(program, suite, url))) all.set(name, result);
  }
  return all;
}

/** What one suite prints; `--dataloss` lets it write. */
async function run({ command, env }: Program, suite: string, url: string): Promise<string> {
  const mixed = ['sh', '-c', 'exec "$@" 2>&1', 'sh'];
  try {
    const { stdout } = await runOwned(
      [...mixed, ...command, '--dataloss', '--test', `${FAMILY}.${suite}`, url],
      {
        env: { ...process.env, ...env },
        deadlineMs: suite === HANGING.suite ? HANGING.ms : SUITE_MS,
        allow: 'any',
      },
    );
    return stdout;
  } catch (error) {
    // It was ended by a signal: what it printed until then shows which test was under way.
    if (error instanceof OwnedCommandError) return error.stdout;
    throw error;
  }
}
