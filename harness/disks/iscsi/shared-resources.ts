import type { ScsiTarget } from '../scsi/task.js';
import { CommonBudget } from './budget.js';
import type { Limits } from './limits.js';
import { MemoryPool } from './memory-pool.js';

/** What sessions of one target share. */
export interface SharedResources {
  readonly device: ScsiTarget;
  readonly limits: Limits;
  /** For the data of commands. */
  readonly memory: MemoryPool;
  readonly commonData: CommonBudget;
}

/** For a target with this device, that keeps to these limits. */
export function sharedResources(device: ScsiTarget, limits: Limits): SharedResources {
  const memory = new MemoryPool(limits.idleMemory);
  return { device, limits, memory, commonData: new CommonBudget(limits.commonData) };
}
