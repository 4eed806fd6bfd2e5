/** The puppet: a log daemon whose answers a test decides (docs/puppet.md). */
export type {
  HeldAnswers,
  Puppet,
  PuppetAnswer,
  PuppetDecision,
  PuppetMatch,
  PuppetReaction,
  PuppetRequests,
  PuppetRule,
} from './api.js';
export { RequestsMissing } from './arrivals.js';
export { PuppetHost } from './puppet-host.js';
