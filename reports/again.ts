import { isAbsolute } from 'node:path';
import { kernelArgument } from '../harness/plan/kernel-choice.js';
import type { KernelRun, RunDescription } from '../harness/results/model.js';

/** How a test of the run is started again. */
export interface Again {
  /** What precedes the options, e.g. `npx ulogcheck run`. */
  readonly command: readonly string[];
  /** What to give to `-g` so that just the test with this title is selected. */
  readonly patterns: (title: string) => readonly string[];
  /** An absolute path as it is best given to the command. */
  readonly path: (path: string) => string;
}

/** Quotes an argument for a POSIX shell where it needs it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What names a kernel of the run on a command line. */
export function kernelWord(kernels: readonly KernelRun[], label: string): string {
  const kernel = kernels.find((candidate) => candidate.label === label);
  return kernel === undefined ? label : kernelArgument(kernel);
}

/**
 * The command that runs one test again, as this run did: the kernel by its exact release, since `stable` is
 * another one next month. Options at their defaults are left out.
 */
export function reproduce(
  title: string,
  kernel: string,
  { options, seed }: Pick<RunDescription, 'options' | 'seed'>,
  again: Again,
): string {
  const { daemon, userland, lvm = 'stock', tier, drives } = options;
  if (drives !== undefined) {
    // Nothing that can be copied agrees to a loss: the command asks for it.
    const named = [...again.command, ...drives.flatMap((drive) => ['--drive', drive])];
    const patterns = again.patterns(title).flatMap((pattern) => ['-g', pattern]);
    return [...named, ...patterns, '--seed', String(seed)].map(shellWord).join(' ');
  }
  const words = [...again.command, '--kernel', kernel];
  words.push('--daemon', isAbsolute(daemon) ? again.path(daemon) : daemon);
  if (userland !== 'trixie') words.push('--userland', userland);
  if (lvm !== 'stock') words.push('--lvm', lvm);
  if (tier !== 'quick') words.push('--tier', tier);
  for (const pattern of again.patterns(title)) words.push('-g', pattern);
  return [...words, '--seed', String(seed)].map(shellWord).join(' ');
}
