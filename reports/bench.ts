import type { Style } from './style.js';

/** Milliseconds of several measurements. */
type Samples = readonly number[];

/** What a benchmark found, as far as it is shown; see harness/lab/bench.ts. */
export interface BenchFigures {
  readonly qemu: string;
  readonly kernel: string;
  readonly daemon: string;
  readonly boot: Samples;
  readonly restore: Samples;
  readonly restoreReady: Samples;
  readonly twoNodes: Samples;
  readonly resyncs: readonly {
    readonly vcpus: number;
    readonly regions: number;
    readonly regionSectors: number;
    readonly core: Samples;
    readonly userspace: Samples;
    readonly requests: number;
  }[];
}

function median(samples: Samples): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

function row(name: string, samples: Samples, note = ''): string {
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const cells = [least, median(samples), most].map((value) => value.toFixed(0).padStart(8));
  return `  ${name.padEnd(46)}${cells.join('')}  ${note}`.trimEnd();
}

/** A table of medians between minimum and maximum, in milliseconds, with the ratios that they are there for. */
export function renderBench(figures: BenchFigures, { colors }: Style): string {
  const { boot, restore, restoreReady, twoNodes, resyncs } = figures;
  const faster = (samples: Samples): string => `1/${(median(boot) / median(samples)).toFixed(1)} of a boot`;
  const lines = [
    '',
    `kernel ${figures.kernel}, daemon ${figures.daemon}, ${boot.length} measurements of each kind, ms`,
    figures.qemu,
    '',
    colors.bold(`  ${'nodes (time of the host)'.padEnd(46)}     min  median     max`),
    row('boot', boot),
    row('restore', restore, faster(restore)),
    row('restore, daemon and recorder ready, 3 disks', restoreReady, faster(restoreReady)),
    row('two of those at once, disks shared', twoNodes),
  ];
  for (const { vcpus, regions, regionSectors, core, userspace, requests } of resyncs) {
    const kib = regionSectors / 2;
    const ratio = median(userspace) / median(core);
    lines.push(
      '',
      colors.bold(`  resync of ${regions} regions of ${kib} KiB, ${vcpus} vCPUs (time of the guest)`),
      row('core log of the kernel', core),
      row(`userspace log, ${figures.daemon}`, userspace, `ratio ${ratio.toFixed(1)}`),
      `  ${requests} requests, ${((1000 * requests) / median(userspace)).toFixed(0)} a second`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}
