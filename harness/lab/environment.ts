import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import type { QemuProgram } from '../vm/index.js';

/** What `prepareRun` found, fetched and built; plain data, so that it travels to the workers as JSON. */
export interface RunEnvironment {
  readonly qemu: QemuProgram;
  readonly accelerator: 'tcg' | 'kvm';
  readonly kernel: { readonly release: string; readonly packageVersion: string; readonly vmlinux: string };
  readonly userland: string;
  /** Shared initramfs of the kernel; each boot appends its own keys. */
  readonly initramfs: string;
  /** Read-only layer with the guest's Node. */
  readonly nodeLayer: string;
  /** Read-only root filesystem of the userland without anything of a daemon: for tests of the kernel. */
  readonly plainRoot: string;
  /** By the name or path that the plan calls the daemon. */
  readonly subjects: Readonly<Record<string, SubjectEnvironment>>;
}

/** What a node needs to run one subject. */
export interface SubjectEnvironment {
  readonly profile: Profile;
  /** Read-only root filesystem of the userland, with the Debian packages that the profile asks for. */
  readonly rootImage: string;
  /** Read-only layers over it: the files that the profile installs. */
  readonly layers: readonly string[];
}

/** Guest port that carries SSH. */
export const SSH_PORT = 'ulogcheck.ssh';

/** Guest port between the puppet's relay and the host. */
export const PUPPET_PORT = 'ulogcheck.puppet';

/** Guest port that carries the trace ring buffer of one CPU. */
export function recorderPort(cpu: number): string {
  return `ulogcheck.recorder.${cpu}`;
}

/** Console line that the guest's init prints when sshd is about to serve. */
export const READY_LINE = /ulogcheck: ready/;
