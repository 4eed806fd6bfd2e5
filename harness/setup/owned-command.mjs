import { spawnOwned } from './owned-process.mjs';

/**
 * Commands that are run to their end, as owned processes.
 *
 * @typedef {import('node:stream').Readable} Readable
 * @typedef {import('./owned-process.mjs').ExitStatus} ExitStatus
 */

/**
 * A command that ended otherwise than it should. The message has the command, how it ended and the last lines of
 * its standard error.
 */
export class OwnedCommandError extends Error {
  /** Private, so that whoever prints the error does not print all output. @type {RunResult & ExitStatus} */
  #result;

  /**
   * @param {readonly string[]} argv
   * @param {RunResult & ExitStatus} result
   * @param {string} how
   */
  constructor(argv, result, how) {
    const tail = lastLines(result.stderr.trim() === '' ? result.stdout : result.stderr, 15);
    super(`${argv.join(' ')}: ${how}${tail === '' ? ' (no output)' : `\n${tail}`}`);
    this.name = 'OwnedCommandError';
    this.argv = argv;
    this.#result = result;
  }

  /** Exit status, null if a signal ended it. */
  get status() {
    return this.#result.status;
  }

  /** The signal that ended it, null if none did. */
  get signal() {
    return this.#result.signal;
  }

  /** All of its standard output. */
  get stdout() {
    return this.#result.stdout;
  }

  /** All of its standard error. */
  get stderr() {
    return this.#result.stderr;
  }
}

/**
 * The last `count` lines, each indented by two spaces.
 * @param {string} text
 * @param {number} count
 */
export function lastLines(text, count) {
  const lines = text.trimEnd().split('\n');
  return lines
    .slice(-count)
    .filter((line) => line !== '')
    .map((line) => `  ${line}`)
    .join('\n');
}

/**
 * @typedef {object} RunResult
 * @property {string} stdout
 * @property {string} stderr
 * @property {number} durationMs
 */

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] the whole environment; default: ours
 * @property {string | Uint8Array} [input] for its stdin; default: /dev/null
 * @property {number} [deadlineMs] after this time the command gets SIGTERM, two seconds later SIGKILL; default: none
 * @property {readonly number[] | 'any'} [allow] exit statuses that are not an error; default: [0]
 * @property {readonly number[]} [fds] open descriptors that the command gets as 3, 4, ...
 */

/** Time between SIGTERM and SIGKILL for a command that is over its deadline, to tidy up. */
const GRACE_MS = 2000;
/** How long after the end of a command its output may still come; only a process that left the group holds it. */
const DRAIN_MS = 1000;

/**
 * Runs a command to its end and gives its output.
 * @param {readonly string[]} argv
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult & { status: number }>}
 * @throws {OwnedCommandError} on another exit status than allowed, a signal, or the deadline
 * @throws {OwnedSpawnError}
 */
export async function runOwned(argv, options = {}) {
  const { cwd, env, input, deadlineMs, allow = [0], fds = [] } = options;
  const started = performance.now();
  const child = spawnOwned(argv, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...fds],
  });
  if (input !== undefined) {
    child.stdin.on('error', () => undefined); // it need not read all of it
    child.stdin.end(input);
  }
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);

  const deadline = { passed: false };
  /** @type {NodeJS.Timeout[]} */
  const timers = [];
  if (deadlineMs !== undefined) {
    timers.push(
      setTimeout(() => {
        deadline.passed = true;
        child.kill('SIGTERM');
      }, deadlineMs),
      setTimeout(() => child.kill('SIGKILL'), deadlineMs + GRACE_MS),
    );
  }
  const { status, signal } = await child.exited;
  timers.forEach(clearTimeout);
  const drain = setTimeout(() => {
    child.stdout.destroy();
    child.stderr.destroy();
  }, DRAIN_MS);
  const result = {
    status,
    signal,
    stdout: await stdout,
    stderr: await stderr,
    durationMs: performance.now() - started,
  };
  clearTimeout(drain);

  const seconds = `${(result.durationMs / 1000).toFixed(1)} s`;
  if (deadline.passed) throw new OwnedCommandError(argv, result, `still running after ${seconds}, ended`);
  if (status === null)
    throw new OwnedCommandError(argv, result, `ended by ${String(signal)} after ${seconds}`);
  if (allow !== 'any' && !allow.includes(status)) {
    throw new OwnedCommandError(argv, result, `exit status ${status} after ${seconds}`);
  }
  return { ...result, status };
}

/**
 * All text of a stream until it ends or is destroyed.
 * @param {Readable} stream
 * @returns {Promise<string>}
 */
function collect(stream) {
  /** @type {Buffer[]} */
  const chunks = [];
  return new Promise((done) => {
    stream.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.once('close', () => done(Buffer.concat(chunks).toString('utf8')));
  });
}
