import type { Lvm } from './lvm.js';

/** What a run needs on this machine before its first test; see `harness/lab/prepare.ts`. */
export interface PrepareOptions {
  /** As given to `--kernel`: `stable`, a release, a package. */
  readonly kernel: string;
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
}

/** What was fetched, built and found. Plain JSON, because it travels to the workers in the plan. */
export interface PreparedRun {
  /** What `uname -r` will say. */
  readonly kernelRelease: string;
  /** Version of LVM in the nodes, e.g. `2.03.31`. */
  readonly lvmVersion: string;
  /** For people and for results.json: version, accelerator, where it comes from. */
  readonly qemu: string;
  /** Anything else that the fixtures need; the plan carries it as it is. */
  readonly environment: unknown;
}

/** Options of `ulogcheck shell`; see `harness/lab/shell.ts`. */
export interface ShellOptions extends Omit<PrepareOptions, 'daemons' | 'golden'> {
  /** The daemon to install and start in the node; none means a node without one. */
  readonly daemon: string | undefined;
}
