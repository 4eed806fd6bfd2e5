import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { kernelChoiceSchema } from '../plan/kernel-choice.js';
import { PLAN_FILE, RUN_LOCK } from '../plan/run-plan.js';
import { makeDirectory } from '../setup/make-directory.js';
import { OUTCOMES_FILE } from './model.js';

/** Where runs without `--out` go, relative to the working directory. */
const DEFAULT_OUT_ROOT = join('reports', 'out');

/** As much of a plan of any version as tells the folders of its kernels; nothing else may be removed by it. */
const planKernels = z.looseObject({
  kernels: z.array(z.looseObject({ label: kernelChoiceSchema.shape.label })),
});

/** What a run writes into its `--out` directory. */
const OURS = [
  'plan.json',
  OUTCOMES_FILE,
  'results.json',
  'junit.xml',
  'mutants.json',
  'runner-output.txt',
  'tests',
  'runs',
  'runner',
  'html',
  'matrix.html',
  RUN_LOCK,
  'bisect.json',
  'steps',
];

/** One of these is in the directory of every run that got as far as writing something. */
const MARKS = ['plan.json', 'results.json', 'bisect.json'];

/** `--out` cannot be used; bad usage. */
export class OutDirectoryError extends Error {
  override readonly name = 'OutDirectoryError';
}

/** `20260801T142233Z-5f3a9c`: UTC, so that names sort by time, and a tail for runs of the same second. */
export function runName(now: Date, id = randomBytes(3).toString('hex')): string {
  const time = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return `${time}-${id}`;
}

/** Whether the file is one of ours: all our JSON files tell the version of their schema. */
async function isOurs(path: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null && 'schemaVersion' in value;
  } catch {
    return false;
  }
}

/** The folders that a run on several kernels made for them: the labels in its plan. */
async function kernelFolders(directory: string): Promise<string[]> {
  try {
    const plan = planKernels.parse(JSON.parse(await readFile(join(directory, PLAN_FILE), 'utf8')));
    return plan.kernels.map(({ label }) => label);
  } catch {
    return [];
  }
}

/** The names in the directory that no run wrote, as far as can be told; all of them when there was no run. */
async function foreignIn(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  const marked = await Promise.all(MARKS.map((name) => isOurs(join(directory, name))));
  const ours = [...OURS, ...(await kernelFolders(directory))];
  return marked.includes(true) ? names.filter((name) => !ours.includes(name)) : names;
}

/**
 * Makes the directory of a run and returns its absolute path. What an earlier run left in it is removed;
 * a directory that holds anything else is refused, because it would be mixed up with the results. Throws
 * {@link OutDirectoryError}.
 */
export async function prepareOut(out: string | undefined, cwd: string, now: Date): Promise<string> {
  const directory = resolve(cwd, out ?? join(DEFAULT_OUT_ROOT, runName(now)));
  try {
    await makeDirectory(directory);
    const foreign = await foreignIn(directory);
    if (foreign.length > 0) {
      throw new OutDirectoryError(
        `--out ${out ?? directory}: holds ${foreign.slice(0, 3).join(', ')}, which no run of ulogcheck wrote. ` +
          'Name an empty or new directory.',
      );
    }
    const ours = [...OURS, ...(await kernelFolders(directory))];
    for (const name of ours) await rm(join(directory, name), { recursive: true, force: true });
  } catch (error) {
    if (error instanceof OutDirectoryError) throw error;
    throw new OutDirectoryError(
      `--out ${out ?? directory}: cannot be used: ${error instanceof Error ? error.message : String(error)}. ` +
        'Name a directory that can be written.',
      { cause: error },
    );
  }
  return directory;
}

/** Writes `text`, so that a reader sees the old file or the whole new one. */
export async function writeTextAtomically(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** Writes `value` as JSON, as {@link writeTextAtomically} does. */
export async function writeJsonAtomically(path: string, value: unknown): Promise<void> {
  await writeTextAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Moves the link `latest` beside `out` to it, atomically. Only for runs in `reports/out`: elsewhere the
 * directory above belongs to the caller, and nothing is written there.
 */
export async function moveLatest(out: string, cwd: string): Promise<void> {
  const root = resolve(cwd, DEFAULT_OUT_ROOT);
  if (dirname(out) !== root) return;
  const temporary = join(root, `.latest.${process.pid}.tmp`);
  await rm(temporary, { force: true });
  await symlink(relative(root, out), temporary);
  await rename(temporary, join(root, 'latest'));
}
