/** Judges what drives and hosts tell of In-Drive-Mutexes. Written from spec idm only; knows no drive of ours. */
export type { DriveDeviation } from './drive-replay.js';
export { ANY_GENERATION, PRESCRIBED, type LockProfile, type TableLimits } from './profile.js';
export { replayDrives, type ReplayReport } from './replay.js';
export { weightOf, type RuleId } from './vocabulary.js';
