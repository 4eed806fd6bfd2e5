/** Judges what drives and hosts tell of In-Drive-Mutexes. Written from spec idm only; knows no drive of ours. */
export type { DriveDeviation } from './drive-replay.js';
export { judgeLocks, type LockDeviation, type LockFindings } from './judge-locks.js';
export { linearize, type LinearizationResult, type SearchOptions } from './linearize.js';
export { judgeLockCalls, type RegisterVerdict } from './lock-history.js';
export { registersOf, type Operation, type Register } from './operations.js';
export {
  ANY_GENERATION,
  declaredProfile,
  PRESCRIBED,
  type LockProfile,
  type TableLimits,
} from './profile.js';
export {
  beliefs,
  judgeQuorum,
  majorityConflicts,
  type Belief,
  type MajorityConflict,
  type QuorumVerdict,
} from './quorum.js';
export { replayDrives, type ReplayReport } from './replay.js';
export { weightOf, type RuleId } from './vocabulary.js';
