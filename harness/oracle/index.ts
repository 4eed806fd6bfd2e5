/** Judges histories with a model of the log of its own. Imports ulog and history only. */
export {
  CORE,
  DISK,
  parseConstructor,
  regionCount,
  type ConstructorFault,
  type ConstructorParts,
} from './constructor-text.js';
export type { Deviation, Side } from './deviation.js';
export { EAGAIN, EINVAL, EIO, ESRCH } from './errno.js';
export { judgeHistory, lockFindings } from './judge.js';
export type { LockFindings } from './locks/index.js';
export * as payloads from './payloads.js';
export { recordingGaps, type RecordingGap } from './recording-gaps.js';
