import type { UnderTest } from './definition.js';
import type { KernelChoice } from './kernel-choice.js';
import type { Lvm } from './lvm.js';

/** What the kernels of a run have in common; see `harness/lab/prepare.ts`. */
export interface SharedOptions {
  /** Names or paths of profiles, each once: the daemon under test and, for mutants, its broken variants. */
  readonly daemons: readonly string[];
  readonly userland: string;
  /** Default: stock. */
  readonly lvm?: Lvm;
  /** As given to `--qemu`. */
  readonly qemu: string | undefined;
  /**
   * How far the golden nodes go: booted is enough for daemons that serve a test or two each; `both` where some tests
   * start the daemon under test themselves.
   */
  readonly golden: 'booted' | 'ready' | 'both';
  /** What the tests are about: golden nodes for the others are not made. Default: everything. */
  readonly underTest?: ReadonlySet<UnderTest>;
}

/** What a run on one kernel needs on this machine before its first test. */
export interface PrepareOptions extends SharedOptions {
  /** As given to `--kernel`; it must name one kernel. */
  readonly kernel: string;
}

/** What a run on several kernels needs. */
export interface MatrixOptions extends SharedOptions {
  /** Oldest first, each label once. */
  readonly kernels: readonly KernelChoice[];
}

/** What was fetched, built and found of one kernel. Plain JSON, because it travels to the workers in the plan. */
export interface PreparedKernel {
  readonly label: string;
  /** Changes whenever a byte of the kernel may. */
  readonly identity: readonly string[];
  /** Anything that the fixtures need; the plan carries it as it is. */
  readonly environment: unknown;
  readonly preparedMs: number;
}

/** A kernel on which no test can run, and why. */
export interface UnpreparedKernel {
  readonly label: string;
  readonly error: unknown;
  readonly preparedMs: number;
}

/** What all nodes of a run have in common. */
export interface PreparedMachine {
  /** For people and for results.json: version, accelerator, where it comes from. */
  readonly qemu: string;
  /** Version of LVM in the nodes, e.g. `2.03.31`. */
  readonly lvmVersion: string;
}

/** What came of preparing several kernels, in their order. */
export interface PreparedMatrix extends PreparedMachine {
  readonly kernels: readonly (PreparedKernel | UnpreparedKernel)[];
}

/** What was fetched, built and found for a run on one kernel. */
export interface PreparedRun extends PreparedMachine, KernelChoice {
  readonly identity: readonly string[];
  readonly environment: unknown;
  readonly preparedMs: number;
}

/** Options of `ulogcheck shell`; see `harness/lab/shell.ts`. */
export interface ShellOptions extends Omit<PrepareOptions, 'daemons' | 'golden'> {
  /** The daemon to install and start in the node; none means a node without one. */
  readonly daemon: string | undefined;
  /** Where the memory of the node is saved if its kernel panics; nowhere if undefined. */
  readonly dump: string | undefined;
  /** The node serves a debugger. */
  readonly gdb: boolean;
}
