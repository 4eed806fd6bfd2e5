/** SYNCHRONIZE CACHE and PRE-FETCH (SBC-3). */
import { GOOD } from '../answer.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';
import { toTheEnd } from './extents.js';
import { SIXTEEN, TEN, type Form } from './transfer.js';

/** IMMED makes no difference: it is over at once. A fault may keep it from keeping anything. */
function synchronize({ unit, task, effect }: Invocation, form: Form): TaskAnswer {
  const extent = toTheEnd(unit, form.extent(task.cdb));
  if (effect.keepsNothing !== true) unit.medium.synchronize(extent);
  return GOOD;
}

/** All is near already. GOOD, not CONDITION MET, which QEMU's initiator loses (spec scsi-paths). */
function prefetch({ unit, task }: Invocation, form: Form): TaskAnswer {
  toTheEnd(unit, form.extent(task.cdb));
  return GOOD;
}

export const CACHE_COMMANDS: readonly Command[] = [
  command('SYNCHRONIZE CACHE (10)', '35 06 FFFFFFFF 1F FFFF 00', 'write', true, (on) => synchronize(on, TEN)),
  command('SYNCHRONIZE CACHE (16)', '91 06 FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', 'write', true, (on) =>
    synchronize(on, SIXTEEN),
  ),
  command('PRE-FETCH (10)', '34 02 FFFFFFFF 1F FFFF 00', 'read', true, (on) => prefetch(on, TEN)),
  command('PRE-FETCH (16)', '90 02 FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', 'read', true, (on) =>
    prefetch(on, SIXTEEN),
  ),
];
