import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ourJanitor } from './janitor.mjs';
import { leftovers, processesOf } from './leftovers.mjs';
import { findCommand, startTime } from './owned.mjs';
import { projectRoot } from './root.mjs';
import { duration, SetupError } from './step.mjs';

/** Runs of `npm start` and `npm run disk-suite` in a copy of this checkout, for kill-test.mjs to kill. */

/** A complete run that takes longer than this is stuck. */
const RUN_DEADLINE_MS = 45 * 60_000;

/** How long after the end of a run everything of it must be gone. */
const LIMIT_MS = 5000;

/** What set-up makes in the checkout. */
export const MADE = ['node_modules', 'dist'];

/**
 * A run in the copy.
 * @typedef {object} Run
 * @property {number} pid of npm, which leads a session and group of its own
 * @property {string} base the arena's
 * @property {string} temporary TMPDIR, its own
 * @property {string} cache
 * @property {string} mark value of ULOGCHECK_KILL_TEST in the environment of all its processes
 * @property {() => string} output what it has said so far
 * @property {() => string} lastLine the last line of that
 * @property {Promise<number | null>} ended
 */

/**
 * Where runs take place.
 * @typedef {object} Arena
 * @property {string} base a directory that holds all of it
 * @property {string} checkout a copy of the sources
 * @property {string} warmCache
 */

/**
 * @param {Arena} arena
 * @param {string} cache
 * @param {readonly string[]} command of npm, e.g. start and its arguments
 * @returns {Promise<Run>}
 */
export async function start({ base, checkout }, cache, command) {
  const temporary = await mkdtemp(join(base, 't'));
  const mark = randomUUID();
  const npm = findCommand('npm');
  if (npm === undefined) throw new SetupError('npm is not installed; Debian: apt install npm');
  // Not spawnOwned: it would tidy up what we want to see.
  const child = spawn(npm, command, {
    cwd: checkout,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ULOGCHECK_KILL_TEST: mark,
      ULOGCHECK_CACHE: cache,
      ULOGCHECK_OWNER: undefined,
      TMPDIR: temporary,
      npm_lifecycle_event: undefined,
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new SetupError('cannot start npm');
  ourJanitor().addSession(pid, startTime(pid) ?? '');
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (/** @type {Buffer} */ bytes) => (text += bytes.toString()));
  }
  return {
    pid,
    base,
    temporary,
    cache,
    mark,
    output: () => text,
    lastLine: () => text.trimEnd().split('\n').at(-1)?.trim() ?? '',
    ended: new Promise((done) => child.once('exit', (status) => done(status))),
  };
}

/**
 * SIGKILL to a process, or to a group if the number is negative; no matter if it is gone already.
 * @param {number} pid
 */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/** The processes of the main line, by a part of their command lines; the first is npm itself. */
const MAIN_LINE = [
  { name: 'npm', commands: [] },
  { name: 'script', commands: ['node harness/setup/start.mjs', 'node harness/setup/disk-suite.mjs'] },
  { name: 'program', commands: ['dist/harness/cli/main.js', 'dist/harness/disks/suite/main.js'] },
];

/**
 * Kills npm's whole process group, or one process of the main line (npm, if the one wanted is not there yet).
 * @param {Run} run
 * @param {number} round even: one process alone, a different one each time
 * @returns {string} who was killed
 */
export function strike(run, round) {
  if (round % 2 === 1) {
    kill(-run.pid);
    return 'group';
  }
  const wanted = MAIN_LINE[(round / 2) % MAIN_LINE.length];
  const victim = processesOf(run).find(({ command }) =>
    wanted?.commands.some((part) => command.includes(part)),
  );
  kill(victim?.pid ?? run.pid);
  return `${victim === undefined ? 'npm' : String(wanted?.name)} alone`;
}

/**
 * Waits until nothing of a run that has ended is left, for at most 5 s; prints and kills what is left then.
 * @param {Run} run
 * @returns {Promise<number | undefined>} how long that took, milliseconds; undefined if something is left
 */
export async function settled(run) {
  const ended = performance.now();
  let left = leftovers(run);
  while (left.length > 0 && performance.now() - ended < LIMIT_MS) {
    await delay(50);
    left = leftovers(run);
  }
  for (const what of left) print(`       left: ${what}`);
  for (const { pid } of processesOf(run)) kill(pid);
  return left.length === 0 ? performance.now() - ended : undefined;
}

/** @param {string} line */
export const print = (line) => {
  process.stdout.write(`${line}\n`);
};

/**
 * @param {string} base
 * @returns {Promise<Arena>}
 */
export async function makeArena(base) {
  const arena = { base, checkout: join(base, 'checkout'), warmCache: join(base, 'warm') };
  const others = ['.git', 'reports/out', ...MADE];
  await cp(projectRoot, arena.checkout, {
    recursive: true,
    filter: (path) => !others.includes(relative(projectRoot, path)),
  });
  return arena;
}

/**
 * Lets a run with the warm cache come to its end.
 * @param {Arena} arena
 * @param {readonly string[]} command of npm
 * @param {string} what
 */
export async function complete(arena, command, what) {
  const started = performance.now();
  const run = await start(arena, arena.warmCache, command);
  const deadline = setTimeout(() => kill(-run.pid), RUN_DEADLINE_MS);
  const status = await run.ended;
  clearTimeout(deadline);
  const ms = performance.now() - started;
  print(`${what}: exit status ${String(status)} after ${duration(ms)}: ${run.lastLine()}`);
  const steps = [...run.output().matchAll(/^setup {2}.* \.\.\. (?:(\d+) min )?([\d.]+) s$/gm)];
  const setupMs = steps.reduce((sum, [, min, s]) => sum + (Number(min ?? 0) * 60 + Number(s)) * 1000, 0);
  return { status, ms, setupMs, clean: (await settled(run)) !== undefined };
}
