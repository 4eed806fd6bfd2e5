/**
 * Processes, files and sockets that do not outlive the process that owns them, not even when it is ended by
 * SIGKILL. Every child process and every temporary path of the harness is made through this file.
 *
 * A child is started in a session of its own, so that it can be ended with everything that it started, and waits
 * for a go-ahead on a pipe until it stands in the janitor's ledger; if the owner dies before that, the pipe
 * closes and the child ends without having run anything. So there is no gap between birth and registration.
 * Where setpriv (util-linux) is present, the child also carries PR_SET_PDEATHSIG=SIGKILL: a second line for the
 * day on which the janitor itself is killed together with its owner. The kernel sends that signal when the
 * THREAD that started the child ends: the main thread lives as long as its process, but what a worker_thread
 * starts ends with the worker_thread.
 *
 * Descendants that make a session of their own (daemons; dpkg under apt) are found by a mark in their environment,
 * after the owner's end. Out of reach is only what does both: leaves the session and clears its environment.
 */

export { lastLines, OwnedCommandError, runOwned } from './owned-command.mjs';
export { ownedTempDir, ownPath, releasePath, removeOwned } from './owned-path.mjs';
export { findCommand, OwnedChild, OwnedSpawnError, spawnOwned, startTime } from './owned-process.mjs';
export { dieWithParent } from './parent.mjs';

/**
 * @typedef {import('./owned-command.mjs').RunOptions} RunOptions
 * @typedef {import('./owned-command.mjs').RunResult} RunResult
 * @typedef {import('./owned-process.mjs').ExitStatus} ExitStatus
 * @typedef {import('./owned-process.mjs').SpawnOptions} SpawnOptions
 */
