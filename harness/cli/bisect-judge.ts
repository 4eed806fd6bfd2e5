/** Judges one kernel of a search by a run of its own, as anybody could start it. */
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../reports/again.js';
import { judgeResults, type BadIf, type KernelJudgement } from '../bisect/judge-results.js';
import { EXIT } from '../results/exit-status.js';
import { readResults } from '../results/read.js';
import { makeDirectory } from '../setup/make-directory.js';
import { lastLines, spawnOwned } from '../setup/owned.mjs';
import { isSourceCheckout, projectRoot } from '../setup/root.mjs';
import { InterruptedError, UsageError } from './errors.js';
import type { Interruption } from './interruption.js';

/** How long a run may take to end after an interruption; its tests are torn down in half of it. */
const TEARDOWN_MS = 20_000;
/** What a run prints, in the directory of its results. */
const RUN_OUTPUT = 'output.txt';

/** How kernels are judged. */
export interface JudgeOptions {
  /** Options of `ulogcheck run` that all runs of the search share: what is tested, with which daemon, and where. */
  readonly words: readonly string[];
  /** So often each kernel is tested; with the seeds from this one on. */
  readonly repeat: number;
  readonly seed: number;
  readonly badIf: BadIf;
}

/** A judgement, with how to see it again. */
export interface RunJudgement extends KernelJudgement {
  /** Shell command of the run that decided. */
  readonly again: string;
  /** Its results. */
  readonly directory: string;
}

/** The run could not be done for a reason that has nothing to do with the kernel; the message says which. */
export class JudgeError extends Error {
  override readonly name = 'JudgeError';
}

/**
 * Runs the tests on a kernel, `repeat` times unless it turns out bad before, and says what the results mean: bad if one
 * run was, good if all were. `kernel` is an argument of `--kernel`. Results go to `directory`, or below it. Throws
 * JudgeError, UsageError or InterruptedError.
 */
export async function judgeKernel(
  kernel: string,
  directory: string,
  options: JudgeOptions,
  interruption: Interruption,
): Promise<RunJudgement> {
  let doubt: RunJudgement | undefined;
  let good: RunJudgement | undefined;
  for (let round = 0; round < options.repeat; round++) {
    const out = options.repeat === 1 ? directory : join(directory, String(round + 1));
    const words = ['--kernel', kernel, ...options.words, '--seed', String(options.seed + round)];
    const judgement = await judgeOnce(words, out, options.badIf, interruption);
    if (judgement.finding === 'bad') return judgement;
    if (judgement.finding === 'unjudged') doubt ??= judgement;
    else good ??= judgement;
  }
  const decided = doubt ?? good;
  if (decided === undefined) throw new RangeError(`repeat is ${options.repeat}`);
  return decided;
}

async function judgeOnce(
  words: readonly string[],
  out: string,
  badIf: BadIf,
  interruption: Interruption,
): Promise<RunJudgement> {
  const directory = join(out, 'run');
  // The results of an earlier search must not be taken for those of a run that leaves none.
  await rm(directory, { recursive: true, force: true });
  await makeDirectory(directory);
  const output = join(out, RUN_OUTPUT);
  const status = await runSuite([...words, '--out', directory], output, interruption);
  if (interruption.requested || status === EXIT.interrupted) {
    throw new InterruptedError('interrupted during the search');
  }
  const again = [...(isSourceCheckout ? ['npm', 'start', '--'] : ['npx', 'ulogcheck', 'run']), ...words];
  const results = await readResults(directory).catch(() => undefined);
  if (results !== undefined) {
    return { ...judgeResults(results, badIf), again: again.map(shellWord).join(' '), directory };
  }
  const said = lastLines((await readFile(output, 'utf8')).trim(), 12);
  if (status === EXIT.usage) throw new UsageError(said.replace(/^ *ulogcheck: /, ''));
  throw new JudgeError(
    `the run left no results (status ${String(status)}); it printed (${output}):\n${said}`,
  );
}

/** Runs `ulogcheck run` and returns its exit status; null if a signal ended it. */
async function runSuite(
  words: readonly string[],
  outputPath: string,
  interruption: Interruption,
): Promise<number | null> {
  await using output = await open(outputPath, 'w');
  const main = join(projectRoot, 'dist', 'harness', 'cli', 'main.js');
  await using child = spawnOwned([process.execPath, main, 'run', ...words, '--no-html', '--no-github'], {
    stdio: ['ignore', output.fd, output.fd],
  });
  let deadline: NodeJS.Timeout | undefined;
  const stopListening = interruption.onRequest(() => {
    child.kill('SIGINT');
    deadline = setTimeout(() => child.kill('SIGKILL'), TEARDOWN_MS);
  });
  const { status } = await child.exited;
  stopListening();
  clearTimeout(deadline);
  return status;
}
