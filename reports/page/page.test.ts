import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Script } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import type { RunResults } from '../../harness/results/model.js';
import { sampleKernel, sampleResult } from '../../harness/results/sample-history.js';
import { sampleRun } from '../../harness/results/sample-run.js';
import { ownPath } from '../../harness/setup/owned.mjs';
import { EVERY, NASTY, sampleResults, VIEW } from '../sample-results.js';
import { embedFiles } from './embed.js';
import { escapeHtml, scriptJson } from './html.js';
import { pageData } from './page-data.js';
import { renderPage } from './page.js';
import type { PageData } from './page-types.js';
import { testDirectories, writeMatrixPage } from './write-page.js';

let directory = '';
before(() => {
  directory = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-page-'))));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const OLD = sampleKernel();
const NEW = sampleKernel({ label: '7.2.6', release: '7.2.6', version: '7.2.6' });

/** A requirement on both kernels, with a test directory of its own on each. */
function both(id: string, ...given: Parameters<typeof sampleResult>[2][]): RunResults['requirements'] {
  return [OLD, NEW].map(({ label }, index) => {
    const one = given[index] ?? {};
    const verdict = one.verdict ?? 'pass';
    const test = { title: `test of ${id}`, file: 'conformance/a.spec.ts', directory: `${label}/tests/${id}` };
    return sampleResult(id, verdict, { kernel: label, tests: [{ ...test, verdict }], ...one });
  });
}

function render(results: RunResults, blobs: readonly string[] = []): string {
  return renderPage(
    results,
    pageData(results, VIEW, () => []),
    blobs,
    'const one = 1;',
  );
}

/** The JSON in a page, as a browser would read it. */
function dataIn(page: string): PageData {
  const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  return JSON.parse(text) as PageData;
}

describe('the page of a run', () => {
  it('has a column for each kernel and a row for each requirement, with words in the cells', () => {
    const page = render(
      sampleRun(
        [OLD, NEW],
        [
          ...both('LUID-01', {}, { verdict: 'fail' }),
          ...both('FLUSH-11q', {}, { verdict: 'not-applicable', reason: 'changed: 3 FLUSH' }),
        ],
      ),
    );
    for (const part of [
      '>6.12.107</button><span class="sum">2/2</span>',
      '>7.2.6</button><span class="sum">0/2</span>',
      'aria-label="LUID-01 on 6.12.107: pass"',
      '<td class="fail"><button type="button" tabindex="-1" data-column="1" aria-label="LUID-01 on 7.2.6: fail"><span aria-hidden="true">✗ fail</span>',
      '<td class="changed">',
      'data-words="pass changed" data-family="FLUSH" data-level="QUIRK" data-differs',
      'FLUSH-11q</a>: as recorded until 6.12.107, changed from 7.2.6 (3 FLUSH)',
    ])
      assert.ok(page.includes(part), part);
  });

  it('carries every failure, its test, and the command that runs it again', () => {
    const data = dataIn(render(sampleResults(EVERY)));
    assert.deepEqual(
      data.rows.map(({ name, cells }) => `${name} ${cells[0]?.word ?? ''}`),
      [
        ...['LUID-01 pass', 'LUID-03 fail', 'LUID-07 –', 'FLUSH-01 unknown', 'SYNC-01 infra', 'DISK-02 n/a'],
        'TRN-04 known',
      ],
    );
    const cell = data.rows[1]?.cells[0];
    assert.deepEqual(
      cell?.failures.map(({ by, expected, seen }) => [by, expected, seen]),
      [
        ['the test', 'one log', ''],
        ['the oracle', 'success', '-ESRCH'],
      ],
    );
    const [number, verdict] = cell.tests[0] ?? [-1, ''];
    assert.equal(verdict, 'fail');
    assert.match(data.tests[number]?.again ?? '', /--kernel 6\.12\.107 .*--seed 5$/);
    // One test stands behind all of them.
    assert.equal(data.tests.length, 1);
  });

  it('lets no text become markup, wherever it comes from', () => {
    const failure = {
      by: 'oracle',
      expected: NASTY,
      seen: NASTY,
      events: [],
      lines: [NASTY],
      test: NASTY,
    } as const;
    const test = { title: NASTY, file: NASTY, verdict: 'fail', directory: NASTY } as const;
    const nasty = sampleResult('LUID-03', 'fail', {
      ...{ reason: NASTY, sentence: NASTY, observed: NASTY, known: true, subjectName: NASTY, daemon: NASTY },
      knownDefect: { kernels: '>=6.6', finding: NASTY },
      failures: [{ ...failure, events: [], lines: [NASTY] }],
      tests: [test],
      kernel: NASTY,
    });
    const kernel = sampleKernel({ label: NASTY, release: NASTY, version: NASTY, suite: NASTY, spec: NASTY });
    const down = sampleKernel({ label: 'down', version: '5.4', state: 'infra', reason: NASTY });
    const run = sampleRun([kernel, down], [nasty], { errors: [NASTY, '</script><script>alert(1)</script>'] });
    const finding = { finding: 'oops', title: NASTY, text: NASTY, event: 1 } as const;
    const page = render({
      ...run,
      findings: [{ ...finding, kernel: NASTY, test: NASTY, path: NASTY }],
      programs: [
        {
          ...{ test: NASTY, file: NASTY, kernel: NASTY, verdict: 'fail', directory: '', durationMs: 1 },
          results: [],
          problems: [{ kind: 'exit-status', verdict: 'fail', text: NASTY }],
        },
      ],
    });
    assert.ok(!page.includes('<b>&amp;</b>') && !page.includes('alert(1)</script>'));
    assert.ok(!/<b>(?!\d+<\/b>)/.test(page), 'the only <b> are counts');
    // Data, and the code of the page.
    assert.equal(page.match(/<script/g)?.length, 2);
    assert.equal(page.match(/<\/script>/g)?.length, 2);
    assert.ok(dataIn(page).rows.length > 0);
    // Escape sequences and NUL are gone; a lone surrogate becomes U+FFFD when the file is written.
    assert.ok(!/[\u0000-\u0008\u000b-\u001f]/.test(page));
  });

  it('allows its own code and style only, and names no other place', () => {
    const page = render(sampleResults(EVERY));
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update('const one = 1;').digest('base64');
    assert.ok(policy.startsWith("default-src 'none'; style-src 'sha256-"), policy);
    assert.ok(policy.includes(`script-src 'sha256-${hash}'`), policy);
    assert.ok(!/(?:src|href)="(?!#)/.test(page) && !/https?:\/\//.test(page) && !/@import|url\(/.test(page));
    assert.ok(!/ on[a-z]+="/.test(page), 'no handlers in markup, which the policy would refuse');
  });

  it('escapes what HTML and JSON in a script need', () => {
    assert.equal(
      escapeHtml(`<a b="c" d='e'>&amp;\0`),
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;\ufffd',
    );
    const nasty = { text: '</script><!--<script>' };
    assert.ok(!/[<>&]/.test(scriptJson(nasty)));
    assert.deepEqual(JSON.parse(scriptJson(nasty)), nasty);
  });
});

describe('the files in the page', () => {
  const write = (test: string, name: string, text: string): void => {
    mkdirSync(join(directory, test, 'node2'), { recursive: true });
    writeFileSync(join(directory, test, name), text);
  };
  const unpack = (blob: string | undefined): string =>
    gunzipSync(Buffer.from(blob ?? '', 'base64')).toString();

  it('are all in it when they fit: timelines first, what is no text left out', async () => {
    for (const name of ['history.jsonl', 'console.log', 'timeline.txt', 'vmcore.kdump', 'node2/console.log'])
      write('a', name, `${name} ✓\n`);
    const { blobs, files } = await embedFiles(directory, [{ directory: 'a', passed: true }], 10_000);
    const found = files.get('a') ?? [];
    assert.deepEqual(
      found.map(({ name }) => name),
      ['timeline.txt', 'console.log', 'history.jsonl', 'node2/console.log'],
    );
    for (const { name, blob, path } of found) {
      assert.equal(unpack(blobs[blob ?? -1]), `${name} ✓\n`);
      assert.equal(path, join('a', name));
    }
  });

  it('leave out histories of tests that passed first, and say where those are', async () => {
    const noise = (seed: number): string =>
      Array.from({ length: 400 }, (_, index) =>
        createHash('md5').update(`${seed} ${index}`).digest('hex'),
      ).join('\n');
    for (const [index, test] of ['good', 'bad'].entries()) {
      write(test, 'timeline.txt', noise(index));
      write(test, 'history.jsonl', noise(index + 2));
    }
    const tests = [
      { directory: 'good', passed: true },
      { directory: 'bad', passed: false },
      { directory: 'nowhere', passed: false },
    ];
    const { blobs, files } = await embedFiles(directory, tests, 33_000);
    const held = (test: string): (number | null | undefined)[] =>
      (files.get(test) ?? []).map(({ blob }) => blob);
    assert.deepEqual(held('good').at(-1), null);
    assert.ok([...held('bad'), held('good')[0]].every((blob) => typeof blob === 'number'));
    assert.deepEqual(held('nowhere'), []);
    assert.ok(blobs.join('').length <= 33_000);
    assert.equal(files.get('good')?.at(-1)?.path, 'good/history.jsonl');
  });

  it('belong to tests that passed only if they passed for every requirement', () => {
    const tests = (verdict: 'pass' | 'fail') => [{ title: 't', file: 'f', verdict, directory: 'tests/t' }];
    const results = sampleResults([
      sampleResult('LUID-01', 'pass', { tests: tests('pass') }),
      sampleResult('LUID-02', 'fail', { tests: tests('fail') }),
      sampleResult('LUID-03', 'pass', { tests: tests('pass') }),
    ]);
    assert.deepEqual(testDirectories(results), [{ directory: 'tests/t', passed: false }]);
  });

  it('make one file beside the results, with code that a browser accepts', async () => {
    write('out/tests/coexist', 'timeline.txt', 'the timeline\n');
    const out = join(directory, 'out');
    await writeMatrixPage(sampleResults(EVERY), { ...VIEW, out });
    const page = readFileSync(join(out, 'matrix.html'), 'utf8');
    const blob = /id="blob0">([^<]*)</.exec(page)?.[1];
    assert.equal(unpack(blob), 'the timeline\n');
    const code = page.slice(page.lastIndexOf('<script>') + 8, page.lastIndexOf('</script>'));
    // Throws for what is no script: an import, an export, a type that was left in.
    assert.ok(new Script(code));
    assert.match(code, /DecompressionStream/);
  });
});
