import { LEASE_SCENARIOS } from './lease-scenarios.js';
import { LOCK_SCENARIOS } from './lock-scenarios.js';
import type { Scenario } from './scenario.js';
import { TABLE_SCENARIOS } from './table-scenarios.js';

/** All of them. */
export const SCENARIOS: readonly Scenario[] = [...LOCK_SCENARIOS, ...LEASE_SCENARIOS, ...TABLE_SCENARIOS];
