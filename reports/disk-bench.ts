import type { Style } from './style.js';

interface Sample {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** What was found of disks from within a node, as far as it is shown; see harness/lab/disk-bench.ts. */
export interface GuestDiskFigures {
  readonly qemu: string;
  readonly kernel: string;
  readonly peer: string;
  readonly rounds: number;
  readonly comparisons: readonly {
    readonly way: 'A' | 'B';
    readonly job: { readonly name: string };
    readonly samples: Readonly<Record<'ours' | 'ours by a socket' | 'tgt', readonly Sample[]>>;
  }[];
}

const WAYS = {
  A: "A: QEMU's own initiator, over loopback",
  B: "B: the node's own initiator, over its cable; tgt is one more socket away than ours",
} as const;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Median of the rounds' ratios, between the least and the greatest: how noisy it was. */
function ratios(ours: readonly number[], theirs: readonly number[]): string {
  const each = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const [least, most] = [Math.min(...each), Math.max(...each)];
  return `${median(each).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`.padStart(18);
}

const HEAD =
  `  ${''.padEnd(46)}${'ops/s'.padStart(8)}${'tgt'.padStart(8)}${'ratio'.padStart(18)}` +
  `${'p99 ms'.padStart(9)}${'tgt'.padStart(8)}${'ratio'.padStart(18)}`;

/** A table for each way: operations per second (more is better) and p99 (less is better), ours, tgt's, and ours to tgt's. */
export function renderGuestDisks(figures: GuestDiskFigures, { colors }: Style): string {
  const { comparisons, rounds } = figures;
  const lines = [
    '',
    `disks from within a node: kernel ${figures.kernel}, ${rounds} rounds by turns of 1 s each, against ${figures.peer}`,
    'medians; ratios are ours to tgt, the median of the rounds, and in parentheses the least and the greatest of them',
    figures.qemu,
  ];
  for (const way of ['A', 'B'] as const) {
    lines.push('', colors.bold(`  ${WAYS[way]}`), HEAD);
    for (const { job, samples } of comparisons.filter((comparison) => comparison.way === way)) {
      const of = (name: keyof typeof samples, what: keyof Sample): number[] =>
        samples[name].map((sample) => sample[what]);
      for (const name of ['ours', 'ours by a socket'] as const) {
        if (samples[name].length === 0) continue;
        const cells = [
          median(of(name, 'perSecond')).toFixed(0).padStart(8),
          median(of('tgt', 'perSecond')).toFixed(0).padStart(8),
          ratios(of(name, 'perSecond'), of('tgt', 'perSecond')),
          median(of(name, 'p99Ms')).toFixed(2).padStart(9),
          median(of('tgt', 'p99Ms')).toFixed(2).padStart(8),
          ratios(of(name, 'p99Ms'), of('tgt', 'p99Ms')),
        ];
        const what = name === 'ours' ? job.name : `  as far away as tgt`;
        lines.push(`  ${what.padEnd(46)}${cells.join('')}`);
      }
    }
  }
  return `${lines.join('\n')}\n\n`;
}

/** What was found of a process that serves drives; see harness/disks/bench/disk-process.ts. */
export interface DiskProcessFigures {
  readonly rates: readonly {
    readonly depth: number;
    readonly perSecond: readonly number[];
    readonly cpuMicros: readonly number[];
  }[];
  readonly memory: {
    readonly luns: number;
    readonly sessions: number;
    readonly started: number;
    readonly loggedIn: number;
    readonly worked: number;
    readonly pressed: number;
  };
}

/** What is asked of both (docs/disks.md). */
const LEAST_RATE = 5000;
const MOST_MIB = 150;

/** Commands a second, and memory, each with the measure that it is held against. */
export function renderDiskProcess({ rates, memory }: DiskProcessFigures, { colors }: Style): string {
  const head = ['min', 'median', 'max'].map((word) => word.padStart(8)).join('');
  const lines = ['', colors.bold(`  ${'mutex commands a second, one client on loopback'.padEnd(56)}${head}`)];
  for (const { depth, perSecond, cpuMicros } of rates) {
    const values = [Math.min(...perSecond), median(perSecond), Math.max(...perSecond)];
    const cells = values.map((value) => value.toFixed(0).padStart(8)).join('');
    const met = median(perSecond) >= LEAST_RATE ? 'met' : 'NOT met';
    const note = `at least ${LEAST_RATE}: ${met}; ${median(cpuMicros).toFixed(0)} µs of processor each`;
    lines.push(`  ${`trylock, refresh, list, unlock, depth ${depth}`.padEnd(56)}${cells}  ${note}`);
  }
  const { luns, sessions, started, loggedIn, worked, pressed } = memory;
  lines.push('', colors.bold(`  resident memory, ${luns} units with mutexes, ${sessions} sessions, MiB`));
  const row = (name: string, bytes: number, judged: boolean): void => {
    const mib = bytes / 2 ** 20;
    const note = judged ? `  below ${MOST_MIB}: ${mib < MOST_MIB ? 'met' : 'NOT met'}` : '';
    lines.push(`  ${name.padEnd(56)}${mib.toFixed(0).padStart(8)}${note}`);
  };
  row('ready', started, false);
  row('all logged in', loggedIn, true);
  row('most while all worked: 4 KiB, mutexes, 1 MiB', worked, true);
  row('most while all wrote 8 MiB at a time, four at once', pressed, true);
  return `${lines.join('\n')}\n\n`;
}
