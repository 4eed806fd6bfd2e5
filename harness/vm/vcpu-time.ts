import { readFileSync } from 'node:fs';
import type { CpuShare } from '../kernel-log/index.js';

/** How often the threads are looked at. */
const PERIOD_MS = 500;
/** For so long looks are kept: longer than anything that a kernel waits before it reports a lockup. */
const KEPT_MS = 300_000;
/** utime and stime count in USER_HZ, which is 100 on every architecture that matters (proc(5)). */
const MS_PER_TICK = 10;

/** State and processor time of a thread, from /proc/PID/task/TID/stat (proc(5)). */
export interface ThreadTime {
  /** R running or waiting for a CPU, S asleep, D in uninterruptible sleep, T and t stopped. */
  readonly state: string;
  /** utime + stime, ms. */
  readonly ranMs: number;
}

/** Reads the text of a stat file. The command name may hold blanks and brackets, so it is cut off at its last one. */
export function parseThreadStat(stat: string): ThreadTime | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, utime, stime] = [fields[0], fields[11], fields[12]];
  if (state === undefined || state === '' || utime === undefined || stime === undefined) return undefined;
  return { state, ranMs: (Number(utime) + Number(stime)) * MS_PER_TICK };
}

interface Look {
  readonly at: number;
  readonly ranMs: number;
  /** All the time until then that the thread was refused. */
  readonly deniedMs: number;
}

/**
 * How much processor time one vCPU thread of QEMU gets from the host, looked at twice a second. A thread that is
 * seen runnable, stopped or in uninterruptible sleep wanted to run all the time since the look before.
 */
export class VcpuTime {
  readonly #looks: Look[] = [];

  /** `read` gives the thread's time, or undefined when the thread is gone. */
  constructor(
    private readonly read: () => ThreadTime | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Looks at the thread now. */
  look(): void {
    const time = this.read();
    if (time === undefined) return;
    const at = this.now();
    const before = this.#looks.at(-1) ?? { at, ranMs: time.ranMs, deniedMs: 0 };
    const idle = Math.max(0, at - before.at - (time.ranMs - before.ranMs));
    const deniedMs = before.deniedMs + (time.state === 'S' || time.state === 'I' ? 0 : idle);
    this.#looks.push({ at, ranMs: time.ranMs, deniedMs });
    while ((this.#looks[0]?.at ?? at) < at - KEPT_MS) this.#looks.shift();
  }

  /** What it got in the `ms` before the moment `end`, as far back as it was looked at; undefined when it was not. */
  share(ms: number, end: number = this.now()): CpuShare | undefined {
    const last = this.#looks.findLast(({ at }) => at <= end);
    if (last === undefined) return undefined;
    const first = this.#looks.findLast(({ at }) => at <= last.at - ms) ?? this.#looks[0];
    if (first === undefined || first === last) return undefined;
    return {
      wallMs: last.at - first.at,
      ranMs: last.ranMs - first.ranMs,
      deniedMs: last.deniedMs - first.deniedMs,
    };
  }
}

/** The vCPUs of one VM, in the order of their numbers; looks at them until it is disposed. */
export class VcpuTimes implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #times: readonly VcpuTime[];

  /** `threads` are the host's thread ids, in the order of the guest's CPU numbers. */
  constructor(pid: number, threads: readonly number[]) {
    this.#times = threads.map((tid) => new VcpuTime(() => threadTime(pid, tid)));
    this.look();
    this.#timer = setInterval(() => {
      this.look();
    }, PERIOD_MS);
    this.#timer.unref();
  }

  /** Looks at all threads now. */
  look(): void {
    for (const time of this.#times) time.look();
  }

  /** What a CPU got; of all CPUs, when none is named, the one that was refused most. */
  share(ms: number, end: number, cpu?: number): CpuShare | undefined {
    const named = cpu === undefined ? undefined : this.#times[cpu];
    if (named !== undefined) return named.share(ms, end);
    const shares = this.#times.map((time) => time.share(ms, end)).filter((share) => share !== undefined);
    return shares.toSorted((a, b) => b.deniedMs - a.deniedMs)[0];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function threadTime(pid: number, tid: number): ThreadTime | undefined {
  try {
    return parseThreadStat(readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8'));
  } catch {
    return undefined; // QEMU has ended
  }
}
