/** Records what passes between the kernel's userspace logs and their daemon. Imports only ulog and history. */
export {
  type ArmedGuest,
  armGuest,
  armRecorder,
  type ArmOptions,
  attachRecorder,
  BUFFER_KIB,
} from './arm.js';
export { armScript, CONSULT_EVENT, MARKER_PATH } from './guest-scripts.js';
export { type ArmStep, RecorderArmError, RecorderStreamError, TraceFormatError } from './errors.js';
export type { MarkerEvent, RecordedEvent } from './events.js';
export { uncapturedBytes } from './messages.js';
export type { Recorder, RecorderGuest, RecordingEnd } from './api.js';
