export { type AllowedFinding, allowedBecause } from './allow-list.js';
export { FINDING_KINDS, type FindingKind, isFatal, starvability } from './kinds.js';
export { type KernelLogEvent, KernelLogRecogniser, type KernelReport, reportsIn } from './recogniser.js';
export { type CpuShare, starvedBecause } from './starvation.js';
