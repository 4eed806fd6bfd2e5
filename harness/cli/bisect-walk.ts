/** `ulogcheck bisect --good --bad`: searches among the kernels that can be had for the first bad one. */
import { join } from 'node:path';
import { duration, type Style } from '../../reports/style.js';
import { searchBorder, stepsFor, type Border, type Progress } from '../bisect/search.js';
import { Cache } from '../cache/index.js';
import { chooseKernels, type KernelChoice } from '../kernels/index.js';
import { kernelArgument } from '../plan/kernel-choice.js';
import type { ProgressSink } from '../progress.js';
import { EXIT } from '../results/exit-status.js';
import { compareKernelVersions } from '../results/kernel-order.js';
import { writeJsonAtomically } from '../results/write.js';
import { type EndSpecs, endsOf } from './bisect-ends.js';
import { BISECT_FILE, STEPS_DIRECTORY } from './bisect-files.js';
import { judgeKernel, JudgeError, type JudgeOptions, type RunJudgement } from './bisect-judge.js';
import { UsageError } from './errors.js';
import type { Interruption } from './interruption.js';

/** What a search is given. */
export interface WalkOptions extends EndSpecs {
  /** For people: what is searched for. */
  readonly what: string;
  readonly judge: JudgeOptions;
  /** Absolute. */
  readonly out: string;
}

/** What a search needs from around it. */
export interface WalkContext {
  readonly interruption: Interruption;
  readonly progress: ProgressSink;
  readonly style: Style;
  readonly print: (line: string) => void;
}

/** The kernels of a search: the good one first, the bad one last. */
export type Road = readonly KernelChoice[];

/**
 * The kernels from the good to the bad one: all versions of Debian's archives strictly between them, each once, and the
 * two themselves, of one flavour. When the good one is the newer of the two they go from new to old. Throws UnknownKernelError and
 * {@link UsageError}.
 */
export async function roadBetween(
  cache: Cache,
  { good, bad, flavour: wanted }: EndSpecs,
  progress: ProgressSink,
): Promise<Road> {
  const { from, to, flavour } = await endsOf({ good, bad, flavour: wanted }, (spec, one) =>
    chooseKernels(cache, [spec], { flavour: one }, progress),
  );
  const all = await chooseKernels(cache, ['debian/all', good, bad], { flavour }, progress);
  return cutRoad(all, from, to);
}

/** Cuts the road out of `all` kernels, which are sorted, the oldest first, and hold both ends. */
export function cutRoad(all: readonly KernelChoice[], from: KernelChoice, to: KernelChoice): Road {
  const indexOf = (end: KernelChoice): number =>
    all.findIndex(
      ({ release, packageVersion, source }) =>
        release === end.release && packageVersion === end.packageVersion && source === end.source,
    );
  const [first, last] = [indexOf(from), indexOf(to)];
  const [low, high] = first < last ? [first, last] : [last, first];
  const ends = new Set([from.version, to.version]);
  const between = all.slice(low + 1, high).filter(({ version }) => !ends.has(version));
  return [from, ...(first < last ? between : between.toReversed()), to];
}

/** `6.12.107 (trixie-security)`, `6.12.107 (trixie-security, generic)`. */
function named({ version, suite, source, spec, flavour }: KernelChoice): string {
  if (source !== 'debian') return `${version} (${spec})`;
  return `${version} (${suite ?? 'in no suite any more'}${flavour === 'cloud' ? '' : `, ${flavour}`})`;
}

interface Step {
  readonly version: string;
  readonly release: string;
  readonly packageVersion: string | null;
  readonly suite: string | null;
  readonly finding: RunJudgement['finding'];
  readonly reason: string;
  readonly again: string;
  /** Results of the run that decided, relative to `--out`. */
  readonly directory: string;
  readonly durationMs: number;
}

/** Judges kernels of one search, prints a line for each and keeps the record. */
class Walk {
  readonly #steps: Step[] = [];
  readonly judgements = new Map<KernelChoice, RunJudgement>();

  constructor(
    private readonly options: WalkOptions,
    private readonly context: WalkContext,
  ) {}

