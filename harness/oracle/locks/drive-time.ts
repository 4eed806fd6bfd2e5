/**
 * The time by which a drive measures leases, for moments of a history. A drive has a clock of its own (spec idm 6.1): it
 * goes as the history's does, or, where the history tells of it (`disk-clock`), it stands still until a test sets it on.
 */
import type { HistoryEvent } from '../../history/index.js';

/** Both in ns: moments since the history's first event, times of the drive from anywhere. */
export interface DriveTime {
  /** What the drive's clock shows at a moment; Infinity at Infinity. */
  at(moment: number): number;
  /** The first moment at which it shows more than that; Infinity when it never does. */
  past(time: number): number;
}

/** A clock that goes by itself. */
const GOING: DriveTime = { at: (moment) => moment, past: (time) => time };

interface Step {
  readonly moment: number;
  readonly time: number;
}

function standing(steps: readonly Step[]): DriveTime {
  const [first] = steps;
  return {
    at: (moment) => {
      if (moment === Infinity) return Infinity;
      return (steps.findLast((step) => step.moment <= moment) ?? first)?.time ?? 0;
    },
    past: (time) => steps.find((step) => step.time > time)?.moment ?? Infinity,
  };
}

/** The time of each drive that a history names, by the drive. */
export function driveTimes(events: readonly HistoryEvent[]): (drive: string) => DriveTime {
  const began = events[0]?.t ?? 0n;
  const steps = new Map<string, Step[]>();
  for (const event of events) {
    if (event.kind !== 'disk-clock') continue;
    const step = { moment: Number(event.t - began), time: Number(event.at) };
    steps.set(event.drive, [...(steps.get(event.drive) ?? []), step]);
  }
  const times = new Map([...steps].map(([drive, own]) => [drive, standing(own)]));
  return (drive) => times.get(drive) ?? GOING;
}
