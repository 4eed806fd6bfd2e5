/** The history of one test: events, their file format, joins, and a readable form. Imports only ulog and kernel-log. */
export {
  type CommandEvent,
  type DiskClockEvent,
  type DiskCommandEvent,
  type DiskEvent,
  type DiskNexusEvent,
  type DiskPowerCutEvent,
  type DiskProfileEvent,
  type DiskResetEvent,
  type EndEvent,
  type FindingEvent,
  type HistoryEvent,
  type HistoryHeader,
  type JsonValue,
  type LockAnswerEvent,
  type LockCallEvent,
  type NewEvent,
  type ObservationEvent,
  type ReplyEvent,
  type RequestEvent,
  type ReturnEvent,
  type SubjectEvent,
  type TransmissionEvent,
} from './events.js';
export { describeReply, describeRequest } from './describe.js';
export { DISK_LOG, DISK_LOG_BYTES, dirtyRegions, type DiskLog, diskLogs, encodeDiskLog } from './disk-log.js';
export { excerpt } from './excerpt.js';
export type { Exchange } from './exchange.js';
export {
  CLOCK_ALIGNED,
  DATAGRAMS,
  CONSOLE_UNREAD,
  DEBUGGER,
  GROUP_JOIN,
  HOST_STALLED,
  JOIN_CALLS,
  JOIN_WAYS,
  KERNEL_LOG,
  LEG_BLOCKS,
  LEGS_EQUAL,
  LOCK_SCHEDULE,
  LV_DATA,
  SG_COMMAND,
  STALLED_TASKS,
  STARVED,
  TABLE_REWRITES,
  type DatagramHeaders,
  type GroupJoin,
  type KernelLogLook,
  type LegBlocksLook,
} from './observations.js';
export { History } from './history.js';
export { lockExchanges, type LockEntry, type LockExchange } from './locks.js';
export { sgExchanges, type SgExchange } from './sg-commands.js';
export { idText } from './disk-lines.js';
export { lifeCycleTrace } from './life-cycle-trace.js';
export { parseRewrites, type TableRewrite } from './lvm.js';
export { POWER_CUT, powerCutOf, powerCuts } from './power-cuts.js';
export {
  DRIVE_LIMITS,
  driveLimits,
  LEASE_WAIT,
  REAL_DRIVE,
  UNIT_RESET,
  unitResets,
  USUAL_LIMITS,
  type DriveLimits,
  type LeaseWait,
} from './real-drives.js';
export { TRAP, traps, type TrapStory, type TrapValue } from './traps.js';
export { isPuppetHistory, NO_DAEMON, PUPPET_DAEMON } from './puppet.js';
export { constructorText, isReconnect, type Instance } from './instance.js';
export { HistoryFormatError, parseHistory, readHistory } from './read.js';
export { historySchemaDocument } from './schema-document.js';
export { formatHistory, HistoryWriter, writeHistory } from './write.js';
export { renderTimeline, type Annotation } from './timeline.js';
