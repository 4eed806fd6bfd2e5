/** The kernel's own counts at the end, against what arrived: proof that nothing was lost on the way. */
import { TraceFormatError } from './errors.js';
import { PROBE_NAMES, type ProbeName } from './probes.js';
import { sections, STOPPED } from './guest-scripts.js';

/** What the kernel counted. */
export interface KernelCounts {
  readonly probes: Readonly<Record<ProbeName, { readonly hits: number; readonly misses: number }>>;
  /** Events that a full ring buffer dropped or overwrote. */
  readonly overruns: number;
}

/** Reads the output of stopScript. @throws TraceFormatError */
export function parseStop(output: string): { readonly before: KernelCounts; readonly counts: KernelCounts } {
  const [before, after] = output.split(`${STOPPED}\n`);
  if (before === undefined || after === undefined) {
    throw new TraceFormatError('the recorder was not stopped: its script ended early');
  }
  return { before: parseCounts(before), counts: parseCounts(after) };
}

/** Reads the output of countsScript. @throws TraceFormatError */
export function parseCounts(output: string): KernelCounts {
  const parts = sections(output);
  const profile = new Map<string, { hits: number; misses: number }>();
  for (const line of (parts.get('profile') ?? '').split('\n')) {
    const match = /^\s*(\S+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
    if (match?.[1] !== undefined) profile.set(match[1], { hits: Number(match[2]), misses: Number(match[3]) });
  }
  const probe = (name: ProbeName): { hits: number; misses: number } => {
    const found = profile.get(name);
    if (found === undefined) throw new TraceFormatError(`kprobe_profile does not show the probe ${name}`);
    return found;
  };
  let overruns = 0;
  for (const [name, text] of parts) {
    if (!name.startsWith('stats ')) continue;
    for (const counter of ['overrun', 'commit overrun', 'dropped events']) {
      const value = new RegExp(`^${counter}: (\\d+)$`, 'm').exec(text)?.[1];
      if (value === undefined) throw new TraceFormatError(`the ${name} of the ring buffer lack "${counter}"`);
      overruns += Number(value);
    }
  }
  const [answered, sent, consulted, consult] = PROBE_NAMES.map(probe) as [Count, Count, Count, Count];
  return { probes: { answered, sent, consulted, consult }, overruns };
}

interface Count {
  readonly hits: number;
  readonly misses: number;
}

/** What arrived at the host. */
export interface ArrivedCounts {
  readonly probes: Readonly<Record<ProbeName, number>>;
  /** Events that page headers reported as lost. */
  readonly lost: number;
  readonly openCalls: number;
  readonly lostReturns: number;
  readonly strayReturns: number;
  /** The guest went on after it was asked: there may be more events than it had counted. */
  readonly goneOn?: boolean;
}

/** What is missing, and why; empty reason if nothing is. */
export interface Losses {
  readonly overruns: number;
  readonly missed: number;
  readonly reason: string;
}

/**
 * Compares. `sent` fires for all connector traffic and is filtered after that, so its hits may exceed the events.
 * A return may fire after the probes were taken away, once for each call that was open then. Older kernels do not
 * count the misses of return probes; lost returns show as calls without a return. Where the ring buffer was full,
 * gaps prove nothing more. A probe that fires while it is taken away is counted and leaves no event: where `before`
 * says what had been counted when that began, hits beyond it may have events or not.
 */
export function findLosses(kernel: KernelCounts, arrived: ArrivedCounts, before = kernel): Losses {
  const reasons: string[] = [];
  let missed = 0;
  const count = (number: number, reason: string): void => {
    if (number > 0) reasons.push(reason);
    missed += number;
  };
  for (const name of PROBE_NAMES) {
    const { misses } = kernel.probes[name];
    count(misses, `the kernel missed ${misses} hits of probe ${name}`);
  }
  const overruns = Math.max(kernel.overruns, arrived.lost);
  if (overruns > 0) {
    reasons.push(`${overruns} events were lost because the ring buffer was full`);
    return { overruns, missed, reason: reasons.join('; ') };
  }
  for (const name of PROBE_NAMES) {
    const { hits } = kernel.probes[name];
    const events = arrived.probes[name];
    const slack = name === 'sent' ? Infinity : name === 'consulted' ? arrived.openCalls : 0;
    const surplus = arrived.goneOn === true ? 0 : events - hits;
    const due = before.probes[name].hits;
    const gap = events > hits ? surplus : Math.max(0, due - events - slack);
    count(
      gap,
      `probe ${name} fired ${due === hits ? hits : `${due} to ${hits}`} times, ${events} events arrived`,
    );
  }
  const { lostReturns, strayReturns } = arrived;
  count(lostReturns, `${lostReturns} calls have no return although their thread went on`);
  count(strayReturns, `${strayReturns} returns belong to no call`);
  return { overruns, missed, reason: reasons.join('; ') };
}
