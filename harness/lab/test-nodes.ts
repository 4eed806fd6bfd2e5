import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../vm/index.js';
import type { KernelFinding } from '../results/model.js';
import { DEBUGGER } from '../history/index.js';
import { placeForDebugger } from './debugger.js';
import type { Inhabitants } from './golden.js';
import { type Golden, openGolden } from './open-golden.js';
import type { NodeSource } from './environment.js';
import type { HistoryFile } from './history-file.js';
import { KernelWatch } from './kernel-watch.js';
import { makeSubject, sourceOf } from './make-subject.js';
import type { Disk } from './disks.js';
import type { DrivesOptions } from '../disks/drives.js';
import { TestDrives } from './drives/test-drives.js';
import { Node } from './node.js';
import { memoryFile, saveMemory, type SavedMemory } from './node-memory.js';
import { Recording } from './recording.js';
import type { TestRun } from './run-test.js';
import type { Scene } from './scene.js';
import { TestLab } from './test-lab.js';
import type { TestSubject } from './test-subject.js';

/** One node of a test, with who answers its kernel and what is recorded of it. */
export interface TestNode {
  readonly node: Node;
  readonly recording: Recording;
  readonly subject: TestSubject;
  readonly lab: TestLab;
}

/** What the nodes of a test have in common. */
interface Common {
  readonly run: TestRun;
  /** Owns the nodes. */
  readonly scene: Scene;
  /** Shared by all of them: two legs and a log device. */
  readonly disks: readonly Disk[];
  readonly file: HistoryFile;
  readonly findings: KernelFinding[];
}

type WatchedNode = TestNode & { readonly kernel: KernelWatch };

/** The nodes of one test: copies of one golden node, with the same disks plugged in. */
export class TestNodes {
  readonly #nodes: WatchedNode[] = [];
  readonly #drives: TestDrives;
  /** Those that have power. */
  readonly #alive = new Set<WatchedNode>();

  /** Resolves when the kernel of a node panics. */
  readonly panicked: Promise<void>;
  #reportPanic: () => void = () => undefined;

  constructor(private readonly common: Common) {
    this.#drives = new TestDrives(common.run.drives);
    this.panicked = new Promise((resolve) => (this.#reportPanic = resolve));
  }

  /** Whether the kernel of a node has panicked. */
  get hasPanicked(): boolean {
    return this.#nodes.some(({ node }) => node.vm.panic !== undefined);
  }

  /** All nodes so far, the first one first. */
  get all(): readonly TestNode[] {
    return this.#nodes;
  }

  /**
   * Cuts the power of a node, and gives the lab of the node that takes its place: a fresh copy of the golden node with
   * the same disks, whose daemon, or puppet, runs if that of the first node did from the beginning.
   */
  async #replace(victim: WatchedNode): Promise<TestLab> {
    const { node, recording, subject, kernel } = victim;
    if (!this.#alive.delete(victim)) throw new InfraError(`${node.name} has no power any more`);
    const served = subject.ended === undefined;
    subject.dismiss();
    await recording.cutPower(() => node.vm.cutPower());
    if (served) await recording.subject('killed', `the power of ${node.name} was cut`, recording.latest);
    await subject.close();
    await kernel.settle(undefined);
    kernel[Symbol.dispose]();
    const { lab, node: successor } = await this.#addServed();
    this.common.run.onNode?.(successor);
    return lab;
  }

  /** One more node, whose daemon or puppet runs unless the test starts it itself. */
  async #addServed(): Promise<TestNode> {
    const added = await this.add();
    if (this.common.run.test.daemon !== 'absent') await added.subject.start();
    return added;
  }

  /** Stops the first node, which is about to be driven, until a debugger lets it go on; nothing in a run without one. */
  async awaitDebugger(): Promise<void> {
    const [first] = this.#nodes;
    if (first !== undefined) await this.#letDebug(first.node);
  }

  async #letDebug(node: Node): Promise<void> {
    const { debugger: announce, environment } = this.common.run;
    if (announce === undefined) return;
    const place = await placeForDebugger(node, environment.kernel);
    await node.vm.awaitDebugger(() => {
      announce(place);
    });
  }

