/** Judges histories with a model of the log of its own. Imports ulog and history only. */
export type { Deviation, Side } from './deviation.js';
export { judgeHistory } from './judge.js';
export { recordingGaps, type RecordingGap } from './recording-gaps.js';
