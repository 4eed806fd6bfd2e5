/** `ulogcheck bisect --kernel`: judges one built tree, for `git bisect run`. */
import { open, readFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Finding } from '../bisect/search.js';
import { lastLines, OwnedCommandError, OwnedSpawnError, runOwned, spawnOwned } from '../setup/owned.mjs';
import { writeJsonAtomically } from '../results/write.js';
import { makeDirectory } from '../setup/make-directory.js';
import { judgeKernel, type JudgeOptions } from './bisect-judge.js';
import { BISECT_FILE, STEPS_DIRECTORY } from './bisect-files.js';
import { InterruptedError, UsageError } from './errors.js';
import type { Interruption } from './interruption.js';

/** What `git bisect run` understands: the commit is good, bad, or to be skipped. */
const STATUS: Readonly<Record<Finding, number>> = { good: 0, bad: 1, unjudged: 125 };
/** A shell ends so when it did not find the command, or may not run it. */
const NO_COMMAND = new Set([126, 127]);
/** What the build printed, in the directory of the step. */
const BUILD_OUTPUT = 'build.txt';
/** A kernel image, below its tree. */
const IMAGES = ['arch/x86/boot/bzImage', 'vmlinux'];
/** For git to answer. */
const GIT_MS = 10_000;

/** What a step is given. */
export interface StepOptions {
  /** The tree, as it was given. */
  readonly kernel: string;
  /** Shell command that builds it, run in it; none if it is built already. */
  readonly build: string | undefined;
  readonly judge: JudgeOptions;
  /** Absolute. */
  readonly out: string;
}

/**
 * Where steps leave their results when nobody says where: inside git's own directory, so that the tree stays as it is; a
 * directory for each commit. Undefined outside git.
 */
export async function stepDirectory(tree: string, below: string | undefined): Promise<string | undefined> {
  const git = async (...words: string[]): Promise<string> => {
    const { stdout } = await runOwned(['git', '-C', tree, 'rev-parse', ...words], { deadlineMs: GIT_MS });
    return stdout.trim();
  };
  try {
    const commit = await git('--short=12', 'HEAD');
    return join(below ?? resolve(tree, await git('--git-path', 'ulogcheck-bisect')), commit);
  } catch (error) {
    if (!(error instanceof OwnedCommandError) && !(error instanceof OwnedSpawnError)) throw error;
    return below;
  }
}

/** Throws UsageError unless it is a directory. */
export function checkTree(kernel: string): void {
  if (statSync(kernel, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new UsageError(
    `--kernel ${kernel}: is no directory. Give the tree that git bisect checks out, such as .`,
  );
}

/**
 * Builds the tree if that is asked for, runs the tests on it, prints what came of it, and returns the exit status for
 * `git bisect run`: 0 good, 1 bad, 125 if it cannot be judged: it does not build or boot, lacks an option, or the
 * results are unknown or infra. Throws UsageError, JudgeError and InterruptedError, which must end the search.
 */
export async function step(
  { kernel, build, judge, out }: StepOptions,
  interruption: Interruption,
  print: (line: string) => void,
): Promise<number> {
  const tree = resolve(kernel);
  const steps = join(out, STEPS_DIRECTORY);
  await makeDirectory(steps);
  // However this ends, the directory can be used again.
  await writeJsonAtomically(join(out, BISECT_FILE), { schemaVersion: 1, kernel: tree });
  const told = async (finding: Finding, reason: string, again = ''): Promise<number> => {
    const record = { schemaVersion: 1, kernel: tree, finding, reason, again };
    await writeJsonAtomically(join(out, BISECT_FILE), record);
    print(`${finding === 'unjudged' ? 'skipped' : finding}${reason === '' ? '' : `: ${reason}`}`);
    if (again !== '') print(`again    ${again}`);
    print(`results  ${out}`);
    return STATUS[finding];
  };
  if (build !== undefined) {
    const problem = await buildTree(tree, build, join(steps, BUILD_OUTPUT), interruption);
    if (problem !== undefined) return await told('unjudged', problem);
  }
  if (!IMAGES.some((image) => existsSync(join(tree, image)))) {
    return await told('unjudged', `${tree} holds no ${IMAGES.join(' and no ')}: it is not built`);
  }
  try {
    const { finding, reason, again } = await judgeKernel(tree, steps, judge, interruption);
    return await told(finding, reason, again);
  } catch (error) {
    // All else that was given has been checked before: it is the tree that cannot be used.
    if (error instanceof UsageError) return await told('unjudged', error.message);
    throw error;
  }
}

/** Why the tree was not built, or undefined. Throws UsageError for a command that does not exist. */
async function buildTree(
  tree: string,
  command: string,
  outputPath: string,
  interruption: Interruption,
): Promise<string | undefined> {
  await using output = await open(outputPath, 'w');
  // Without a terminal: a question about a new option of the configuration must not wait for an answer.
  await using child = spawnOwned(['/bin/sh', '-c', command], {
    cwd: tree,
    stdio: ['ignore', output.fd, output.fd],
  });
  const stopListening = interruption.onRequest(() => child.kill('SIGTERM'));
  const { status, signal } = await child.exited;
  stopListening();
  if (interruption.requested) throw new InterruptedError('interrupted during the build');
  if (status === 0) return undefined;
  const said = lastLines((await readFile(outputPath, 'utf8')).trim(), 6);
  if (status !== null && NO_COMMAND.has(status)) {
    throw new UsageError(`--build ${command}: there is no such command:\n${said}`);
  }
  return `\`${command}\` ended with ${signal ?? `status ${String(status)}`} (${outputPath}):\n${said}`;
}
