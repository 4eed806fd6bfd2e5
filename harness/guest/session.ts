import type { Readable } from 'node:stream';

/** How a command in the guest is run. */
export interface RunOptions {
  /** Default 30 s. */
  readonly deadlineMs?: number;
  readonly stdin?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines that the agent itself writes to a file: right before the command starts, and when it has ended. */
  readonly marks?: CommandMarks;
}

/** Where and how the begin and the end of a command are marked; without NUL and newline. */
export interface CommandMarks {
  readonly file: string;
  readonly begin: string;
  readonly end: string;
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
  /** By which another session can take it over. */
  readonly id: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Signal LOST: the session went away before the command's end was known. */
  readonly exited: Promise<Pick<CommandResult, 'status' | 'signal'>>;
}

/** A command that is told things while it goes on. */
export interface Conversation extends RunningCommand {
  /** More for its standard input. What it has not taken yet waits in the guest's agent. */
  write(bytes: Uint8Array): void;
  /** Its standard input ends. */
  end(): void;
}

/** The way into a node. */
export interface GuestSession {
  /** Runs argv, or shell text; never throws because of an exit status, only when the guest is out of reach. */
  run(argv: readonly string[] | string, options?: RunOptions): Promise<CommandResult>;
  /** Runs and returns stdout; throws GuestCommandError on any other end than status 0. */
  succeed(argv: readonly string[] | string, options?: RunOptions): Promise<string>;
  /**
   * Writes a line to a file that is there, without a process of its own: markers, and the like. Throws
   * GuestCommandError.
   */
  writeLine(file: string, line: string, deadlineMs?: number): Promise<void>;
  /** Starts a command, without input, and returns at once. */
  start(argv: readonly string[] | string, env?: Readonly<Record<string, string>>): Promise<RunningCommand>;
  /** Starts a command that reads what it is told, and returns at once. */
  converse(argv: readonly string[] | string): Promise<Conversation>;
  /** Listens to a command that an earlier session started; what it said to that one is not said again. */
  adopt(id: number): RunningCommand;
  readFile(path: string): Promise<Uint8Array>;
  /** Creates or replaces a file; `mode` as for chmod, default 0644. */
  writeFile(path: string, bytes: Uint8Array | string, mode?: number): Promise<void>;
}
