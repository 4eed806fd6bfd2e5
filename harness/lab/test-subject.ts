/** Who answers the kernel in a test, as the test may handle it: the daemon under test, or the puppet. */
export interface TestSubject {
  /** Starts it and waits until it is ready. */
  start(): Promise<void>;
  /** Why it is not running, or undefined while it runs. */
  readonly ended: string | undefined;
  /** SIGSTOP: from then on no request is answered. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Whatever becomes of it from now on says nothing about it. */
  dismiss(): void;
  /** Gathers its logs and closes the one on the host. */
  collect(): Promise<void>;
  /** Closes the log on the host. Safe to call twice. */
  close(): Promise<void>;
}
