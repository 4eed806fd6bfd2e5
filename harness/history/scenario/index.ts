/** Hand-written histories for unit tests. */
export { LogScript, WORKER } from './log-script.js';
export { OpenRequest, type Manner } from './open-request.js';
export { Scenario } from './scenario.js';
