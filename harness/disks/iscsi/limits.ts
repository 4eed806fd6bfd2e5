/** What one initiator, and all together, may have of this target. */
export interface Limits {
  /** Commands that a session may have under way. */
  readonly commands: number;
  /** Immediate commands under way in a session; more are rejected. */
  readonly immediateCommands: number;
  /** Bytes of data of one command; more is refused with 05/55/03, INSUFFICIENT RESOURCES. */
  readonly transferLength: number;
  /**
   * Bytes of data of all commands of a session that are asked for with R2Ts, being carried out or being sent; the others
   * wait. Commands with 64 KiB or less do not count, and do not wait.
   */
  readonly sessionData: number;
  /** Of those, the bytes that a session has whatever others do; the rest comes from `commonData`. */
  readonly ownData: number;
  /** Bytes of data of large commands that all sessions have in common, beyond what each has of its own. */
  readonly commonData: number;
  /** Bytes that a connection's initiator has not taken; beyond it, nothing is read from the connection. */
  readonly backlog: number;
  /** Bytes of memory for data that are kept while no command needs them, for all sessions together. */
  readonly idleMemory: number;
  readonly sessions: number;
  /** Connections that have not logged in yet. */
  readonly loginsUnderWay: number;
  /** From the connection being made to the full feature phase, in milliseconds. */
  readonly loginMs: number;
  /** From a logout's answer, or a target's own end of a connection, to the socket's end, in milliseconds. */
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  commands: 128,
  immediateCommands: 32,
  transferLength: 33_554_432,
  sessionData: 8_388_608,
  ownData: 1_048_576,
  commonData: 8_388_608,
  backlog: 4_194_304,
  idleMemory: 25_165_824,
  sessions: 256,
  loginsUnderWay: 64,
  loginMs: 15_000,
  closeMs: 2_000,
};