  /** Saves the memory of the nodes whose kernels have panicked; by the name of the node, what became of it. */
  async saveMemory(): Promise<Map<string, SavedMemory>> {
    const saved = new Map<string, SavedMemory>();
    for (const { node } of this.#alive) {
      if (node.vm.panic === undefined) continue;
      const file = memoryFile(node);
      const problem = await saveMemory(node, join(this.common.run.directory, file));
      saved.set(node.name, problem === undefined ? { file } : { problem });
    }
    return saved;
  }

  /**
   * Restores the next node and begins to record it. Its daemon, or puppet, is not started yet. Files of nodes after the
   * first one go into a directory of their name. Throws InfraError.
   */
  async add(): Promise<TestNode> {
    const { run, scene, disks, file, findings } = this.common;
    const [first] = this.#nodes;
    const name = `node${this.#nodes.length + 1}`;
    const directory = first === undefined ? run.directory : join(run.directory, name);
    await mkdir(directory, { recursive: true });
    const source = sourceOf(run);
    const { golden, without, running } = await goldenFor(source, run);
    const { environment } = run;
    const node = scene.add(
      await Node.restore({
        environment,
        name,
        directory,
        images: source,
        golden,
        disks,
        ...(without && { without }),
        gdb: run.debugger !== undefined,
      }),
    );
    void node.vm.panicked.then(this.#reportPanic);
    // Before its clock is held against that of another one.
    if (first !== undefined) await this.#letDebug(node);
    const recorder = scene.add(await node.record());
    const neighbour = [...this.#alive][0] ?? this.#nodes.at(-1);
    const recording =
      neighbour === undefined
        ? new Recording(file, name, node.session, recorder)
        : await neighbour.recording.beside(name, node.session, recorder);
    if (run.debugger !== undefined) recording.observe('log', DEBUGGER, { node: name });
    const log = join(directory, 'daemon.log');
    const { subject, puppet } = await makeSubject(run, node, recording, log, running);
    const kernel = await KernelWatch.begin(node.vm, recording, findings, golden.facts.reports);
    const others = {
      another: async () => (await this.#addServed()).lab,
      successor: async () => await this.#replace(added),
      // Added behind the nodes, so they end before them: what a drive withholds holds up nobody.
      drives: async (options: DrivesOptions) => scene.add(await this.#drives.serve(options, recording)),
      // One that is broken on purpose may be just what a path would make of a good one.
      provesPaths: this.#drives.broken === undefined,
      seed: run.seed,
      nextLockCall: () => this.#drives.nextLockCall(),
      driveNow: () => this.#drives.now(),
    };
    const lab: TestLab = new TestLab(node, disks, recording, subject, puppet, others, environment.lvm);
    const added: WatchedNode = { node, recording, subject, lab, kernel };
    this.#nodes.push(added);
    this.#alive.add(added);
    return added;
  }

  /** Gathers what the daemons left behind; those that may go are asked to. */
  async collect(mayStop: boolean): Promise<void> {
    for (const { lab, subject } of this.#alive) {
      await lab.removeTraps();
      await subject.collect();
      subject.dismiss();
      // After a scenario that stopped half-way logs are alive, and a good daemon then refuses to go.
      if (mayStop && subject.ended === undefined) await subject.stop();
    }
  }

  /** Closes the logs of the daemons, and waits until the kernels have said what they had to say. */
  async settle(): Promise<void> {
    this.#drives.settle();
    for (const { node, subject, kernel } of this.#alive) {
      await subject.close();
      await kernel.settle(node.session);
      kernel[Symbol.dispose]();
    }
  }
}

/** The snapshot that a test's nodes are copied from, and who lives in the copies or, if nobody may, who must go. */
async function goldenFor(
  { golden: { booted, ready } }: NodeSource,
  { test }: TestRun,
): Promise<{ readonly golden: Golden; readonly without?: number; readonly running?: Inhabitants }> {
  const absent = test.daemon === 'absent';
  const directory = absent ? (booted ?? ready) : (ready ?? booted);
  if (directory === undefined) throw new InfraError('no golden node was made');
  const golden = await openGolden(directory);
  const { subject, relay } = golden.facts;
  if (!absent) return { golden, running: { ...(subject && { subject }), ...(relay && { relay }) } };
  const without = relay ?? subject?.pid;
  return { golden, ...(without && { without }) };
}
