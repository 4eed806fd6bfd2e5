import './machine.mjs';
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { main } from './bootstrap.mjs';
import { complete, MADE, makeArena, print, settled, start, strike } from './kill-test-runs.mjs';
import { ownedTempDir, runOwned } from './owned.mjs';
import { duration, SetupError } from './step.mjs';

/**
 * `npm run kill-test`: shows that nothing of a run outlives its death. A copy of this checkout runs `npm start`
 * with a cache of its own, once cold and once warm, to see how long that takes. Then it is killed by SIGKILL at
 * random moments: while it installs packages and compiles, while it fills an empty cache, and warm; alternately
 * one process of the main line alone and the whole process group. Five seconds later no process, socket,
 * temporary file or half cache entry of the run may be left. At the end the warm cache, which was there for half
 * of those deaths, must still do.
 */

/** @typedef {import('./kill-test-runs.mjs').Arena} Arena */

const HELP = `npm run kill-test -- [--rounds N] [--seed N] [-- ARGUMENTS OF npm start]

  --rounds N  how many runs are killed: a quarter each without packages and without a cache, half warm; default: 20
  --seed N    of the random moments; default: a new one, which is printed
`;

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
 * What a round begins with, and how long a run from there takes.
 * @typedef {object} Kind
 * @property {string} name
 * @property {boolean} packages whether node_modules and dist are there
 * @property {boolean} cache whether the cache is full
 * @property {number} ms
 */

/**
 * Starts a run, kills it after `at` ms, and waits until it is gone.
 * @param {Arena} arena
 * @param {number} round
 * @param {Kind} kind
 * @param {number} at
 * @returns {Promise<boolean>} whether nothing was left in time
 */
async function killRound(arena, round, kind, at) {
  for (const made of MADE) {
    await rm(join(arena.checkout, made), { recursive: true, force: true });
    if (kind.packages) await runOwned(['cp', '-a', join(arena.base, made), join(arena.checkout, made)]);
  }
  const cache = kind.cache ? arena.warmCache : join(arena.base, `c${round}`);

  const run = await start(arena, cache);
  const early = await Promise.race([run.ended.then(() => true), delay(at, false)]);
  const said = run.lastLine();
  const killed = early ? 'was over' : strike(run, round);
  const cleanAfter = await settled(run);
  const columns = [
    String(round + 1).padStart(5),
    kind.name.padEnd(8),
    killed.padEnd(15),
    duration(at).padEnd(8),
    (cleanAfter === undefined ? 'NOT CLEAN' : duration(cleanAfter)).padEnd(11),
  ];
  print(`${columns.join('  ')}  ${said.slice(0, 80)}`);
  if (!kind.cache) await rm(cache, { recursive: true, force: true });
  return cleanAfter !== undefined;
}

/**
 * @param {Arena} arena
 * @param {number} rounds
 * @param {() => number} next random numbers from 0 to 1
 * @returns {Promise<number>} exit status
 */
async function killTest(arena, rounds, next) {
  const cold = await complete(arena, 'complete run, cold');
  const warm = await complete(arena, 'complete run, warm');
  if (![0, 1, 2].includes(warm.status ?? -1)) {
    throw new SetupError('npm start does not work here, so killing it would show nothing');
  }
  for (const made of MADE) await runOwned(['cp', '-a', join(arena.checkout, made), join(arena.base, made)]);

  const quarter = Math.ceil(rounds / 4);
  const kinds = [
    { name: 'packages', packages: false, cache: false, ms: cold.setupMs, rounds: quarter },
    { name: 'cold', packages: true, cache: false, ms: cold.ms - cold.setupMs, rounds: quarter },
    { name: 'warm', packages: true, cache: true, ms: warm.ms, rounds: rounds - 2 * quarter },
  ];
  print('\nround  run       killed           at        clean after  while it said');
  let failures = [cold, warm].filter(({ clean }) => !clean).length;
  let round = 0;
  for (const kind of kinds) {
    for (let part = 0; part < kind.rounds; part++) {
      // Spread over the run: a random moment in each of as many parts as there are rounds of this kind.
      const at = ((part + next()) / kind.rounds) * kind.ms;
      if (!(await killRound(arena, round++, kind, at))) failures++;
    }
  }

  print('');
  const after = await complete(arena, 'complete run, with the cache that was there for the warm ones');
  if (!after.clean) failures++;
  if (after.status !== warm.status) {
    print(`its exit status was ${String(warm.status)} before the kills`);
    failures++;
  }
  print(
    failures === 0 ? `nothing was left after ${rounds} kills` : `${failures} failures in ${rounds} kills`,
  );
  return failures === 0 ? 0 : 1;
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { rounds: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds ?? 20);
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  if (values.help === true || !Number.isInteger(rounds) || !Number.isInteger(seed)) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 64;
  }
  const directory = await ownedTempDir('uk-'); // short: sockets have their paths below it
  try {
    print(`seed ${seed}`);
    return await killTest(await makeArena(directory.path, positionals), rounds, random(seed));
  } finally {
    await directory[Symbol.asyncDispose]();
  }
});
