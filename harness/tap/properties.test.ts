import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseTap, TapReader, type TapFormat, type TapReport } from './index.js';

/** A tree of results as a program might have them. */
interface Tree {
  readonly name: string;
  readonly ok: boolean;
  readonly directive: '' | ' # SKIP why' | ' # XFAIL' | ' # TIMEOUT' | ' # ERROR';
  readonly nested: readonly Tree[];
}

const tree = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name: fc.constantFrom('alpha', 'beta', 'mirror.sh', '', 'a # b', 'ok', '1..3'),
    ok: fc.boolean(),
    directive: fc.constantFrom('', '', '', ' # SKIP why', ' # XFAIL', ' # TIMEOUT', ' # ERROR'),
    nested: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant([]),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }),
})).tree;

/** All as they should be, and something passes. */
const greenTree = fc.array(
  fc.record({
    name: fc.constantFrom('alpha', 'beta', 'a # b'),
    ok: fc.constant(true),
    directive: fc.constantFrom('', ' # SKIP why'),
    nested: fc.constantFrom<readonly Tree[]>([], [{ name: 'leaf', ok: true, directive: '', nested: [] }]),
  }),
  { minLength: 1, maxLength: 6 },
);

interface Look {
  readonly format: TapFormat;
  /** Put in front of nested lines. */
  readonly indent: '  ' | '    ' | '# ';
  readonly stamped: boolean;
  readonly planLast: boolean;
}

const look: fc.Arbitrary<Look> = fc.oneof(
  fc.record({
    format: fc.constant('ktap' as const),
    indent: fc.constantFrom('  ', '    ', '# '),
    stamped: fc.boolean(),
    planLast: fc.constant(false),
  }),
  fc.record({
    format: fc.constant('tap' as const),
    indent: fc.constantFrom('    '),
    stamped: fc.constant(false),
    planLast: fc.boolean(),
  }),
);

function print(trees: readonly Tree[], style: Look): string {
  const level = (nodes: readonly Tree[], prefix: string): string[] => {
    const plan = `${prefix}1..${nodes.length}`;
    const header = style.format === 'ktap' ? [`${prefix}KTAP version 1`] : [];
    const points = nodes.flatMap(({ name, ok, directive, nested }, index) => [
      ...(nested.length === 0 ? [] : level(nested, prefix + style.indent)),
      `${prefix}# about ${name}`,
      `${prefix}${ok ? 'ok' : 'not ok'} ${index + 1} ${name}${directive}`,
    ]);
    return style.planLast ? [...header, ...points, plan] : [...header, plan, ...points];
  };
  return level(trees, '')
    .map((line, index) => `${style.stamped ? `[${String(index).padStart(5)}.000001] ` : ''}${line}\n`)
    .join('');
}

function isGreen({ results, problems }: TapReport): boolean {
  return (
    results.some(({ verdict }) => verdict === 'pass') &&
    [...results, ...problems].every(({ verdict }) => verdict === 'pass' || verdict === 'not-applicable')
  );
}

/** Results that say outright that they failed. */
function failures(trees: readonly Tree[]): number {
  return trees.reduce(
    (sum, { ok, directive, nested }) =>
      sum + (!ok && directive === '' ? 1 : 0) + (directive === ' # TIMEOUT' ? 1 : 0) + failures(nested),
    0,
  );
}

describe('any tree of results', () => {
  it('reads the same however its text is cut into chunks', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), look, cuts, (trees, style, places) => {
        const text = print(trees, style);
        const reader = new TapReader(style.format);
        const at = [...places.map((place) => Math.floor(place * text.length)), text.length].sort(
          (a, b) => a - b,
        );
        let from = 0;
        for (const to of at) {
          reader.write(text.slice(from, to));
          from = to;
        }
        assert.deepEqual(reader.end(), parseTap(text, style.format));
      }),
    );
  });

  it('shows at least as many failures as were printed, and is not green with one', () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), look, (trees, style) => {
        const report = parseTap(print(trees, style), style.format);
        const failed = report.results.filter(({ verdict }) => verdict === 'fail').length;
        assert.ok(failed >= failures(trees), `${failed} < ${failures(trees)}`);
        if (failures(trees) > 0) assert.equal(isGreen(report), false);
      }),
      { numRuns: 500 },
    );
  });

  it('gives each result its own: as many as there are lines', () => {
    const count = (nodes: readonly Tree[]): number =>
      nodes.reduce((sum, { nested }) => sum + 1 + count(nested), 0);
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), look, (trees, style) => {
        const { results } = parseTap(print(trees, style), style.format);
        assert.equal(results.length, count(trees));
      }),
    );
  });

  it('that is green is not green any more when it is cut before its last line ends', () => {
    fc.assert(
      fc.property(
        greenTree,
        look,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (trees, style, place) => {
          const text = print(trees, style);
          const whole = parseTap(text, style.format);
          fc.pre(isGreen(whole));
          const cut = text.slice(0, Math.floor(place * text.length));
          assert.equal(isGreen(parseTap(cut, style.format)), false, JSON.stringify(cut));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('any output at all', () => {
  it('is read without an error, and never hides a `not ok` line', () => {
    const words = fc.constantFrom(
      'ok',
      'not ok 1',
      '1..2',
      '1..0',
      '5..3',
      '1..0 # SKIP',
      'ok 0',
      '9..12',
      '# ',
      '  ',
      '    ',
      '\n',
      '{',
      '}',
      '---',
      '...',
      'KTAP version 1',
      'Bail out!',
      'x',
      '\r',
      '[    1.000000] ',
      '# SKIP',
    );
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 40 }),
        fc.constantFrom<TapFormat>('tap', 'ktap'),
        (parts, format) => {
          const report = parseTap(`${parts.join('')}\nTAP version 13\n1..1\nnot ok 1 last\n`, format);
          assert.ok(report.results.some(({ verdict, path }) => verdict === 'fail' && path.at(-1) === 'last'));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
