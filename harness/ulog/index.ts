/** The DM_ULOG wire format: constants, pure encoders and decoders. Imports nothing of ours. */
export { UlogFormatError } from './bytes.js';
export * from './envelope.js';
export * from './message.js';
export * from './payloads.js';
export * from './requests.js';
