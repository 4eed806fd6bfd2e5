/**
 * A reporter for `node --test`: one JSON object per line, for node-tests.mjs.
 *
 * @typedef {{ kind: 'test', name: string[], file: string, ms: number, outcome: 'passed' | 'skipped' }
 *   | { kind: 'test', name: string[], file: string, ms: number, outcome: 'failed', error: string }
 *   | { kind: 'output', file: string, text: string }} ReportLine
 */

/** @typedef {import('node:test/reporters').TestEvent} TestEvent */

/**
 * @param {AsyncIterable<TestEvent>} events
 * @returns {AsyncGenerator<string>}
 */
export default async function* (events) {
  /** Names of the suites and tests around the current one, by nesting. @type {string[]} */
  const names = [];
  for await (const event of events) {
    const line = reportLine(event, names);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

/**
 * @param {TestEvent} event
 * @param {string[]} names
 * @returns {ReportLine | undefined}
 */
function reportLine(event, names) {
  switch (event.type) {
    case 'test:start':
      names[event.data.nesting] = event.data.name;
      return undefined;
    case 'test:stdout':
    case 'test:stderr':
      return { kind: 'output', file: event.data.file, text: event.data.message };
    case 'test:pass':
    case 'test:fail': {
      const { name, nesting, file = '', details, skip } = event.data;
      const test = {
        kind: /** @type {const} */ ('test'),
        name: [...names.slice(0, nesting), name],
        file,
        ms: details.duration_ms,
      };
      if (event.type === 'test:pass') {
        if (details.type === 'suite') return undefined;
        return { ...test, outcome: skip === undefined || skip === false ? 'passed' : 'skipped' };
      }
      const error = /** @type {Error & { failureType?: string }} */ (event.data.details.error);
      // What only says that something inside it failed.
      if (error.failureType === 'subtestsFailed') return undefined;
      const { cause } = error; // what the test threw, normally
      const text = cause instanceof Error ? whole(cause) : typeof cause === 'string' ? cause : error.message;
      return { ...test, outcome: 'failed', error: text };
    }
    default:
      return undefined;
  }
}

/**
 * The stack of an error; of one whose disposal failed as well, those of both, for it says nothing itself.
 * @param {Error} error
 * @returns {string}
 */
function whole(error) {
  const { error: last, suppressed: first } = /** @type {{ error?: unknown, suppressed?: unknown }} */ (
    /** @type {unknown} */ (error)
  );
  const both = [first, last].filter((one) => one instanceof Error);
  return both.length === 0 ? String(error.stack) : both.map(whole).join('\n');
}
