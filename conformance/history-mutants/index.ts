/**
 * History mutants: what shows that a test of a kernel requirement can fail. Each one edits the history of a good
 * kernel as a broken one would have made it; the test that names it must then fail for that requirement.
 */
import { ANSWER_MUTANTS } from './answers.js';
import { CONSTRUCTION_MUTANTS } from './construction.js';
import { FLUSH_MUTANTS } from './flush.js';
import { INACTIVE_TABLE_MUTANTS } from './inactive-tables.js';
import { LAZY_FLUSH_MUTANTS } from './lazy-flush.js';
import { LIFE_CYCLE_MUTANTS } from './life-cycle.js';
import { LVM_MUTANTS } from './lvm.js';
import { MARK_MUTANTS } from './marks.js';
import type { HistoryMutant } from './mutant.js';
import { NO_DAEMON_MUTANTS } from './no-daemon.js';
import { RECOVERY_MUTANTS } from './recovery.js';
import { STATUS_MUTANTS } from './status.js';
import { SUSPEND_MUTANTS } from './suspend.js';
import { SWAP_MUTANTS } from './swap.js';
import { SYNC_MUTANTS } from './sync.js';
import { TRANSPORT_MUTANTS } from './transport.js';

/** All of them, by family. */
export const HISTORY_MUTANTS: readonly HistoryMutant[] = [
  ...LIFE_CYCLE_MUTANTS,
  ...LVM_MUTANTS,
  ...SWAP_MUTANTS,
  ...FLUSH_MUTANTS,
  ...NO_DAEMON_MUTANTS,
  ...ANSWER_MUTANTS,
  ...CONSTRUCTION_MUTANTS,
  ...INACTIVE_TABLE_MUTANTS,
  ...LAZY_FLUSH_MUTANTS,
  ...MARK_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...STATUS_MUTANTS,
  ...SUSPEND_MUTANTS,
  ...SYNC_MUTANTS,
  ...TRANSPORT_MUTANTS,
];
