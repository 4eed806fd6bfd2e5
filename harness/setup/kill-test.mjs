import './machine.mjs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { main } from './bootstrap.mjs';
import { HELP, plan, USAGE } from './kill-test-plan.mjs';
import { complete, MADE, makeArena, print, settled, start, strike } from './kill-test-runs.mjs';
import { ownedTempDir, runOwned } from './owned.mjs';
import { nodePath, projectRoot } from './root.mjs';
import { duration, SetupError } from './step.mjs';

/**
 * `npm run kill-test`: shows that nothing of a run outlives its death. A copy of this checkout runs `npm start`
 * with a cache of its own, once cold and once warm, and what else shall be killed, to see how long that takes. Then
 * they are killed by SIGKILL at random moments: while npm start installs packages and compiles, while it fills an
 * empty cache, and warm; while nodes use emulated drives, over cables that are unix sockets; while the disk suite has
 * a tgt of its own. Alternately one process of the main line alone and the whole process group. Five seconds later no
 * process, socket, temporary file or half cache entry of the run may be left. At the end the warm cache, which was
 * there for most of those deaths, must still do.
 */

/**
 * @typedef {import('./kill-test-plan.mjs').KindOfRun} KindOfRun
 * @typedef {import('./kill-test-runs.mjs').Arena} Arena
 */

/**
 * Numbers from 0 to 1 that depend on the seed only (mulberry32).
 * @param {number} seed
 */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * What a round is about.
 * @typedef {object} Kind
 * @property {string} name
 * @property {boolean} packages whether node_modules and dist are there
 * @property {boolean} cache whether the cache is full
 * @property {readonly string[]} command of npm
 * @property {number} ms how long a run takes that is not killed
 * @property {number | null} status its exit status
 * @property {number} rounds how many are killed
 */

/**
 * Starts a run, kills it after `at` ms, and waits until it is gone.
 * @param {Arena} arena
 * @param {number} round
 * @param {Kind} kind
 * @param {number} at
 * @returns {Promise<{ killed: boolean, clean: boolean }>} whether it was under way still, and nothing was left in time
 */
async function killRound(arena, round, kind, at) {
  for (const made of MADE) {
    await rm(join(arena.checkout, made), { recursive: true, force: true });
    if (kind.packages) await runOwned(['cp', '-a', join(arena.base, made), join(arena.checkout, made)]);
  }
  const cache = kind.cache ? arena.warmCache : join(arena.base, `c${round}`);

  const run = await start(arena, cache, kind.command);
  const early = await Promise.race([run.ended.then(() => true), delay(at, false)]);
  const said = run.lastLine();
  const killed = early ? 'was over' : strike(run, round);
  const cleanAfter = await settled(run);
  const columns = [
    String(round + 1).padStart(5),
    kind.name.padEnd(10),
    killed.padEnd(15),
    duration(at).padEnd(8),
    (cleanAfter === undefined ? 'NOT CLEAN' : duration(cleanAfter)).padEnd(11),
  ];
  print(`${columns.join('  ')}  ${said.slice(0, 80)}`);
  if (!kind.cache) await rm(cache, { recursive: true, force: true });
  return { killed: !early, clean: cleanAfter !== undefined };
}

/**
 * Lets one run of each kind come to its end: they fill the cache, and show how long they take.
 * @param {Arena} arena
 * @param {readonly KindOfRun[]} kinds
 * @param {number} rounds
 * @param {readonly string[]} args of npm start
 * @returns {Promise<{ timed: Kind[], clean: boolean }>}
 */
async function time(arena, kinds, rounds, args) {
  const shares = kinds.reduce((sum, { share }) => sum + share, 0);
  let given = 0;
  let before = 0;
  let clean = true;
  /** @type {Kind[]} */
  const timed = [];
  /** @type {Awaited<ReturnType<typeof complete>> | undefined} */
  let first;
  for (const { name, share, packages, cache, command } of kinds) {
    // The first run is the one that sets up; so it is no measure for those that find everything there.
    const cold = (first ??= await complete(arena, command(args), 'complete run, cold'));
    const full = cache ? await complete(arena, command(args), `complete run, ${name}`) : cold;
    clean &&= cold.clean && full.clean;
    if (![0, 1, 2].includes(full.status ?? -1)) {
      throw new SetupError(
        `npm ${command(args).join(' ')} does not work here, so killing it would show nothing`,
      );
    }
    given += share;
    const upTo = Math.round((given / shares) * rounds);
    const ms = cache ? full.ms : packages ? full.ms - full.setupMs : full.setupMs;
    timed.push({
      name,
      packages,
      cache,
      command: command(args),
      ms,
      status: full.status,
      rounds: upTo - before,
    });
    before = upTo;
  }
  return { timed, clean };
}

/**
 * @param {Arena} arena
 * @param {readonly KindOfRun[]} kinds
 * @param {number} rounds
 * @param {readonly string[]} args of npm start
 * @param {() => number} next random numbers from 0 to 1
 * @returns {Promise<number>} exit status
 */
async function killTest(arena, kinds, rounds, args, next) {
  const { timed, clean } = await time(arena, kinds, rounds, args);
  for (const made of MADE) await runOwned(['cp', '-a', join(arena.checkout, made), join(arena.base, made)]);

  print('\nround  run         killed           at        clean after  while it said');
  let failures = clean ? 0 : 1;
  let round = 0;
  let kills = 0;
  for (const kind of timed) {
    for (let part = 0; part < kind.rounds; part++) {
      // Spread over the run: a random moment in each of as many parts as there are rounds of this kind.
      const at = ((part + next()) / kind.rounds) * kind.ms;
      const { killed, clean: cleanAfter } = await killRound(arena, round++, kind, at);
      if (killed) kills++;
      if (!cleanAfter) failures++;
    }
  }

  print('');
  // The last one that uses most of the cache.
  const again = timed.filter(({ command }) => command[0] === 'start').at(-1) ?? timed.at(-1);
  if (again !== undefined) {
    const after = await complete(arena, again.command, `complete run, ${again.name}, with the same cache`);
    if (!after.clean) failures++;
    if (after.status !== again.status) {
      print(`its exit status was ${String(again.status)} before the kills`);
      failures++;
    }
  }
  if (kills === 0) {
    print('every run was over before it could be killed, which shows nothing');
    return 1;
  }
  print(failures === 0 ? `nothing was left after ${kills} kills` : `${failures} failures in ${kills} kills`);
  return failures === 0 ? 0 : 1;
}

await main(async () => {
  /** @type {ReturnType<typeof plan>} */
  let wanted;
  try {
    wanted = plan();
  } catch (error) {
    process.stderr.write(`kill-test: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return USAGE;
  }
  const { help, rounds, seed, kinds, archive, args } = wanted;
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const directory = await ownedTempDir('uk-'); // short: sockets have their paths below it
  try {
    print(`seed ${seed}`);
    const arena = await makeArena(directory.path);
    if (archive !== undefined) {
      const cli = join(projectRoot, 'dist/harness/cli/main.js');
      await runOwned([nodePath, cli, 'cache', 'import', archive], {
        env: { ...process.env, ULOGCHECK_CACHE: arena.warmCache },
      });
    }
    return await killTest(arena, kinds, rounds, args, random(seed));
  } finally {
    await directory[Symbol.asyncDispose]();
  }
});
