import { starvability, type FindingKind } from './kinds.js';

/** What the host gave a CPU of the guest during some time. */
export interface CpuShare {
  /** Length of the time that was looked at, ms of wall time. */
  readonly wallMs: number;
  /** How much of it the CPU's thread ran, ms. */
  readonly ranMs: number;
  /** How much of it the thread wanted to run, or was stopped, and did not, ms. */
  readonly deniedMs: number;
}

/**
 * Why a report says nothing about the kernel because the host starved the guest, or undefined when it counts. A
 * lockup claims that a CPU was busy, so the CPU must have had half of the wall time; a task may hang on an idle CPU,
 * so there the CPU must not have been refused half of it. What was not measured excuses nothing.
 */
export function starvedBecause(kind: FindingKind, share: CpuShare | undefined): string | undefined {
  if (share === undefined || share.wallMs <= 0) return undefined;
  const wall = `${(share.wallMs / 1000).toFixed(1)} s`;
  const percent = (ms: number): string => `${Math.round((100 * ms) / share.wallMs)} %`;
  switch (starvability(kind)) {
    case 'no':
      return undefined;
    case 'busy':
      return share.ranMs * 2 >= share.wallMs
        ? undefined
        : `the host let the CPU run for ${percent(share.ranMs)} of the ${wall} before it`;
    case 'waiting':
      return share.deniedMs * 2 <= share.wallMs
        ? undefined
        : `the host kept the CPU from running for ${percent(share.deniedMs)} of the ${wall} before it`;
  }
}