  async judge(kernel: KernelChoice, role: string, left: string): Promise<RunJudgement> {
    const { options, context } = this;
    const began = performance.now();
    const directory = join(options.out, STEPS_DIRECTORY, kernel.label);
    const judgement = await judgeKernel(
      kernelArgument(kernel),
      directory,
      options.judge,
      context.interruption,
    );
    this.judgements.set(kernel, judgement);
    const { finding, reason, again } = judgement;
    const { version, release, packageVersion, suite } = kernel;
    const durationMs = Math.round(performance.now() - began);
    const place = judgement.directory.slice(options.out.length + 1);
    this.#steps.push({
      ...{ version, release, packageVersion, suite, finding, reason, again, directory: place, durationMs },
    });
    await this.record(undefined);
    context.print(
      [
        role.padEnd(8),
        named(kernel).padEnd(34),
        paintFinding(finding, context.style),
        `${duration(durationMs)}${left === '' ? '' : `; ${left}`}`,
      ].join(' '),
    );
    if (reason !== '') context.print(`         ${reason}`);
    return judgement;
  }

  /** Writes what is known so far. */
  async record(border: Border<KernelChoice> | undefined): Promise<void> {
    const { good, bad, what, judge, out } = this.options;
    await writeJsonAtomically(join(out, BISECT_FILE), {
      schemaVersion: 1,
      ...{ good, bad, what, seed: judge.seed, repeat: judge.repeat, steps: this.#steps },
      ...(border && {
        border: {
          good: border.good.release,
          bad: border.bad.release,
          unjudged: border.unjudged.map(({ release }) => release),
        },
      }),
    });
  }
}

function paintFinding(finding: RunJudgement['finding'], { colors }: Style): string {
  const text = (finding === 'unjudged' ? 'skipped' : finding).padEnd(8);
  switch (finding) {
    case 'good':
      return colors.green(text);
    case 'bad':
      return colors.red(text);
    case 'unjudged':
      return colors.yellow(text);
  }
}

/**
 * Checks that the ends are what they are said to be, searches between them and tells what came of it. Returns the exit
 * status: 0 when the first bad version is known, 69 when it may be one of several. Throws UsageError when the good end
 * is bad or the other way round, {@link JudgeError} when an end cannot be judged, and what judging throws.
 */
export async function walk(options: WalkOptions, context: WalkContext): Promise<number> {
  const cache = await Cache.open({ progress: context.progress });
  const { interruption, print } = context;
  const road = await interruption.during('set-up', roadBetween(cache, options, context.progress));
  const [good, bad] = [road[0] as KernelChoice, road.at(-1) as KernelChoice];
  const candidates = road.length - 2;
  print(
    `search   ${options.what}: from ${named(good)}, good, to ${named(bad)}, bad; ` +
      `${candidates} versions between, at most ${stepsFor(candidates)} steps after these two`,
  );
  const steps = new Walk(options, context);
  // However this ends, the directory can be used again.
  await steps.record(undefined);
  await checkEnd(steps, good, 'good', options);
  await checkEnd(steps, bad, 'bad', options);
  let step = 0;
  const border = await searchBorder(road, async (kernel, progress) => {
    step += 1;
    return (await steps.judge(kernel, `step ${step}`, leftOf(progress))).finding;
  });
  await steps.record(border);
  for (const line of conclusion(border, good, bad, options, steps.judgements)) print(line);
  return border.unjudged.length === 0 ? EXIT.ok : EXIT.infra;
}

function leftOf({ steps }: Progress): string {
  return steps === 1 ? 'the last step' : `at most ${steps - 1} left`;
}

async function checkEnd(
  steps: Walk,
  kernel: KernelChoice,
  wanted: 'good' | 'bad',
  { out }: WalkOptions,
): Promise<void> {
  const { finding, reason, again } = await steps.judge(kernel, `${wanted}?`, '');
  if (finding === wanted) return;
  const why = [`Its results are in ${out}; to see it again: ${again}`];
  if (finding === 'unjudged') {
    throw new JudgeError([`--${wanted}: ${named(kernel)} cannot be judged: ${reason}`, ...why].join('\n'));
  }
  throw new UsageError(
    [
      `--${wanted}: ${named(kernel)} is ${finding}${reason === '' ? '' : `: ${reason}`}`,
      `Nothing can be found between two ${finding} kernels. ${why.join('')}`,
    ].join('\n'),
  );
}

/** What the search has found, for people. From new to old it is the end of something bad. */
export function conclusion(
  border: Border<KernelChoice>,
  good: KernelChoice,
  bad: KernelChoice,
  { what, out }: Pick<WalkOptions, 'what' | 'out'>,
  judgements: ReadonlyMap<KernelChoice, Pick<RunJudgement, 'reason' | 'again'>>,
): string[] {
  const isReversed = compareKernelVersions(good.version, bad.version) > 0;
  const [badWord, goodWord] = isReversed ? ['last bad', 'first good'] : ['first bad', 'last good'];
  const decided = judgements.get(border.bad);
  const found =
    border.unjudged.length === 0
      ? [`${badWord}: ${named(border.bad)}, ${goodWord}: ${named(border.good)}`]
      : [
          `${badWord}: one of ${[...border.unjudged, border.bad].map(named).join(', ')}; ${goodWord}: ${named(border.good)}`,
          ...border.unjudged.map(
            (kernel) => `  skipped  ${named(kernel)}: ${judgements.get(kernel)?.reason ?? ''}`,
          ),
        ];
  return [
    '',
    ...found,
    `  reason   ${decided?.reason ?? ''}`,
    `  again    ${decided?.again ?? ''}`,
    `  results  ${out} (${what})`,
  ];
}
