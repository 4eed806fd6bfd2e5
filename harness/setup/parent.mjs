import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Ends this process when the one that it works for is gone, for the links of the chain that spawnOwned did not
 * make: `npm -> sh -> node start.mjs`, and `playwright -> worker`. Ends it by SIGKILL, so that no teardown can
 * hang: what we own is the janitor's then.
 *
 * - A worker of Playwright (or any child_process.fork): the kernel closes the IPC channel. Playwright by itself
 *   would run the fixtures' teardowns first, for up to 30 s.
 * - Under npm (npm start, npx): nobody tells a process that a grandparent died, and dash does not exec the last
 *   command of `sh -c`, so that even PR_SET_PDEATHSIG would watch the shell and not npm. There is no pidfd in
 *   Node either. So this looks every 200 ms whether the parents are still who they were.
 * - Else, nothing: started by spawnOwned (leader of its own session), the owner's janitor sees to it; started by a
 *   user's shell, it may well be meant to outlive that shell (nohup).
 */
export function dieWithParent() {
  if (process.connected) {
    process.once('disconnect', die);
    return;
  }
  const self = stat('self');
  if (self?.session === process.pid || process.env['npm_lifecycle_event'] === undefined) return;

  const parent = process.ppid;
  const shell = isScriptShell(parent) ? stat(parent) : undefined;
  const npm = shell === undefined ? parent : shell.ppid;
  // Too late? npm is in our session. What adopts the orphans of a dead npm normally is not.
  if (stat(npm)?.session !== self?.session) die();
  setInterval(() => {
    if (process.ppid !== parent || (shell !== undefined && stat(parent)?.ppid !== npm)) die();
  }, CHECK_MS).unref();
}

const CHECK_MS = 200;

function die() {
  process.kill(process.pid, 'SIGKILL');
}

/**
 * Fields 4 and 6 of /proc/PID/stat.
 * @param {number | 'self'} pid
 */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, ppid, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { ppid: Number(ppid), session: Number(session) };
  } catch {
    return undefined;
  }
}

/**
 * Whether a process is the `sh -c SCRIPT` that npm starts for a script.
 * @param {number} pid
 */
function isScriptShell(pid) {
  try {
    const [command = '', option] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return option === '-c' && basename(command).endsWith('sh');
  } catch {
    return false;
  }
}
