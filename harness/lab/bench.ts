/** What `ulogcheck bench` measures: nodes, and what a userspace log costs beside the kernel's own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../cache/index.js';
import { shellCommand } from '../guest/index.js';
import type { PrepareOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { createDisks } from './disks.js';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { BootKernel } from './boot-kernel.js';
import { bootedGolden } from './golden.js';
import { openGolden } from './open-golden.js';
import { Node } from './node.js';
import { prepareRun } from './prepare.js';
import { Subject } from './subject.js';

/** Milliseconds of several repetitions, in order of measuring. */
export type Samples = readonly number[];

/** One comparison of the two kinds of log in one VM. */
export interface ResyncComparison {
  readonly vcpus: number;
  readonly regions: number;
  /** Sectors per region. */
  readonly regionSectors: number;
  /** Milliseconds of guest time from the creation of the mirror until it is in sync. */
  readonly core: Samples;
  readonly userspace: Samples;
  /** Requests that the kernel sent in one such resync. */
  readonly requests: number;
}

/** What the benchmark found. */
export interface Bench {
  readonly qemu: string;
  readonly kernel: string;
  readonly daemon: string;
  /** From the start of QEMU until a command can be run, milliseconds of host time. */
  readonly boot: Samples;
  readonly restore: Samples;
  /** As restore, with the daemon running, the recorder listening and three disks plugged in. */
  readonly restoreReady: Samples;
  /** Two such nodes at once, which share their disks. */
  readonly twoNodes: Samples;
  readonly resyncs: readonly ResyncComparison[];
}

const REGIONS = 2048;
/** The smallest that the kernel takes, where the log is nearly all of the work; and 64 KiB. */
const REGION_SECTORS = [8, 128];
const RESYNC_DEADLINE_MS = 300_000;

/** Measures everything `repetitions` times. Throws what prepareRun and nodes throw. */
export async function bench(
  options: Omit<PrepareOptions, 'daemons' | 'golden'> & { readonly daemon: string },
  repetitions: number,
  progress: ProgressSink,
): Promise<Bench> {
  const prepared = await prepareRun({ ...options, daemons: [options.daemon], golden: 'both' }, progress);
  const environment = prepared.environment as RunEnvironment;
  const subject = environment.subjects[options.daemon];
  if (subject === undefined) throw new Error(`${options.daemon} was not prepared`);
  await using directory = await ownedTempDir('ulogcheck-bench-');
  const cache = await Cache.open({ progress });
  await using bootKernel = new BootKernel(cache, environment.kernel, progress);
  const nodes = new BenchNodes(environment, subject, directory.path, bootKernel);
  const resyncs: ResyncComparison[] = [];
  const machine = { cache, environment, bootKernel, images: subject, vcpus: 2, progress };
  const golden = await bootedGolden(machine);
  for (const regionSectors of REGION_SECTORS) {
    resyncs.push(await compareResyncs(nodes, golden, regionSectors, repetitions, directory.path));
  }
  // Unpacked before anything is measured, as for all but the first test of a run.
  await openGolden(made(subject.golden.booted));
  await openGolden(made(subject.golden.ready));
  const boot: number[] = [];
  const restore: number[] = [];
  const restoreReady: number[] = [];
  const twoNodes: number[] = [];
  // By turns, so that a host that grows slower does so for all.
  for (let turn = 0; turn < repetitions; turn++) {
    boot.push(await milliseconds(() => nodes.boot()));
    restore.push(await milliseconds(() => nodes.restore('booted')));
    restoreReady.push(await milliseconds(() => nodes.restore('ready')));
    twoNodes.push(
      await milliseconds(async () => {
        const disks = await createDisks(directory.path, ['leg0', 'leg1', 'log']);
        return await Promise.all([nodes.ready(disks), nodes.ready(disks)]);
      }),
    );
  }
  return {
    qemu: prepared.qemu,
    kernel: prepared.release,
    daemon: subject.profile.name,
    ...{ boot, restore, restoreReady, twoNodes, resyncs },
  };
}

/** Makes the nodes that are timed. */
class BenchNodes {
  #made = 0;

  constructor(
    readonly environment: RunEnvironment,
    readonly subject: SubjectEnvironment,
    private readonly directory: string,
    private readonly bootKernel: BootKernel,
  ) {}

