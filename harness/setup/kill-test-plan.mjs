import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What `npm run kill-test` is asked for. */

/** Tests of drives: several nodes, sessions that end, a node that is killed. */
const DRIVES = [
  '--tier',
  'full',
  '-g',
  'idm/session-loss',
  '-g',
  'idm/killed-holder',
  '-g',
  'idm/at-the-same-time',
];

/**
 * What is killed.
 * @typedef {object} KindOfRun
 * @property {string} name
 * @property {number} share of all rounds, relative to the others
 * @property {boolean} packages whether node_modules and dist are there
 * @property {boolean} cache whether the cache is full
 * @property {(args: readonly string[]) => readonly string[]} command of npm; args: of npm start
 */

/** @type {readonly KindOfRun[]} */
const KINDS = [
  { name: 'packages', share: 1, packages: false, cache: false, command: (args) => ['start', '--', ...args] },
  { name: 'cold', share: 1, packages: true, cache: false, command: (args) => ['start', '--', ...args] },
  { name: 'warm', share: 2, packages: true, cache: true, command: (args) => ['start', '--', ...args] },
  {
    name: 'drives',
    share: 2,
    packages: true,
    cache: true,
    command: (args) => ['start', '--', ...DRIVES, ...args],
  },
  { name: 'disk-suite', share: 1, packages: true, cache: true, command: () => ['run', 'disk-suite'] },
];

export const HELP = `npm run kill-test -- [--rounds N] [--seed N] [--only KIND,...] [--cache FILE] [-- ARGUMENTS OF npm start]

  --rounds N       how many runs are killed; default: 21
  --seed N         of the random moments; default: a new one, which is printed
  --only KIND,...  what is killed, of ${KINDS.map(({ name }) => name).join(', ')}; default: all
  --cache FILE     begin with a cache of what is in FILE (ulogcheck cache export)

  packages    npm start without node_modules, dist and cache
  cold        npm start without a cache
  warm        npm start
  drives      npm start -- ${DRIVES.join(' ')}
  disk-suite  npm run disk-suite
`;

/** Bad usage (EX_USAGE of sysexits.h). */
export const USAGE = 64;

/**
 * What the command line asks for.
 * @throws {TypeError} when it cannot be done, with what is wrong
 */
export function plan() {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      cache: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds ?? 21);
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError('--rounds wants a whole number above 0');
  if (!Number.isInteger(seed)) throw new TypeError('--seed wants a whole number');
  const only = values.only?.split(',') ?? KINDS.map(({ name }) => name);
  const unknown = only.filter((name) => !KINDS.some((kind) => kind.name === name));
  if (unknown.length > 0) throw new TypeError(`no such kind: ${unknown.join(', ')}`);
  const kinds = KINDS.filter(({ name }) => only.includes(name));
  return { help: values.help === true, rounds, seed, kinds, archive: values.cache, args: positionals };
}
