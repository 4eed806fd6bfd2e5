import type { ProgressSink } from '../progress.js';

/** What a run needs on this machine before its first test. */
export interface PrepareOptions {
  /** As given to `--kernel`: `stable`, a release, a package. */
  readonly kernel: string;
  /** Names or paths of profiles, each once: the daemon under test and, for mutants, its broken variants. */
  readonly daemons: readonly string[];
  readonly userland: string;
  /** As given to `--qemu`. */
  readonly qemu: string | undefined;
}

/** What was fetched, built and found. Plain JSON, because it travels to the workers in the plan. */
export interface PreparedRun {
  /** What `uname -r` will say. */
  readonly kernelRelease: string;
  /** For people and for results.json: version, accelerator, where it comes from. */
  readonly qemu: string;
  /** Anything else that the fixtures need; the plan carries it as it is. */
  readonly environment: unknown;
}

/** Makes the machine ready for a run; implemented by `harness/lab/prepare.ts`. */
export type PrepareRun = (options: PrepareOptions, progress: ProgressSink) => Promise<PreparedRun>;

/** Options of `ulogcheck shell`. */
export interface ShellOptions extends Omit<PrepareOptions, 'daemons'> {
  /** The daemon to install and start in the node; none means a node without one. */
  readonly daemon: string | undefined;
}

/** Boots a node, joins it to the terminal, and returns the exit status of the shell; `harness/lab/shell.ts`. */
export type OpenShell = (options: ShellOptions, progress: ProgressSink) => Promise<number>;
