/** What a subject asks of a trap that is set around it. */
export interface SubjectTrap {
  /** Takes it away; true when it had sprung, which is in the history then. Safe to call twice. */
  remove(): Promise<boolean>;
}

/** Who answers the kernel in a test, as the test may handle it: the daemon under test, or the puppet. */
export interface TestSubject {
  /** Its process id. Throws InfraError when it does not run. */
  readonly pid: number;

  /** Starts it and waits until it is ready. */
  start(): Promise<void>;
  /** Why it is not running, or undefined while it runs. */
  readonly ended: string | undefined;
  /** What it printed last, in order; empty for one that prints nothing. */
  readonly lastLines: readonly string[];
  /** SIGSTOP: from then on no request is answered. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** While the trap is set, an end may be its doing. */
  watchFor(trap: SubjectTrap): void;
  /** A trap has killed or frozen it at the guest's time `t`: waits until that has taken effect, and records it. */
  fell(deed: 'kill' | 'freeze', detail: string, t: bigint): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Whatever becomes of it from now on says nothing about it. */
  dismiss(): void;
  /** Gathers its logs and closes the one on the host. */
  collect(): Promise<void>;
  /** Closes the log on the host. Safe to call twice. */
  close(): Promise<void>;
}
