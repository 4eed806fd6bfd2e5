/**
 * Replays what drives tell of their commands against the specification, with the drives' own time: the order in which
 * commands took effect is known, so that every answer can be judged by itself (spec idm 6).
 */
import type { DiskEvent } from '../../history/index.js';
import { DriveReplay, type DriveDeviation } from './drive-replay.js';
import type { LockProfile } from './profile.js';

/** What a replay found. */
export interface ReplayReport {
  /** In order; the first is the one to look at. A mutex that one is about is not judged any further. */
  readonly deviations: readonly DriveDeviation[];
  /** Mutex commands that were judged. */
  readonly judged: number;
}

/** The order in which things took effect; undefined: they did not. */
function orderOf(event: DiskEvent): number | undefined {
  return event.kind === 'disk-command' ? (event.executed ?? undefined) : event.order;
}

/**
 * Judges every drive of a trace by itself.
 * @param profile of all drives, or of each by its serial number; one without is not judged
 */
export function replayDrives(
  events: readonly DiskEvent[],
  profile: LockProfile | ((drive: string) => LockProfile | undefined),
): ReplayReport {
  const profileOf = typeof profile === 'function' ? profile : () => profile;
  const drives = new Map<string, DriveReplay>();
  const ordered = events
    .flatMap((event) => {
      const order = orderOf(event);
      return order === undefined ? [] : [{ event, order }];
    })
    .toSorted((a, b) => a.order - b.order);
  for (const { event } of ordered) {
    if (event.kind === 'disk-nexus' || event.kind === 'disk-reset') {
      for (const drive of drives.values()) drive.disturb(event);
      continue;
    }
    if (event.drive === null) continue;
    const own = profileOf(event.drive);
    if (own === undefined) continue;
    const drive = drives.get(event.drive) ?? new DriveReplay(event.drive, own);
    drives.set(event.drive, drive);
    if (event.kind === 'disk-power-cut') drive.model.clear('IDM-22');
    else drive.command(event);
  }
  const reports = [...drives.values()];
  return {
    deviations: reports.flatMap(({ found }) => found).toSorted((a, b) => a.place - b.place),
    judged: reports.reduce((sum, { judged }) => sum + judged, 0),
  };
}
