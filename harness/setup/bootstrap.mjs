import { constants } from 'node:os';
import { join } from 'node:path';
import { outliveReaders } from './broken-pipe.mjs';
import { build, BUILT_VARIABLE, built } from './build.mjs';
import { lockFile } from './file-lock.mjs';
import { installPackages, packagesInstalled } from './npm-packages.mjs';
import { OwnedCommandError, OwnedSpawnError, spawnOwned } from './owned.mjs';
import { dieWithParent } from './parent.mjs';
import { nodePath, projectRoot } from './root.mjs';
import { SetupError, step } from './step.mjs';

/** Exit status for "it could not be done at all" (EX_UNAVAILABLE of sysexits.h). */
export const UNAVAILABLE = 69;

/**
 * Makes node_modules/ and dist/ fit the sources, if they do not yet. From then on until this process ends it holds
 * a shared lock on the checkout. Who must change node_modules/ or dist/ takes that lock exclusively: he waits for
 * those who use them, and they for him.
 * @returns {Promise<{ errors: string }>} what tsc has to say against the sources, empty if nothing; it has compiled
 *   them nevertheless
 * @throws {SetupError}
 */
export async function prepare() {
  const file = join(projectRoot, 'dist/.setup-lock');
  const onWait = () => {
    process.stdout.write('setup  waiting for another ulogcheck that uses this checkout\n');
  };
  for (;;) {
    const using = await lockFile(file, 'shared', onWait);
    const result = packagesInstalled() ? built() : undefined;
    if (result !== undefined) {
      process.env[BUILT_VARIABLE] = '1';
      return result;
    }
    using.release();

    const changing = await lockFile(file, 'exclusive', onWait);
    try {
      if (!packagesInstalled()) await step('npm packages', () => installPackages(changing.fd));
      if (built() === undefined) await step('compile', () => build(changing.fd));
    } finally {
      changing.release();
    }
  }
}

/** Signals that are handed on to the command: what a terminal and a service manager send, and a new window size. */
const HANDED_ON = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGWINCH']);
/** Ctrl-C reaches us twice under npm, from the terminal and from npm; a second one by hand comes later than this. */
const ECHO_MS = 500;

/**
 * Runs `ulogcheck ARGS` with our standard streams and hands signals on to it. It is in a session of its own, so
 * that it ends when we do, and so the terminal does not reach it directly.
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status; 128 + n if signal n ended it
 */
export async function runCli(args) {
  const child = spawnOwned([nodePath, join(projectRoot, 'dist/harness/cli/main.js'), ...args], {
    stdio: 'inherit',
  });
  /** @type {Map<NodeJS.Signals, number>} */
  const last = new Map();
  for (const signal of HANDED_ON) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (last.get(signal) ?? -Infinity) < ECHO_MS && signal !== 'SIGWINCH') return;
      last.set(signal, now);
      child.kill(signal);
    });
  }
  const { status, signal } = await child.exited;
  for (const handed of HANDED_ON) process.removeAllListeners(handed);
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/**
 * The whole of a program of ours: ends with npm, sets the exit status, and turns what went wrong in set-up into
 * its message and exit status 69.
 * @param {() => Promise<number>} program gives the exit status
 */
export async function main(program) {
  dieWithParent();
  outliveReaders();
  try {
    process.exitCode = await program();
  } catch (error) {
    if (
      error instanceof SetupError ||
      error instanceof OwnedCommandError ||
      error instanceof OwnedSpawnError
    ) {
      process.stderr.write(`ulogcheck: ${error.message}\n`);
    } else {
      process.stderr.write(
        `ulogcheck: set-up failed unexpectedly\n${error instanceof Error ? String(error.stack) : String(error)}\n`,
      );
    }
    process.exitCode = UNAVAILABLE;
  }
}

/**
 * `prepare`, for programs that only use what was compiled.
 * @throws {SetupError} also if there are type errors
 */
export async function prepareToRun() {
  const { errors } = await prepare();
  if (errors !== '') throw new SetupError(`the sources do not compile:\n${errors.trimEnd()}`);
}
