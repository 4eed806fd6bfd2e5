export type { AsyncEvent } from './async-event.js';
export type { ChapCredentials } from './chap.js';
export type { Clock } from './clock.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export type { OwnWishes } from './parameters.js';
export type { SessionInfo } from './session.js';
export { IscsiTarget, IscsiTargetError, type IscsiTargetOptions, type ListenAddress } from './target.js';
