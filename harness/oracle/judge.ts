/** The oracle: says which requirements a history shows broken, and by whom. Pure. */
import type { History } from '../history/index.js';
import { Report, type Deviation } from './deviation.js';
import { constructorPayload, nothingAfterRefusal, oneRegionSize } from './kernel-rules/construction.js';
import { batches, groupSize, noMarkWhenIntegrated } from './kernel-rules/flush.js';
import { KernelContext, type KernelRule } from './kernel-rules/kernel-context.js';
import { resumeFirst, suspendOrder } from './kernel-rules/life-cycle.js';
import { reloadOrder, removeOrder, resumedBeside, swapOrder } from './kernel-rules/luid-order.js';
import { marks } from './kernel-rules/marks.js';
import { recovery } from './kernel-rules/resync.js';
import { status } from './kernel-rules/status.js';
import { headers, payloadLimits, resends } from './kernel-rules/transmissions.js';
import { Lives } from './life.js';
import { judgeLocks, type LockFindings } from './locks/index.js';
import { judgeDaemon } from './replay.js';

const KERNEL_RULES: readonly KernelRule[] = [
  headers,
  payloadLimits,
  resends,
  constructorPayload,
  oneRegionSize,
  nothingAfterRefusal,
  swapOrder,
  resumedBeside,
  reloadOrder,
  removeOrder,
  groupSize,
  noMarkWhenIntegrated,
  batches,
  marks,
  recovery,
  suspendOrder,
  resumeFirst,
  status,
];

/**
 * Judges all sides of a history, whichever is under test, for one host: drives by their own trace, or by what hosts were
 * told, against what spec idm and their own profile prescribe ({@link lockFindings}). The result is in order of time; each
 * requirement is named once per instance that broke it.
 *
 * The oracle is silent where the history does not decide: it accepts every order of requests that overlap
 * (spec 2.5), both orders where the spec knows both, and logs whose state it cannot know (a disk log before its
 * regions were asked for, a log that was rebuilt by another daemon, a recording that began later). See
 * `recordingGaps` for recordings that cannot be trusted.
 */
export function judgeHistory(history: History): Deviation[] {
  const report = new Report(history);
  const lives = new Lives(history);
  judgeDaemon(lives, report);
  const context = new KernelContext(lives, report);
  for (const rule of KERNEL_RULES) rule(context);
  judgeDrives(history, report);
  return report.deviations();
}

/** Judged once: a history never changes. */
const LOCKS = new WeakMap<History, LockFindings>();

/** What a history tells of locks: deviations of drives, and why nobody can say. */
export function lockFindings(history: History): LockFindings {
  const known = LOCKS.get(history);
  if (known !== undefined) return known;
  const findings = judgeLocks(history.events);
  LOCKS.set(history, findings);
  return findings;
}

/** What drives did wrong; a requirement is named once per drive. */
function judgeDrives(history: History, report: Report): void {
  for (const { rule, drive, expected, seen, events } of lockFindings(history).deviations) {
    const by = events.flatMap((n) => history.event(n) ?? []);
    report.add('drive', rule, drive, { expected, seen, by });
  }
}
