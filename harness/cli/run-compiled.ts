/** The compiled command line as a process, for its self tests. */
import { join } from 'node:path';
import { BUILT_VARIABLE } from '../setup/build.mjs';
import { runOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';

/** The program that `bin` of package.json names. */
export const MAIN = join(projectRoot, 'dist', 'harness', 'cli', 'main.js');

/** What a command left. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ulogcheck` with these arguments in `directory`, as if not in GitHub Actions unless `variables` say so. */
export async function runCompiled(
  directory: string,
  variables: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<Ended> {
  const { status, stdout, stderr } = await runOwned([process.execPath, MAIN, ...args], {
    cwd: directory,
    // Who works on the sources while their tests run would see bad usage everywhere.
    env: {
      ...process.env,
      [BUILT_VARIABLE]: '1',
      GITHUB_ACTIONS: '',
      GITHUB_STEP_SUMMARY: '',
      ...variables,
    },
    allow: [0, 1, 2, 64, 69, 130],
    deadlineMs: 60_000,
  });
  return { status, stdout, stderr };
}
