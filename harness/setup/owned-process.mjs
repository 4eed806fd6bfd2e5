import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, resolve } from 'node:path';
import { MARK, ourJanitor } from './janitor.mjs';

/** Child processes that do not outlive us; owned.mjs tells how. */

/**
 * @typedef {import('node:stream').Writable} Writable
 * @typedef {import('node:stream').Readable} Readable
 */

/**
 * How a child ended.
 * @typedef {object} ExitStatus
 * @property {number | null} status exit status, null if a signal ended it
 * @property {NodeJS.Signals | null} signal
 */

/**
 * @typedef {object} SpawnOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] the whole environment; default: ours
 * @property {'pipe' | 'ignore' | 'inherit' | readonly ('pipe' | 'ignore' | 'inherit' | number)[]} [stdio] as in
 *   node:child_process, at most 9 entries; default: all three piped. A number is an open file descriptor.
 */

/** A command that could not be started at all. */
export class OwnedSpawnError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = 'OwnedSpawnError';
  }
}

/**
 * The path of an executable, looked up like execvp(3) does.
 * @param {string} command
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [cwd]
 * @returns {string | undefined}
 */
export function findCommand(command, env = process.env, cwd = '.') {
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : (env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((directory) => resolve(cwd, directory, command));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @type {readonly string[] | undefined} */
let deathSignalPrefix;

/** `setpriv --pdeathsig KILL --`, or nothing where there is none (busybox has one without this option). */
function deathSignal() {
  if (deathSignalPrefix === undefined) {
    const setpriv = findCommand('setpriv');
    const usable = setpriv !== undefined && basename(realpathSync(setpriv)) === 'setpriv';
    deathSignalPrefix = usable ? [setpriv, '--pdeathsig', 'KILL', '--'] : [];
  }
  return deathSignalPrefix;
}

/**
 * Field 22 of /proc/PID/stat, when the process was started in clock ticks since boot: together with the pid it
 * names one process for ever.
 * @param {number} pid
 * @returns {string | undefined} undefined if there is no such process
 */
export function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** A child process that ends with its owner. `await using` kills it (SIGKILL, its whole group) and waits. */
export class OwnedChild {
  /** @type {import('node:child_process').ChildProcess} */ #child;
  #ended = false;

  /**
   * Resolves, never rejects, when the process itself has ended; what is left of its group has been killed then.
   * Its output may not have been read to the end yet.
   * @type {Promise<ExitStatus>}
   */
  exited;

  /** Process id, and id of the child's process group and session. @type {number} */
  pid;

  /** The command, for messages. @type {readonly string[]} */
  argv;

  /**
   * Use `spawnOwned`.
   * @param {readonly string[]} argv
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} pid
   * @param {import('./janitor.mjs').Entry} entry
   */
  constructor(argv, child, pid, entry) {
    this.argv = argv;
    this.#child = child;
    this.pid = pid;
    this.exited = new Promise((done) => {
      child.once('exit', (status, signal) => {
        this.#ended = true;
        // Stragglers of the group. The number is not reused while they carry it; if a process has that number
        // now, there are none, and it is not ours.
        if (startTime(pid) === undefined) this.#signalGroup('SIGKILL');
        entry.strike();
        done({ status, signal });
      });
    });
  }

  /** @param {NodeJS.Signals} signal */
  #signalGroup(signal) {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      // ESRCH: all ended. EPERM: what is left runs as another user, which we cannot change.
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }

  /** The child's standard input. Throws if it is not a pipe. @returns {Writable} */
  get stdin() {
    return this.#piped(this.#child.stdin, 'stdin');
  }

  /** The child's standard output. Throws if it is not a pipe. @returns {Readable} */
  get stdout() {
    return this.#piped(this.#child.stdout, 'stdout');
  }

  /** The child's standard error. Throws if it is not a pipe. @returns {Readable} */
  get stderr() {
    return this.#piped(this.#child.stderr, 'stderr');
  }

  /**
   * @template T
   * @param {T | null} stream
   * @param {string} name
   * @returns {T}
   */
  #piped(stream, name) {
    if (stream === null) throw new Error(`${name} of ${String(this.argv[0])} was not started as a pipe`);
    return stream;
  }

  /** True until `exited` resolves. */
  get running() {
    return !this.#ended;
  }

  /**
   * Sends a signal to the child's process group, if the child has not ended yet.
   * @param {NodeJS.Signals} [signal]
   */
  kill(signal = 'SIGKILL') {
    if (!this.#ended) this.#signalGroup(signal);
  }

  /** Kills the child's group and waits for the child's end. */
  async [Symbol.asyncDispose]() {
    this.kill();
    await this.exited;
  }
}

/**
 * Starts a process that ends when this process ends, however that happens. It has no controlling terminal:
 * Ctrl-C does not reach it, forward what it should get.
 * @param {readonly string[]} argv command (looked up in PATH) and arguments
 * @param {SpawnOptions} [options]
 * @returns {OwnedChild}
 * @throws {OwnedSpawnError} if there is no such command, or no process can be made
 */
export function spawnOwned(argv, options = {}) {
  const [command, ...args] = argv;
  if (command === undefined) throw new OwnedSpawnError('spawnOwned: empty argv');
  const { cwd, env = process.env, stdio = 'pipe' } = options;
  const path = findCommand(command, env, cwd);
  if (path === undefined) {
    const where = command.includes('/')
      ? 'no such executable file'
      : `not found in PATH (${env['PATH'] ?? ''})`;
    throw new OwnedSpawnError(`cannot run ${command}: ${where}`);
  }

  const fds = typeof stdio === 'string' ? [stdio, stdio, stdio] : [...stdio];
  const gate = fds.length; // the descriptor on which the child waits for our go-ahead
  if (gate < 3 || gate > 9)
    throw new OwnedSpawnError(`spawnOwned: stdio has ${gate} entries, 3 to 9 are possible`);
  const gated = `read -r go <&${gate} || exit 125; exec "$@" ${gate}<&-`;
  const janitor = ourJanitor();
  const [file, ...rest] = [...deathSignal(), '/bin/sh', '-c', gated, 'sh', path, ...args];
  const child = spawn(/** @type {string} */ (file), rest, {
    cwd,
    env: { ...env, [MARK]: janitor.mark },
    detached: true,
    stdio: [...fds, 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    // The reason comes as an event, too late to be thrown; the usual ones are the cwd and too many processes.
    child.once('error', () => undefined);
    throw new OwnedSpawnError(`cannot start a process for ${command} (cwd ${resolve(cwd ?? '.')})`);
  }
  child.on('error', () => undefined); // of later kill attempts only
  const go = /** @type {Writable} */ (child.stdio[gate]);
  go.on('error', () => undefined); // the child is gone already; `exited` tells
  const owned = new OwnedChild(argv, child, pid, janitor.addSession(pid, startTime(pid) ?? ''));
  go.end('\n');
  return owned;
}
