/** Golden nodes: booted once, kept as snapshots in the cache, and copied for each test (docs/snapshots.md). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, copyFile, constants, stat, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cache, JsonValue } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { type KernelReport, starvability } from '../kernel-log/index.js';
import { type ArmedGuest, armGuest, armScript, BUFFER_KIB } from '../recorder/index.js';
import { InfraError, qemuArguments } from '../vm/index.js';
import type { BaseEnvironment } from './environment.js';
import { PATTERN_PATH, patternBytes } from './write-scripts.js';
import { Node } from './node.js';
import { type NodeImages, nodeShape } from './node-shape.js';
import type { RunningSubject } from './subject.js';

/** Raised when golden nodes are made in another way. */
const LAYOUT = 1;
/** More than this many are not kept: each is some 150 MB of RAM on disk. */
const KEPT = 16;
/** A report of the kernel is taken for complete after this time. */
const REPORT_MS = 10_000;

/** What is known of a golden node besides its RAM and state. */
export interface GoldenFacts {
  readonly vcpus: number;
  /** Set when its recorder is armed. */
  readonly armed?: ArmedGuest;
  /** Set when the daemon under test runs in it. */
  readonly subject?: RunningSubject;
  /** What its kernel reported about itself; it holds for every copy. */
  readonly reports?: readonly KernelReport[];
}

/** A snapshot that nodes can be restored from. Plain data. */
export interface Golden {
  readonly ram: string;
  readonly state: string;
  readonly facts: GoldenFacts;
}

/** Which golden node is wanted. */
export interface GoldenOptions {
  readonly cache: Cache;
  readonly environment: BaseEnvironment;
  readonly images: NodeImages;
  readonly vcpus: number;
  readonly progress: ProgressSink;
}

/** Who answers the kernel in a golden node of the second layer. */
export interface Inhabitant {
  readonly name: string;
  /** All that decides what it is, besides the node's images. */
  readonly identity: JsonValue;
  /** Starts it in a node and waits until it is ready; `directory` may receive its log. */
  start(node: Node, directory: string): Promise<RunningSubject | undefined>;
}

/**
 * Directory of the first layer: booted, and what the usual commands read is in memory.
 * Throws BootError, GuestUnreachable or InfraError.
 */
export async function bootedGolden(options: GoldenOptions): Promise<string> {
  const { cache, environment, images, vcpus, progress } = options;
  const inputs = { layer: 'booted', ...(await identity(options)) };
  return await golden(cache, inputs, async (directory) => {
    await withProgress(progress, 'boot', `golden node of ${environment.kernel.release}`, async () => {
      const ram = join(directory, 'ram');
      await using node = await Node.boot({ environment, images, name: 'golden', directory, vcpus, ram });
      await node.session.writeFile(PATTERN_PATH, patternBytes());
      await node.session.succeed(WARM_UP);
      await checkClock(node);
      await save(node, directory, { vcpus });
    });
  });
}

/**
 * Directory of the second layer: a copy of the first one, with the recorder armed and the inhabitant ready. Throws
 * InfraError, RecorderArmError, and what the inhabitant throws.
 */
