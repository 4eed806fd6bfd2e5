/** Golden nodes: booted once, kept as snapshots in the cache, and copied for each test (docs/snapshots.md). */
import { createHash } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { type Cache, type JsonValue, SNAPSHOT_KIND } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { type KernelReport, starvability } from '../kernel-log/index.js';
import { type ArmedGuest, armGuest, armScript, BUFFER_KIB } from '../recorder/index.js';
import { InfraError, qemuArguments } from '../vm/index.js';
import { aliveScript } from './alive.js';
import type { BootKernel } from './boot-kernel.js';
import type { BaseEnvironment } from './environment.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { BUILT_IN_SERIALS, createDisks } from './disks.js';
import { PATTERN_PATH, patternBytes } from './write-scripts.js';
import { Node } from './node.js';
import { type NodeImages, nodeShape } from './node-shape.js';
import { ClockCheck, withRightClock } from './clock-check.js';
import { packedFilesIn, packMemory } from './packed-memory.js';
import { Places } from './places.js';
import { withSnapshotSpace } from './snapshot-space.js';
import type { RunningSubject } from './subject.js';

/** Raised when golden nodes are made in another way. */
const LAYOUT = 3;
/** A guest that is starved while it boots has a wrong clock: no more of them at a time than there are cores. */
const boots = new Places(availableParallelism());
/** A report of the kernel is taken for complete after this time. */
const REPORT_MS = 10_000;

/** What is known of a golden node besides its RAM and state. */
export interface GoldenFacts {
  readonly vcpus: number;
  /** Device nodes of the disks that it and every copy has, by their targets. */
  readonly disks: readonly string[];
  /** Set when its recorder is armed. */
  readonly armed?: ArmedGuest;
  /** Set when the daemon under test runs in it. */
  readonly subject?: RunningSubject;
  /** Set when the puppet's relay runs in it: its process id. */
  readonly relay?: number;
  /** What its kernel reported about itself; it holds for every copy. */
  readonly reports?: readonly KernelReport[];
}

/** Which golden node is wanted. */
export interface GoldenOptions {
  readonly cache: Cache;
  readonly environment: BaseEnvironment;
  readonly bootKernel: BootKernel;
  readonly images: NodeImages;
  readonly vcpus: number;
  readonly progress: ProgressSink;
}

/** Who lives in a golden node, as its facts tell it. */
export type Inhabitants = Pick<GoldenFacts, 'subject' | 'relay'>;

/** Who answers the kernel in a golden node that is ready. */
export interface Inhabitant {
  readonly name: string;
  /** All that decides what it is, besides the node's images. */
  readonly identity: JsonValue;
  /** Starts it in a node and waits until it is ready; `directory` may receive its log. */
  start(node: Node, directory: string): Promise<Inhabitants>;
}

/**
 * Directory of a golden node (see open-golden.ts) that was booted, and in which what the usual commands read is in memory.
 * Throws BootError, GuestUnreachable, InfraError or CacheError.
 */
export async function bootedGolden(options: GoldenOptions): Promise<string> {
  const inputs = { layer: 'booted', ...(await identity(options)) };
  const what = `golden node of ${options.environment.kernel.release}`;
  return await golden(options, inputs, what, async () => Promise.resolve({}));
}

/**
 * Directory of a golden node in which, besides, the inhabitant is ready and the recorder armed. Throws BootError,
 * GuestUnreachable, InfraError, CacheError, RecorderArmError, and what the inhabitant throws.
 */
export async function readyGolden(options: GoldenOptions, inhabitant: Inhabitant): Promise<string> {
  const { vcpus } = options;
  const inputs = {
    layer: 'ready',
    ...(await identity(options)),
    arm: armScript({ cpus: vcpus, bufferKiB: BUFFER_KIB, preamble: '' }),
    inhabitant: inhabitant.identity,
  };
  return await golden(options, inputs, `golden node with ${inhabitant.name}`, async (node, directory) => {
    const lives = await inhabitant.start(node, directory);
    const armed = await armGuest({ guest: node.session, cpus: vcpus });
    await checkAlive(node, lives, inhabitant);
    return { ...lives, armed };
  });
}

/** The RAM of a golden node while it runs. */
const WHOLE_RAM = 'ram.whole';