  async boot(): Promise<AsyncDisposable[]> {
    return [await Node.boot({ ...(await this.#options()), vmlinux: await this.bootKernel.path() })];
  }

  async restore(layer: 'booted' | 'ready'): Promise<AsyncDisposable[]> {
    if (layer === 'ready')
      return [await this.ready(await createDisks(this.directory, ['leg0', 'leg1', 'log']))];
    const golden = await openGolden(made(this.subject.golden.booted));
    return [await Node.restore({ ...(await this.#options()), golden, disks: [] })];
  }

  async ready(disks: Parameters<typeof Node.restore>[0]['disks']): Promise<AsyncDisposable> {
    const golden = await openGolden(made(this.subject.golden.ready));
    const node = await Node.restore({ ...(await this.#options()), golden, disks });
    await node.record();
    return node;
  }

  async #options(): Promise<Omit<Parameters<typeof Node.boot>[0], 'vmlinux'>> {
    const name = `bench${++this.#made}`;
    const directory = join(this.directory, name);
    await mkdir(directory);
    return { environment: this.environment, images: this.subject, name, directory };
  }
}

/** The directory of a golden node that was asked for. */
function made(directory: string | undefined): string {
  if (directory === undefined) throw new Error('a golden node is missing');
  return directory;
}

/** How long it takes until what `make` makes is there; its end is not counted. */
async function milliseconds(make: () => Promise<readonly AsyncDisposable[]>): Promise<number> {
  const began = performance.now();
  const made = await make();
  const took = performance.now() - began;
  for (const node of made) await node[Symbol.asyncDispose]();
  return took;
}

async function compareResyncs(
  { environment, subject }: BenchNodes,
  golden: string,
  regionSectors: number,
  repetitions: number,
  scratch: string,
): Promise<ResyncComparison> {
  const directory = join(scratch, `resync-${regionSectors}`);
  await mkdir(directory);
  const bytes = REGIONS * regionSectors * 512;
  await using node = await Node.restore({
    environment,
    images: subject,
    name: 'resync',
    directory,
    golden: await openGolden(golden),
    disks: await createDisks(directory, ['leg0', 'leg1'], bytes),
  });
  const silent = { subject: () => Promise.resolve() };
  const daemon = new Subject(subject.profile, node.session, silent, join(directory, 'daemon.log'));
  await daemon.start();
  const sectors = REGIONS * regionSectors;
  const table = (log: string): string =>
    `0 ${sectors} mirror ${log} ${regionSectors} 2 ${node.disk(0)} 0 ${node.disk(1)} 0`;
  const resync = async (log: string): Promise<number> => {
    const output = await node.session.succeed(resyncScript(table(log), `${REGIONS}/${REGIONS}`), {
      deadlineMs: RESYNC_DEADLINE_MS,
    });
    return Number(output) * 1000;
  };
  const core: number[] = [];
  const userspace: number[] = [];
  for (let turn = 0; turn < repetitions; turn++) {
    core.push(await resync('core 1'));
    userspace.push(await resync(`userspace 3 bench${turn} clustered-core`));
  }
  await node.session.succeed(COUNT_REQUESTS);
  await resync('userspace 3 counted clustered-core');
  const requests = Number(await node.session.succeed(READ_REQUESTS));
  await daemon.close();
  return { vcpus: node.vcpus, regions: REGIONS, regionSectors, core, userspace, requests };
}

/**
 * Creates the mirror, waits until it is in sync, removes it, and prints the seconds until then. The kernel raises an
 * event when that is so (spec SYNC-15); the status is looked at once for each event.
 */
function resyncScript(table: string, full: string): string {
  return [
    'began=$(cut -d" " -f1 /proc/uptime)',
    shellCommand(['dmsetup', 'create', 'm', '--table', table]),
    'events=0',
    `until case "$(dmsetup status m)" in *" ${full} "*) true;; *) false;; esac; do dmsetup wait m "$events" || exit 1; events=$(dmsetup info -c --noheadings -o events m); done`,
    'ended=$(cut -d" " -f1 /proc/uptime)',
    'dmsetup remove m',
    'awk "BEGIN { print $ended - $began }"',
  ].join(' && ');
}

const TRACEFS = '/sys/kernel/tracing';
const COUNT_REQUESTS = [
  `echo 'p:ulogcheck_bench/consult dm_log_userspace:dm_consult_userspace' >> ${TRACEFS}/kprobe_events`,
  `echo 1 > ${TRACEFS}/events/ulogcheck_bench/consult/enable`,
].join(' && ');
const READ_REQUESTS = `awk '$1 == "consult" { print $2 }' ${TRACEFS}/kprobe_profile`;
