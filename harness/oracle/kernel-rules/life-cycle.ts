/** Suspend, resume and remove: SUSP-01, SUSP-05 (spec 6.1). */
import type { RequestName } from '../../ulog/index.js';
import { describeRequest, type Exchange } from '../../history/index.js';
import type { Life } from '../life.js';
import type { KernelContext } from './kernel-context.js';
import { sharesLuid } from './luid-order.js';

/**
 * SUSP-01: a suspend sends PRESUSPEND, then POSTSUSPEND; a remove adds DTR. So an instance that was resumed has
 * both behind it when it is destroyed. A PRESUSPEND alone is an interrupted suspend (spec 9.6); RESUMEs of a
 * rebuild change nothing. Judged only where the RESUME is in the recording.
 */
export function suspendOrder(context: KernelContext): void {
  for (const life of context.lives.all) {
    let steps: Exchange[] | undefined;
    for (const exchange of life.instance.exchanges) {
      switch (exchange.name) {
        case 'RESUME':
          if (context.lives.isRebuild(exchange)) break;
          // Two instances that share a luid are judged by LUID-05.
          steps = sharesLuid(context, exchange) ? undefined : [exchange];
          break;
        case 'PRESUSPEND':
          steps?.push(exchange);
          break;
        case 'POSTSUSPEND':
        case 'DTR':
          if (steps !== undefined) judgeStep(context, life, steps, exchange);
          steps?.push(exchange);
          break;
        default:
      }
    }
  }
}

function judgeStep(context: KernelContext, life: Life, steps: readonly Exchange[], exchange: Exchange): void {
  const has = (name: RequestName): boolean => steps.some((step) => step.name === name);
  const missing = [
    has('PRESUSPEND') ? '' : 'PRESUSPEND',
    exchange.name === 'POSTSUSPEND' || has('POSTSUSPEND') ? '' : 'POSTSUSPEND',
  ].filter((name) => name !== '');
  if (missing.length === 0) return;
  // The missing step of a POSTSUSPEND that was judged is not judged again at the DTR.
  if (exchange.name === 'DTR' && has('POSTSUSPEND')) return;
  context.deviate('SUSP-01', life, {
    expected: `${missing.join(' and ')} before ${describeRequest(exchange)}`,
    seen: `${[...steps, exchange].map(describeRequest).join(', ')} of ${life.name}`,
    by: [...steps, exchange],
  });
}

const IO_PATH: readonly RequestName[] = [
  'IS_CLEAN',
  'IN_SYNC',
  'FLUSH',
  'MARK_REGION',
  'CLEAR_REGION',
  'GET_RESYNC_WORK',
  'SET_REGION_SYNC',
  'IS_REMOTE_RECOVERING',
];

/** SUSP-05: RESUME comes before the first I/O-path request of an instance; GET_SYNC_COUNT may come earlier. */
export function resumeFirst(context: KernelContext): void {
  for (const life of context.lives.all) {
    if (life.instance.birth === undefined) continue;
    const first = life.instance.exchanges.find(
      ({ name }) => name === 'RESUME' || (name !== undefined && IO_PATH.includes(name)),
    );
    if (first === undefined || first.name === 'RESUME') continue;
    context.deviate('SUSP-05', life, {
      expected: 'RESUME before the first request of the I/O path',
      seen: `${describeRequest(first)} of ${life.name} before any RESUME`,
      by: [first],
    });
  }
}
