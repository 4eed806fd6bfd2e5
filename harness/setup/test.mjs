import './machine.mjs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, prepare, runCli, UNAVAILABLE } from './bootstrap.mjs';
import { sources } from './build.mjs';
import { runNodeTests } from './node-tests.mjs';
import { runOwned } from './owned.mjs';
import { nodePath, projectRoot } from './root.mjs';
import { duration } from './step.mjs';

/**
 * `npm test`: sets up what is missing, then all checks of the project itself. Exit status 0: all passed; 1: some
 * failed; 64: bad usage; 69: no VM can be had here, so that nothing can be said about the rest.
 *
 * @typedef {import('./node-tests.mjs').Counts} Counts
 */

/** Bad usage (EX_USAGE of sysexits.h). */
const USAGE = 64;

const STAGES = /** @type {const} */ (['types', 'format', 'lint', 'imports', 'unit', 'self']);
/** @typedef {typeof STAGES[number]} Stage */

const HELP = `npm test -- [--only STAGE,...] [--name PATTERN] [PATH ...]

  --only STAGE,...  of ${STAGES.join(', ')}; default: all
  --name PATTERN    of the stages unit and self, only tests whose names match this regular expression
  PATH ...          of the stages unit and self, only test files whose path contains one of these

  types    tsc                          unit  *.test.ts: needs nothing but Node
  format   prettier --check             self  *.self.test.ts: the harness at work, with real VMs
  lint     eslint, type-aware
  imports  dependency-cruiser: who may import whom (.dependency-cruiser.cjs)
`;

const STATIC_DEADLINE_MS = 15 * 60_000;
const UNIT_DEADLINE_MS = 8 * 60_000;
/** One file; they take seconds on a machine that has nothing else to do. */
const UNIT_FILE_DEADLINE_MS = 240_000;
/** .ci/run must end within 45 minutes, a cold set-up included; on a quiet machine it takes some 15. */
const SELF_DEADLINE_MS = 30 * 60_000;

/** @param {string} line */
const print = (line) => {
  process.stdout.write(`${line}\n`);
};

/** What the command line asks for; undefined after bad usage or --help, which have been answered. */
function plan() {
  try {
    const { values, positionals } = parseArgs({
      options: { only: { type: 'string' }, name: { type: 'string' }, help: { type: 'boolean' } },
      allowPositionals: true,
    });
    if (values.help === true) {
      process.stdout.write(HELP);
      return { status: 0 };
    }
    const only = new Set(values.only?.split(',') ?? STAGES);
    const unknown = [...only].filter((name) => !STAGES.some((stage) => stage === name));
    if (unknown.length > 0) throw new Error(`no such stage: ${unknown.join(', ')}`);
    return { only, name: values.name, paths: positionals };
  } catch (error) {
    process.stderr.write(`npm test: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return { status: USAGE };
  }
}

/**
 * Runs a stage that passes or fails as a whole, and prints its line.
 * @param {Stage} stage
 * @param {() => Promise<string>} check gives what is wrong, empty if nothing
 * @returns {Promise<Counts>}
 */
async function wholeStage(stage, check) {
  const started = performance.now();
  const wrong = await check().catch((/** @type {unknown} */ error) => String(error));
  const time = duration(performance.now() - started);
  print(
    `${stage.padEnd(7)}  ${wrong === '' ? 'passed' : 'FAILED'}  ${time}${wrong === '' ? '' : `\n${wrong.trimEnd()}`}`,
  );
  return { passed: wrong === '' ? 1 : 0, failed: wrong === '' ? 0 : 1, skipped: 0 };
}

/**
 * The output of a tool of ours (a package's executable) if it fails.
 * @param {string} script below node_modules
 * @param {readonly string[]} args
 */
async function tool(script, args) {
  const { status, stdout, stderr } = await runOwned(
    [nodePath, join(projectRoot, 'node_modules', script), ...args],
    { cwd: projectRoot, deadlineMs: STATIC_DEADLINE_MS, allow: 'any' },
  );
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** Folders and files whose imports are checked. */
const CRUISED = [
  'harness',
  'conformance',
  'daemon-under-test',
  'reports',
  'vm-images',
  'playwright.config.ts',
];

const format = () =>
  wholeStage('format', () => tool('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']));
const lint = () => wholeStage('lint', () => tool('eslint/bin/eslint.js', ['--max-warnings=0', '.']));
const imports = () =>
  wholeStage('imports', () =>
    tool('dependency-cruiser/bin/dependency-cruise.mjs', ['--output-type=err-long', ...CRUISED]),
  );

/**
 * Runs a stage of node:test files, and prints its line.
 * @param {'unit' | 'self'} stage
 * @param {string | undefined} name
 * @param {readonly string[]} paths
 * @returns {Promise<Counts>}
 */
async function testStage(stage, name, paths) {
  const started = performance.now();
  const files = sources()
    .filter((path) => path.endsWith('.test.ts') && path.endsWith('.self.test.ts') === (stage === 'self'))
    .filter((path) => paths.length === 0 || paths.some((part) => path.includes(part)))
    .map((path) => join(projectRoot, 'dist', path.replace(/ts$/, 'js')));
  const self = stage === 'self';
  const counts = await runNodeTests({
    stage,
    files,
    announce: self,
    // One at a time: each boots VMs, and its deadlines are meant for a machine that it has for itself.
    concurrency: self ? 1 : availableParallelism(),
    fileDeadlineMs: self ? SELF_DEADLINE_MS : UNIT_FILE_DEADLINE_MS,
    deadlineMs: self ? SELF_DEADLINE_MS : UNIT_DEADLINE_MS,
    ...(name === undefined ? {} : { namePattern: name }),
    print,
  });
  print(`${stage.padEnd(7)}  ${summary(counts)}  ${duration(performance.now() - started)}`);
  return counts;
}

/** @param {Counts} counts */
function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

await main(async () => {
  const wanted = plan();
  if ('status' in wanted) return wanted.status;
  const { only, name, paths } = wanted;
  const { errors } = await prepare();

  /** @type {Counts[]} */
  const results = [];
  /**
   * @param {Stage} stage
   * @param {() => Promise<Counts>} run
   */
  const when = async (stage, run) => {
    if (only.has(stage)) results.push(await run());
  };
  await when('types', () => wholeStage('types', () => Promise.resolve(errors)));
  // Two lanes for two cores; lint alone takes as long as the others.
  await Promise.all([
    when('lint', lint),
    (async () => {
      await when('format', format);
      await when('imports', imports);
      await when('unit', () => testStage('unit', name, paths));
    })(),
  ]);

  let unavailable = false;
  if (only.has('self')) {
    // Gets what the VMs need, and says why if that is not possible.
    const status = await runCli(['prepare']);
    unavailable = status === UNAVAILABLE;
    if (status === 0) {
      await when('self', () => testStage('self', name, paths));
    } else if (unavailable) {
      print('self     not run: this machine cannot run the VMs that it needs');
    } else {
      print(`self     FAILED: ulogcheck prepare ended with status ${status}`);
      results.push({ passed: 0, failed: 1, skipped: 0 });
    }
  }

  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  print(summary(total));
  if (unavailable) return UNAVAILABLE;
  return total.failed === 0 ? 0 : 1;
});