/** Boots a node, lets `furnish` do its part, and keeps it under `inputs`, unless that is there already. */
async function golden(
  options: GoldenOptions,
  inputs: { readonly [name: string]: JsonValue },
  what: string,
  furnish: (node: Node, directory: string) => Promise<Omit<GoldenFacts, 'vcpus' | 'disks'>>,
): Promise<string> {
  const { cache, environment, bootKernel, images, vcpus, progress } = options;
  const build = async (directory: string): Promise<void> => {
    await withProgress(progress, 'boot', what, async () => {
      const ram = join(directory, WHOLE_RAM);
      const vmlinux = await bootKernel.path();
      await using scratch = await ownedTempDir('ulogcheck-golden-');
      const disks = await createDisks(scratch.path, BUILT_IN_SERIALS);
      const options = { environment, images, name: 'golden', directory, vmlinux, disks, vcpus, ram };
      await using node = await Node.boot(options);
      const clock = await ClockCheck.begin(node);
      await node.session.succeed(`${SMALL_READS}\n${COPY_UP}`);
      await node.session.writeFile(PATTERN_PATH, patternBytes());
      await node.session.succeed(WARM_UP);
      const facts = await furnish(node, directory);
      await clock.end();
      await node.session.succeed(USUAL_READS);
      await save(node, directory, ram, { vcpus, ...facts, disks: node.disks });
    });
  };
  return await withSnapshotSpace(
    cache,
    async (haveSpace) =>
      await cache.entry(SNAPSHOT_KIND, { layout: LAYOUT, ...inputs }, async (directory) => {
        await haveSpace();
        await boots.run(async () => {
          await withRightClock(async () => {
            await rm(join(directory, WHOLE_RAM), { force: true });
            await build(directory);
          });
        });
      }),
  );
}

/** Brings into memory what tests run: the shell, device-mapper's tool, dd, cmp and Perl. */
const WARM_UP = [
  'dmsetup version',
  `dd if=${PATTERN_PATH} of=/run/warm bs=4096 count=1 oflag=append conv=notrunc status=none`,
  'cmp /run/warm /run/warm',
  'rm /run/warm',
  'perl -MPOSIX -e 1',
  'awk 1 /dev/null; grep -q x /dev/null; wc -l /dev/null; seq 1; setsid true; taskset -c 0 true; cat /dev/null',
].join(' && ');

/** Every disk of the node. */
const READ_AHEAD = '/sys/block/vd*/queue/read_ahead_kb';
/**
 * What is read ahead and not used would be in the snapshot (seen: 27 MiB of the guest's Node): while a golden node
 * is made, its system disks are read by the page. KiB; the second one is Linux's default.
 */
const SMALL_READS = `for disk in ${READ_AHEAD}; do echo 4 >"$disk"; done`;
/** What every copy writes anew lies in the writable layer already. */
const COPY_UP = ': >/etc/machine-id';
const USUAL_READS = `for disk in ${READ_AHEAD}; do echo 128 >"$disk"; done`;

/** Every copy would wait in vain for one that ended behind its readiness. Throws InfraError. */
async function checkAlive(
  { session }: Node,
  { subject, relay }: Inhabitants,
  { name }: Inhabitant,
): Promise<void> {
  const pid = subject?.pid ?? relay;
  if (pid === undefined) return;
  const alive = await session.run(aliveScript(pid));
  if (alive.status === 0) return;
  const said = (subject?.lines ?? []).map(({ text }) => `  ${text}`).join('\n');
  throw new InfraError(
    `no golden node with ${name}: it was ready, and ended at once; it had printed:\n${said}`,
  );
}

/** The session ends before the state is taken: its other end does not live on. `ram` is packed, and goes. */
async function save(node: Node, directory: string, ram: string, facts: GoldenFacts): Promise<void> {
  await node.hangUp();
  const reports = await reportsOf(node);
  await node.vm.save(join(directory, 'state'));
  await packMemory(ram, packedFilesIn(directory));
  await rm(ram);
  await writeFile(join(directory, 'facts.json'), JSON.stringify({ ...facts, reports }));
}

/** Without lockups and the like: nobody measures here whether the host let the node run. */
async function reportsOf({ vm }: Node): Promise<KernelReport[]> {
  await vm.console.reportsEnded(REPORT_MS);
  return vm.console.reported.flatMap((event) =>
    event.type === 'ended' && starvability(event.report.kind) === 'no' ? [event.report] : [],
  );
}

/** All that decides what a golden node is: QEMU, its machine with kernel and images, and what is done in it at first. */
async function identity(options: GoldenOptions): Promise<{ readonly [name: string]: JsonValue }> {
  const { cache, environment, images, vcpus } = options;
  const { qemu, accelerator } = environment;
  const nowhereDisks = BUILT_IN_SERIALS.map((serial) => ({ serial, path: '' }));
  const nowhere = { ...qemu, command: [], firmwareDirs: [] };
  const machine = qemuArguments(nowhere, nodeShape(environment, images, vcpus, nowhereDisks), '');
  return {
    qemu: [qemu.version, ...(await Promise.all(qemu.command.map((word) => programIdentity(cache, word))))],
    // Emulation, too: its time stamp counter is the host's, and the guest has calibrated it.
    host: [accelerator, cpus()[0]?.model ?? ''],
    kernel: environment.kernel.identity,
    machine: machine.map((word) => word.replaceAll(cache.directory, '')),
    warmUp: [SMALL_READS, COPY_UP, WARM_UP, USUAL_READS],
    pattern: createHash('sha256').update(patternBytes()).digest('hex'),
  };
}

/** A word of QEMU's command: what lies in the cache is known by its name there, a host's binary by size and time. */
async function programIdentity(cache: Cache, word: string): Promise<JsonValue> {
  if (!isAbsolute(word)) return word;
  const inCache = relative(cache.directory, word);
  if (!inCache.startsWith('..')) return inCache;
  const { size, mtimeMs } = await stat(word);
  return [word, size, mtimeMs];
}
