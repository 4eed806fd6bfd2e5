/** Status ioctls: STAT-08, STAT-10 (spec 4). */
import { describeRequest } from '../../history/index.js';
import type { KernelContext } from './kernel-context.js';

/** STAT-08: STATUS_TABLE is never sent. STAT-10: STATUS_INFO follows GET_SYNC_COUNT on the same thread. */
export function status(context: KernelContext): void {
  for (const exchange of context.exchanges) {
    const life = context.lives.of(exchange);
    if (exchange.name === 'STATUS_TABLE') {
      context.deviate('STAT-08', life, {
        expected: 'no STATUS_TABLE: the kernel prints the table by itself',
        seen: `${describeRequest(exchange)} of ${life.name}`,
        by: [exchange],
      });
    }
    if (exchange.name !== 'STATUS_INFO' || life.instance.birth === undefined) continue;
    const before = context.previous(exchange);
    const repeated = before?.name === 'STATUS_INFO' && before.luid === exchange.luid && before.result !== 0;
    if (repeated || (before?.name === 'GET_SYNC_COUNT' && before.luid === exchange.luid)) continue;
    context.deviate('STAT-10', life, {
      expected: 'GET_SYNC_COUNT right before STATUS_INFO',
      seen: `${before === undefined ? 'nothing' : describeRequest(before)} before it`,
      by: before === undefined ? [exchange] : [before, exchange],
    });
  }
}
