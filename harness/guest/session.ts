import type { Duplex } from 'node:stream';

/** How a command in the guest is run. */
export interface RunOptions {
  /** Default 30 s. */
  readonly deadlineMs?: number;
  readonly stdin?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a command in the guest ended. */
export interface CommandResult {
  /** Exit status, or null when a signal ended it. */
  readonly status: number | null;
  /** Signal name without SIG, or null. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A command that goes on while the test does other things. */
export interface RunningCommand {
  /** stdout to read, stdin to write. */
  readonly stream: Duplex;
  readonly stderr: NodeJS.ReadableStream;
  readonly exited: Promise<Pick<CommandResult, 'status' | 'signal'>>;
}

/** The way into a node. */
export interface GuestSession {
  /** Runs argv, or shell text; never throws because of an exit status, only when the guest is out of reach. */
  run(argv: readonly string[] | string, options?: RunOptions): Promise<CommandResult>;
  /** Runs and returns stdout; throws GuestCommandError on any other end than status 0. */
  succeed(argv: readonly string[] | string, options?: RunOptions): Promise<string>;
  /** Starts a command and returns at once. */
  start(argv: readonly string[] | string, env?: Readonly<Record<string, string>>): Promise<RunningCommand>;
  readFile(path: string): Promise<Uint8Array>;
  /** Creates or replaces a file; `mode` as for chmod, default 0644. */
  writeFile(path: string, bytes: Uint8Array | string, mode?: number): Promise<void>;
}
