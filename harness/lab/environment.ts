import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import type { Kernel } from '../kernels/index.js';
import type { Lvm } from '../plan/lvm.js';
import type { QemuProgram } from '../vm/index.js';

/** What golden nodes boot from, whoever is under test. */
export interface BaseEnvironment {
  readonly qemu: QemuProgram;
  readonly accelerator: 'tcg' | 'kvm';
  readonly kernel: Pick<Kernel, 'release' | 'packageVersion' | 'bzImage' | 'identity'> & {
    /** What outcomes and results call it. */
    readonly label: string;
    /** Options that it lacks and that only some tests need (needs.ts). */
    readonly lacks: readonly string[];
    /** Where it was built, if it comes from a tree. */
    readonly tree?: string;
  };
  readonly userland: string;
  /**
   * With `clustered`, nodes have an LVM that asks for a clustered log where LVM_CLUSTERED_MIRROR=1 is in its environment;
   * it is to be run so, and without the table rewriter. It cannot ask for integrated_flush (spec lvm 1).
   */
  readonly lvm: Lvm;
  /** First file system of the kernel, with its modules. */
  readonly initramfs: string;
  /** Read-only layer with the guest's Node. */
  readonly nodeLayer: string;
}

/** Golden nodes of one kind: booted only; and with the recorder armed and, if it may be, the daemon or puppet running. */
export interface GoldenDirectories {
  readonly booted?: string;
  readonly ready?: string;
}

/** What nodes of one kind are made of. */
export interface NodeSource {
  /** Read-only root filesystem of the userland. */
  readonly rootImage: string;
  /** Read-only layers over it. */
  readonly layers: readonly string[];
  /** Directories of golden nodes, as far as they were asked for. */
  readonly golden: GoldenDirectories;
}

/** What `prepareRun` found, fetched and built; plain data, so that it travels to the workers as JSON. */
export interface RunEnvironment extends BaseEnvironment {
  /** For tests of the kernel: nothing of a daemon, and the puppet in its place. */
  readonly plain: NodeSource;
  /** By the name or path that the plan calls the daemon. */
  readonly subjects: Readonly<Record<string, SubjectEnvironment>>;
}

/** What nodes need to run one subject: its Debian packages are in the root, its files in a layer. */
export interface SubjectEnvironment extends NodeSource {
  readonly profile: Profile;
}

/** Guest port of the agent that runs commands. */
export const AGENT_PORT = 'ulogcheck.agent';

/** Guest port that carries SSH, for people. */
export const SSH_PORT = 'ulogcheck.ssh';

/** Guest port between the puppet's relay and the host. */
export const PUPPET_PORT = 'ulogcheck.puppet';

/** Guest port that carries the trace ring buffer of one CPU. */
export function recorderPort(cpu: number): string {
  return `ulogcheck.recorder.${cpu}`;
}

/** Console line that the guest's init prints when its agent waits for the host. */
export const READY_LINE = /ulogcheck: ready/;
