import type { EvidenceKind } from '../../conformance/requirements/catalogue.js';
import type { HistoryEvent } from '../history/index.js';
import type { EvidenceRef } from './model.js';

/** Name of the history beside `outcome.json`. */
export const HISTORY_FILE = 'history.jsonl';

/** The kind of evidence that an event is; undefined for what proves nothing, such as the start of the daemon. */
function evidenceKind(event: HistoryEvent): EvidenceKind | undefined {
  switch (event.kind) {
    case 'request':
    case 'transmission':
    case 'reply':
    case 'return':
      return 'probe';
    case 'command':
      return 'ioctl';
    case 'observation':
      return event.evidence;
    case 'finding':
      return 'log';
    case 'disk-command':
    case 'disk-power-cut':
      return 'drive-trace';
    case 'lock-answer':
      return 'ioctl';
    case 'disk-nexus':
    case 'disk-reset':
    case 'disk-clock':
    case 'disk-profile':
    case 'lock-call':
    case 'subject':
      return undefined;
  }
}

/** References to `events`, one for each kind, numbers ascending. */
export function evidenceRefs(events: Iterable<HistoryEvent>): EvidenceRef[] {
  const byKind = new Map<EvidenceKind, Set<number>>();
  for (const event of events) {
    const kind = evidenceKind(event);
    if (kind === undefined) continue;
    const numbers = byKind.get(kind) ?? new Set();
    byKind.set(kind, numbers.add(event.n));
  }
  return [...byKind].map(([kind, numbers]) => ({
    kind,
    path: HISTORY_FILE,
    events: [...numbers].sort((a, b) => a - b),
  }));
}
