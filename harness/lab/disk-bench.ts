/** What `ulogcheck bench` measures of disks from within a node: ours beside Debian's tgt, by the same way, by turns. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskLoad } from '../../vm-images/index.js';
import { Cache } from '../cache/index.js';
import { shellCommand } from '../guest/index.js';
import type { PrepareOptions } from '../plan/prepared.js';
import { type ProgressSink, withProgress } from '../progress.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { diskPeers } from '../setup/packages-disk-peers.js';
import { type Contender, contenders, DISK_BYTES, type Way } from './disk-contenders.js';
import type { RunEnvironment } from './environment.js';
import { Node } from './node.js';
import { openGolden } from './open-golden.js';
import { prepareRun } from './prepare.js';

/** One kind of load. */
export interface DiskJob {
  readonly name: string;
  readonly direction: 'read' | 'write';
  readonly order: 'random' | 'sequential';
  /** Of each operation. */
  readonly bytes: number;
  /** Operations under way at a time. */
  readonly depth: number;
}

/** How a disk did it for a second, as the node saw it. */
export interface DiskSample {
  readonly perSecond: number;
  /** 99th percentile of the times of single operations, ms. */
  readonly p99Ms: number;
}

/** All samples of a job on one way; index by index they were taken one after the other. */
export interface DiskComparison {
  readonly way: Way;
  readonly job: DiskJob;
  readonly samples: Readonly<Record<Contender['name'], readonly DiskSample[]>>;
}

/** What was found from within a node. */
export interface GuestDiskBench {
  readonly qemu: string;
  readonly kernel: string;
  /** Package and version. */
  readonly peer: string;
  readonly rounds: number;
  readonly comparisons: readonly DiskComparison[];
}

const job = (
  kib: number,
  order: DiskJob['order'],
  direction: DiskJob['direction'],
  depth: number,
): DiskJob => ({
  name: `${kib === 1024 ? '1 MiB' : `${kib} KiB`} ${order} ${direction}s, depth ${depth}`,
  ...{ direction, order, bytes: kib * 1024, depth },
});

const JOBS: readonly DiskJob[] = [
  job(4, 'random', 'read', 1),
  job(4, 'random', 'write', 1),
  job(4, 'random', 'read', 8),
  job(4, 'random', 'write', 8),
  job(1024, 'sequential', 'read', 1),
  job(1024, 'sequential', 'write', 1),
];
/**
 * Before anything is measured. All blocks are written: no disk has an easy time of it with blocks that it does not have. And
 * V8 compiles what runs often, after some thousand times: 200 microseconds for a command before that, 40 after (as seen).
 */
const WARM_UP: readonly DiskJob[] = [
  job(1024, 'sequential', 'write', 1),
  job(1024, 'sequential', 'read', 1),
  job(4, 'random', 'write', 8),
  job(4, 'random', 'read', 8),
];
const WARM_UP_MS = 2000;
/** Of one sample. */
const SAMPLE_MS = 1000;
const PROGRAM = '/run/ulogcheck-disk-load';
const DEADLINE_MS = 120_000;

/** Measures everything `rounds` times. Throws what prepareRun, nodes and drives throw, PackageError and PeerError. */
export async function guestDiskBench(
  options: Omit<PrepareOptions, 'daemons' | 'golden' | 'underTest'>,
  rounds: number,
  progress: ProgressSink,
): Promise<GuestDiskBench> {
  const underTest = new Set(['kernel' as const]);
  const prepared = await prepareRun({ ...options, daemons: [], underTest, golden: 'ready' }, progress);
  const environment = prepared.environment as RunEnvironment;
  const cache = await Cache.open({ progress });
  const program = await readFile(await diskLoad(cache, progress));
  const peers = await diskPeers(cache, progress);
  await using directory = await ownedTempDir('ulogcheck-bench-');
  await using node = await restore(environment, directory.path);
  await node.session.writeFile(PROGRAM, program, 0o755);
  const comparisons: DiskComparison[] = [];
  await using all = await contenders(peers, node);
  for (const way of all.ways) {
    const found = await withProgress(progress, 'test', `disks by way ${way.name}`, () =>
      compare(node, way.name, way.contenders, rounds),
    );
    comparisons.push(...found);
  }
  const peer = peers.versions.find((version) => version.startsWith('tgt=')) ?? '';
  return { qemu: prepared.qemu, kernel: prepared.release, peer, rounds, comparisons };
}

async function restore(environment: RunEnvironment, scratch: string): Promise<Node> {
  const directory = join(scratch, 'disk-bench');
  await mkdir(directory);
  const { golden } = environment.plain;
  const options = { environment, images: environment.plain, name: 'bench', directory, disks: [] };
  return await Node.restore({ ...options, golden: await openGolden(golden.ready ?? '') });
}

async function compare(
  node: Node,
  way: Way,
  rivals: readonly Contender[],
  rounds: number,
): Promise<DiskComparison[]> {
  for (const { device } of rivals) {
    for (const one of WARM_UP) await sample(node, device, one, WARM_UP_MS);
  }
  const found: DiskComparison[] = [];
  for (const one of JOBS) {
    const samples: Record<Contender['name'], DiskSample[]> = { ours: [], 'ours by a socket': [], tgt: [] };
    for (let round = 0; round < rounds; round++) {
      // By turns, each as often first: a machine that grows slower, or a host that has other work, is nobody's advantage.
      for (const { name, device } of round % 2 === 0 ? rivals : rivals.toReversed())
        samples[name].push(await sample(node, device, one, SAMPLE_MS));
    }
    found.push({ way, job: one, samples });
  }
  return found;
}

async function sample(node: Node, device: string, one: DiskJob, ms: number): Promise<DiskSample> {
  const { direction, order, bytes, depth } = one;
  const words = [PROGRAM, device, direction, order, bytes, depth, DISK_BYTES, ms].map(String);
  const output = await node.session.succeed(shellCommand(words), { deadlineMs: DEADLINE_MS });
  const [count = NaN, elapsed = NaN, , p99 = NaN] = output.trim().split(' ').map(Number);
  return { perSecond: (count * 1e9) / elapsed, p99Ms: p99 / 1e6 };
}
