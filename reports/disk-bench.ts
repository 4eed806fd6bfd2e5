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