export async function readyGolden(options: GoldenOptions, inhabitant: Inhabitant): Promise<string> {
  const { cache, environment, images, vcpus, progress } = options;
  const first = loadGolden(await bootedGolden(options));
  const inputs = {
    layer: 'ready',
    ...(await identity(options)),
    arm: armScript({ cpus: vcpus, bufferKiB: BUFFER_KIB, preamble: '' }),
    inhabitant: inhabitant.identity,
  };
  return await golden(cache, inputs, async (directory) => {
    await withProgress(progress, 'boot', `golden node with ${inhabitant.name}`, async () => {
      const ram = join(directory, 'ram');
      await copyFile(first.ram, ram, constants.COPYFILE_FICLONE);
      // The copy of a sealed file is read-only too.
      await chmod(ram, 0o600);
      await using node = await Node.restore({
        environment,
        images,
        name: 'golden',
        directory,
        golden: { ...first, ram },
        template: true,
        disks: [],
      });
      const subject = await inhabitant.start(node, directory);
      const armed = await armGuest({ guest: node.session, cpus: vcpus });
      if (subject !== undefined) await checkAlive(node, subject, inhabitant);
      await save(node, directory, { ...first.facts, armed, ...(subject && { subject }) });
    });
  });
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

/**
 * So long the guest's clock is held against the host's, and by so much it may differ; for longer when it seems wrong, for
 * a busy host may have held up the commands that ask for the time.
 */
const CLOCK_CHECKS_MS = [2000, 10_000];
const CLOCK_TOLERANCE = 0.25;

/**
 * A guest that was starved while it measured its time stamp counter runs by a wrong clock for ever, and so would every
 * copy of it (seen: 11 times too fast). Throws InfraError.
 */
async function checkClock(node: Node): Promise<void> {
  const uptime = async (): Promise<{ guest: number; host: number }> => {
    const text = await node.session.succeed('cat /proc/uptime');
    return { guest: Number(text.split(' ')[0]) * 1000, host: performance.now() };
  };
  let ratio = 0;
  for (const ms of CLOCK_CHECKS_MS) {
    const before = await uptime();
    // By the host's clock: one of the guest's that hardly runs would take for ever.
    await pause(ms);
    const after = await uptime();
    ratio = (after.guest - before.guest) / (after.host - before.host);
    if (Math.abs(ratio - 1) <= CLOCK_TOLERANCE) return;
  }
  throw new InfraError(
    `the clock of the golden node runs at ${ratio.toFixed(2)} times the speed of the host's: the host was too busy ` +
      'while the guest calibrated it. Run again when less else is running.',
  );
}

/** Every copy would wait in vain for one that ended behind its readiness. Throws InfraError. */
async function checkAlive(
  { session }: Node,
  { pid, lines }: RunningSubject,
  { name }: Inhabitant,
): Promise<void> {
  const alive = await session.run(`grep -q '^State:.[^ZX]' /proc/${pid}/status`);
  if (alive.status === 0) return;
  const said = lines.map(({ text }) => `  ${text}`).join('\n');
  throw new InfraError(
    `no golden node with ${name}: it was ready, and ended at once; it had printed:\n${said}`,
  );
}

/** The session ends before the state is taken: its other end does not live on. */
async function save(node: Node, directory: string, facts: GoldenFacts): Promise<void> {
  await node.hangUp();
  const reports = [...(facts.reports ?? []), ...(await reportsOf(node))];
  await node.vm.save(join(directory, 'state'));
  await writeFile(join(directory, 'facts.json'), JSON.stringify({ ...facts, reports }));
}

/** Without lockups and the like: nobody measures here whether the host let the node run. */
async function reportsOf({ vm }: Node): Promise<KernelReport[]> {
  await vm.console.reportsEnded(REPORT_MS);
  return vm.console.reported.flatMap((event) =>
    event.type === 'ended' && starvability(event.report.kind) === 'no' ? [event.report] : [],
  );
}

/** A golden node by its directory. */
export function loadGolden(directory: string): Golden {
  const facts = JSON.parse(readFileSync(join(directory, 'facts.json'), 'utf8')) as GoldenFacts;
  return { ram: join(directory, 'ram'), state: join(directory, 'state'), facts };
}

async function golden(
  cache: Cache,
  inputs: { readonly [name: string]: JsonValue },
  build: (directory: string) => Promise<void>,
): Promise<string> {
  return await cache.entry('snapshot', { layout: LAYOUT, ...inputs }, async (directory) => {
    await cache.keepLatest('snapshot', KEPT - 1);
    await build(directory);
  });
}

/** All that decides what a golden node is: QEMU, its machine with kernel and images, and what is done in it at first. */
async function identity(options: GoldenOptions): Promise<{ readonly [name: string]: JsonValue }> {
  const { cache, environment, images, vcpus } = options;
  const { qemu, accelerator } = environment;
  const nowhere = { ...qemu, command: [], firmwareDirs: [] };
  const machine = qemuArguments(nowhere, nodeShape(environment, images, vcpus), '');
  return {
    qemu: [qemu.version, ...(await Promise.all(qemu.command.map((word) => programIdentity(cache, word))))],
    // Emulation, too: its time stamp counter is the host's, and the guest has calibrated it.
    host: [accelerator, cpus()[0]?.model ?? ''],
    machine: machine.map((word) => word.replaceAll(cache.directory, '')),
    warmUp: WARM_UP,
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
