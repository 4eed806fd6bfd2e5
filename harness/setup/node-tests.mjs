import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { lastLines, spawnOwned } from './owned.mjs';
import { nodePath, projectRoot } from './root.mjs';
import { duration } from './step.mjs';

/** @typedef {import('./json-reporter.mjs').ReportLine} ReportLine */

/**
 * How many tests ended how.
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * @typedef {object} NodeTestsOptions
 * @property {string} stage what the lines that are printed begin with
 * @property {readonly string[]} files compiled test files
 * @property {boolean} announce print a line for every test, not only for those that fail
 * @property {number} concurrency test files at once
 * @property {number} fileDeadlineMs for one file
 * @property {number} deadlineMs for all of them
 * @property {string} [namePattern] regular expression: only tests whose names match
 * @property {(line: string) => void} print
 */

/** How much of what a failing test file printed is shown. */
const OUTPUT_LINES = 60;

/**
 * Runs compiled test files with `node --test` and prints what failed as it fails.
 * @param {NodeTestsOptions} options
 * @returns {Promise<Counts>}
 */
export async function runNodeTests({
  stage,
  files,
  announce,
  concurrency,
  fileDeadlineMs,
  deadlineMs,
  namePattern,
  print,
}) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  /** Standard output and error of the test files. @type {Map<string, string>} */
  const outputs = new Map();
  /** @type {Set<string>} */
  const failedFiles = new Set();
  if (files.length === 0) {
    print(`${stage}  there is no test file`);
    return { ...counts, failed: 1 };
  }

  const child = spawnOwned(
    [
      nodePath,
      '--enable-source-maps',
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${fileDeadlineMs}`,
      `--test-reporter=${join(import.meta.dirname, 'json-reporter.mjs')}`,
      ...(namePattern === undefined ? [] : [`--test-name-pattern=${namePattern}`]),
      ...files,
    ],
    {
      cwd: projectRoot,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined }, // else, within a test, it would run nothing
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let complaints = '';
  child.stderr.on('data', (/** @type {Buffer} */ bytes) => (complaints += bytes.toString()));
  const deadline = setTimeout(() => child.kill(), deadlineMs);
  for await (const text of createInterface({ input: child.stdout })) {
    /** @type {unknown} */
    const parsed = JSON.parse(text);
    const line = /** @type {ReportLine} */ (parsed);
    if (line.kind === 'output') {
      outputs.set(line.file, (outputs.get(line.file) ?? '') + line.text);
      continue;
    }
    // node:test reports a file as a test by itself if it had no tests, or did not come to its end.
    const whole = line.name[0] === line.file;
    const outcome = whole && line.outcome === 'passed' ? 'failed' : line.outcome;
    counts[outcome]++;
    const name = !whole
      ? line.name.join(' > ')
      : line.outcome === 'passed'
        ? 'has no test'
        : 'the file as a whole';
    const title = `${stage}  ${sourceOf(line.file)}: ${name}`;
    if (outcome === 'failed') {
      failedFiles.add(line.file);
      print(`${title} ... FAILED after ${duration(line.ms)}`);
      if (line.outcome === 'failed') print(readable(line.error));
    } else if (announce) {
      print(`${title} ... ${outcome === 'skipped' ? 'skipped' : duration(line.ms)}`);
    }
  }
  const { status, signal } = await child.exited;
  clearTimeout(deadline);

  for (const file of failedFiles) {
    const output = lastLines(outputs.get(file) ?? '', OUTPUT_LINES);
    if (output !== '')
      print(`${stage}  what ${sourceOf(file)} printed (at most its last ${OUTPUT_LINES} lines):\n${output}`);
  }
  if (status === 0 && counts.passed + counts.failed + counts.skipped === 0) {
    counts.failed++;
    print(`${stage}  node --test ran no test of ${files.length} files`);
  }
  if (status === null || (status !== 0 && counts.failed === 0)) {
    counts.failed++;
    const how =
      status === null
        ? `was ended by ${String(signal)} (deadline ${duration(deadlineMs)})`
        : `ended with status ${status}`;
    print(`${stage}  node --test ${how}\n${lastLines(complaints, OUTPUT_LINES)}`);
  }
  return counts;
}

/**
 * The source of a compiled file, relative to the project's root.
 * @param {string} file
 */
function sourceOf(file) {
  return relative(projectRoot, file)
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts');
}

/**
 * An error with its stack, indented; without the frames of Node itself.
 * @param {string} error
 */
function readable(error) {
  return error
    .split('\n')
    .filter((line) => !/^ +at .*(node:|<anonymous>\)$)/.test(line))
    .map((line) => `    ${line.replace(`file://${projectRoot}/`, '').replace(`${projectRoot}/`, '')}`)
    .join('\n');
}
