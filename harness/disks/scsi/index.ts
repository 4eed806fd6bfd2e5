/** Emulated SCSI disks, without a transport: what iSCSI, vendors' command sets and labs build on. */
export { ManualClock, systemClock, type DriveClock } from './clock.js';
export type { ArmedFault, DropFault, Fault, FaultMatch, FaultRule, StatusFault } from './faults.js';
export { naaOf, type Identity } from './identity.js';
export { FileStore } from './medium/file-store.js';
export { MemoryStore } from './medium/memory-store.js';
export { seededRandom } from './medium/seeded-random.js';
export type { BlockStore } from './medium/store.js';
export type { PowerCutReport, RandomSource, Survival } from './medium/write-journal.js';
export { descriptorSense, fixedSense, SENSE_KEY, type FieldPointer, type Sense } from './sense.js';
export { STATUS, statusName } from './status.js';
export { EmulatedTarget, type TargetOptions } from './target.js';
export type { Direction, Nexus, ScsiTarget, ScsiTask, TaskAnswer } from './task.js';
export type {
  CommandRecord,
  NexusRecord,
  Observer,
  PowerCutRecord,
  ResetRecord,
  TracedData,
  TraceRecord,
} from './trace.js';
export { LogicalUnit, type UnitOptions } from './unit.js';
export type { VendorCommands, VendorContext, VendorEvent } from './vendor.js';
