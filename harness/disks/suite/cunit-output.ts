/** How one test of libiscsi's suite ended. Skipped: it said so, even if CUnit counts it as passed. */
export type SuiteVerdict = 'passed' | 'failed' | 'skipped';

export interface SuiteResult {
  readonly verdict: SuiteVerdict;
  /** What it printed between its name and the next one's. */
  readonly lines: readonly string[];
}

/** By `Suite.Test`, in the order of the run. */
export type SuiteResults = ReadonlyMap<string, SuiteResult>;

const SUITE = /^Suite: (\S+)/;
const TEST = /^\s+Test: (\S+) \.\.\.(.*)$/;

/**
 * Reads the output of `iscsi-test-cu` in CUnit's verbose mode: `Suite: NAME`, then for each test `  Test: NAME ...`
 * and, perhaps lines later, `passed` or `FAILED`. Standard output and error are mixed, so that a message of the tool
 * may stand in front of the verdict or follow it on its line. A test without a verdict failed.
 */
export function readSuiteOutput(text: string): SuiteResults {
  const tests = new Map<string, { said: SuiteVerdict | undefined; skipped: boolean; lines: string[] }>();
  let suite = '';
  let current: { said: SuiteVerdict | undefined; skipped: boolean; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const name = SUITE.exec(line)?.[1];
    if (name !== undefined) {
      suite = name;
      current = undefined;
      continue;
    }
    if (line.startsWith('Run Summary:')) current = undefined;
    const test = TEST.exec(line);
    let rest = line;
    if (test !== null) {
      rest = test[2] ?? '';
      current = { said: undefined, skipped: false, lines: [] };
      tests.set(`${suite}.${test[1] ?? ''}`, current);
    }
    if (current === undefined) continue;
    if (rest.trim() !== '') current.lines.push(rest.trim());
    // Messages say [FAILED] in brackets, in tests that pass as well: a negative test sees its command fail.
    if (/^\s*FAILED/.test(rest)) current.said ??= 'failed';
    else if (/^\s*passed/.test(rest) || rest.endsWith('passed')) current.said ??= 'passed';
    // What follows a verdict on its line is about the suite's end.
    if (rest.includes('[SKIPPED]') && current.said === undefined) current.skipped = true;
  }
  const results = [...tests].map(([name, { said, skipped, lines }]): [string, SuiteResult] => {
    if (said === undefined)
      return [name, { verdict: 'failed', lines: [...lines, 'it did not come to its end'] }];
    return [name, { verdict: said === 'passed' && skipped ? 'skipped' : said, lines }];
  });
  return new Map(results);
}
