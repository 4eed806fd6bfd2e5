import type { SuiteResults, SuiteVerdict } from './cunit-output.js';

/** One test that ended differently, or badly here. */
export interface Difference {
  readonly test: string;
  readonly theirs: SuiteVerdict | 'missing';
  readonly ours: SuiteVerdict | 'missing';
  /** Our target is worse: the other one passes. */
  readonly worse: boolean;
  /** Why it is right that ours does not pass, if that is known. */
  readonly explained?: string;
  /** What the test said about ours. */
  readonly lines: readonly string[];
}

export interface Comparison {
  readonly tests: number;
  readonly oursPassed: number;
  readonly theirsPassed: number;
  readonly differences: readonly Difference[];
  /** In no test is ours worse, and there was something to compare with. */
  readonly good: boolean;
}

/** Tests that ask for what the standards do not, or that go wrong by themselves. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'iSCSISendTargets.Simple':
    'asks a normal session for SendTargets=All, which must not be supported there (RFC 7143 appendix C)',
  'iSCSISendTargets.Invalid':
    'a key that is not understood is answered NotUnderstood (RFC 7143 6.2), and libiscsi waits without end',
  'WriteSame10.UnmapUntilEnd':
    'libiscsi sends FFh with UNMAP and expects zeros; a unit whose unmapped blocks read as zeros has to write such data (SBC-3, WRITE SAME)',
};

/** Holds our target's run against another one's, test by test. */
export function compareRuns(ours: SuiteResults, theirs: SuiteResults): Comparison {
  const names = new Set([...theirs.keys(), ...ours.keys()]);
  const differences: Difference[] = [];
  let oursPassed = 0;
  let theirsPassed = 0;
  for (const test of names) {
    const mine = ours.get(test);
    const their = theirs.get(test)?.verdict ?? 'missing';
    const verdict = mine?.verdict ?? 'missing';
    if (verdict === 'passed') oursPassed++;
    if (their === 'passed') theirsPassed++;
    if (verdict === their && verdict !== 'failed') continue;
    const explained = EXPLAINED[test];
    const bad = verdict !== 'passed';
    differences.push({
      test,
      theirs: their,
      ours: verdict,
      worse: bad && their === 'passed',
      ...(bad && explained !== undefined ? { explained } : {}),
      lines: mine?.lines ?? [],
    });
  }
  const good = theirsPassed > 0 && !differences.some((d) => d.worse);
  return { tests: names.size, oursPassed, theirsPassed, differences, good };
}

/** Differences as lines of text, those in which ours is worse last, with what the tests said. */
export function comparisonText({ tests, oursPassed, theirsPassed, differences }: Comparison): string {
  const order = [...differences].sort((a, b) => Number(a.worse) - Number(b.worse));
  const lines = order.flatMap(({ test, theirs, ours, worse, explained, lines: said }) => {
    const head = `${worse ? 'WORSE  ' : '       '}${test.padEnd(36)}  tgt ${theirs.padEnd(7)}  ours ${ours}`;
    const why = explained === undefined ? [] : [`         ${explained}`];
    return [head, ...why, ...(ours === 'passed' ? [] : said.slice(0, 12).map((line) => `         ${line}`))];
  });
  return [...lines, `${tests} tests: ours passes ${oursPassed}, tgt ${theirsPassed}`].join('\n');
}
