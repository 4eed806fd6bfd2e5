/** Self test of the runner: real Playwright, our configuration and reporter, tests without a VM. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { projectRoot } from '../setup/root.mjs';
import { PLAN_VARIABLE, plannedTest, type RunPlan } from '../plan/run-plan.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { sampleTest } from '../plan/sample-suite.js';
import { outcomesFileSchema, type OutcomesFile } from '../results/model.js';
import { sampleJudgement, sampleOutcome } from '../results/sample-history.js';
import { runOwned, ownPath } from '../setup/owned.mjs';
import { playwrightCli } from './playwright.js';

const TITLES = {
  good: 'hands over an outcome',
  failing: 'hands over a failure, and fails',
  throwing: 'breaks before its outcome',
  silent: 'forgets its outcome',
  skipped: 'is skipped',
  garbage: 'hands over garbage',
  late: 'breaks after its outcome',
  inapplicable: 'hands over what does not apply',
  unplanned: 'is not in the plan',
} as const;

const SPEC = `
import { writeFileSync } from 'node:fs';
import { test } from '@playwright/test';
const outcomes = JSON.parse(process.env.SELF_TEST_OUTCOMES);
const hand = (info, which) => {
  const path = info.outputPath('outcome.json');
  writeFileSync(path, which === 'garbage' ? '{}' : JSON.stringify(outcomes[which]));
  return info.attach('ulogcheck-outcome', { path });
};
const T = ${JSON.stringify(TITLES)};
test(T.good, async ({}, info) => { console.log('chatter'); await hand(info, 'good'); });
test(T.failing, async ({}, info) => { await hand(info, 'failing'); throw new Error('LUID-01 fail'); });
test(T.throwing, async () => { throw new Error('the node did not boot'); });
test(T.silent, async () => {});
test(T.skipped, async () => { test.skip(); });
test(T.garbage, async ({}, info) => { await hand(info, 'garbage'); });
test(T.late, async ({}, info) => { await hand(info, 'late'); throw new Error('could not stop the node'); });
test(T.inapplicable, async ({}, info) => {
  await hand(info, 'inapplicable');
  info.attachments.push({ name: 'timeline.txt', path: info.outputPath('outcome.json'), contentType: 'text/plain' });
  test.skip(true, 'LUID-01 not applicable');
});
test(T.unplanned, async () => { throw new Error('must not run'); });
`;

interface PageTest {
  readonly title: string;
  readonly outcome: string;
  readonly location: unknown;
  readonly results: readonly { readonly attachments: readonly { readonly name: string }[] }[];
}

interface Page {
  readonly options: { readonly title: string };
  readonly files: readonly { readonly fileName: string; readonly tests: readonly PageTest[] }[];
}

/** What the page shows: `report.json` in the ZIP archive that it holds as Base64. */
function pageData(html: string): Page {
  const zip = Buffer.from(/data:application\/zip;base64,([\w+/=]+)/.exec(html)?.[1] ?? '', 'base64');
  // The central directory (PKWARE APPNOTE 4.3.12) has the sizes, which the local headers may leave out.
  for (let at = zip.indexOf('PK\u0001\u0002'); at >= 0; at = zip.indexOf('PK\u0001\u0002', at + 4)) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) !== 'report.json') continue;
    const local = zip.readUInt32LE(at + 42);
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(begin, begin + zip.readUInt32LE(at + 20));
    return JSON.parse(inflateRawSync(packed).toString()) as Page;
  }
  throw new Error('the page holds no report.json');
}

describe('Playwright with our plan, configuration and reporter', () => {
  // Inside the package, so that the spec finds the package's Playwright.
  const specs = join(projectRoot, 'dist', `self-test-${process.pid}`);
  let out = '';
  let stdout = '';
  let file: OutcomesFile;

  before(async () => {
    out = realpathSync(ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-runner-'))));
    mkdirSync(join(specs, 'luid'), { recursive: true });
    writeFileSync(join(specs, 'luid', 'coexistence.spec.js'), SPEC);
    const config = join(specs, 'playwright.config.js');
    writeFileSync(
      config,
      `import { playwrightConfig } from '../harness/cli/playwright-config.js';
       import { readRunPlan } from '../harness/plan/run-plan.js';
       export default playwrightConfig(readRunPlan(), ${JSON.stringify(specs)});`,
    );
    const planned = Object.values(TITLES).filter((title) => title !== TITLES.unplanned);
    const plan: RunPlan = {
      schemaVersion: 2,
      out,
      seed: 1,
      workers: 1,
      userland: 'trixie',
      tier: 'quick',
      kernels: [samplePlannedKernel(), samplePlannedKernel({ label: '6.1.192', version: '6.1.192' })],
      runs: [
        {
          project: 'run',
          kernel: '6.12.107',
          daemon: 'reference',
          mutant: null,
          directory: out,
          tests: planned.map((title) => ({
            ...plannedTest(sampleTest({ title })),
            ...(title === TITLES.failing && { line: 7, again: 'npm start' }),
          })),
        },
        {
          project: 'mutant-x',
          kernel: '6.1.192',
          daemon: 'mutant-x',
          mutant: 'x',
          directory: out,
          tests: [plannedTest(sampleTest({ title: TITLES.good }))],
        },
      ],
      page: { title: 'the page' },
    };
    writeFileSync(join(out, 'plan.json'), JSON.stringify(plan));
    const outcomes = {
      good: sampleOutcome([sampleJudgement('pass')], { test: TITLES.good }),
      failing: sampleOutcome([sampleJudgement('fail')], { test: TITLES.failing }),
      late: sampleOutcome([sampleJudgement('pass')], { test: TITLES.late }),
      inapplicable: sampleOutcome([sampleJudgement('not-applicable')], { test: TITLES.inapplicable }),
    };
    ({ stdout } = await runOwned([process.execPath, playwrightCli(), 'test', '--config', config], {
      env: {
        ...process.env,
        [PLAN_VARIABLE]: join(out, 'plan.json'),
        PLAYWRIGHT_TRANSFORM_CACHE_DIR: join(out, 'transformed'),
        SELF_TEST_OUTCOMES: JSON.stringify(outcomes),
      },
      allow: [0, 1],
      deadlineMs: 120_000,
    }));
    file = outcomesFileSchema.parse(JSON.parse(readFileSync(join(out, 'outcomes.json'), 'utf8')));
  });

  after(() => {
    rmSync(specs, { recursive: true, force: true });
    rmSync(out, { recursive: true, force: true });
  });

  const said = (title: string): string[] =>
    file.outcomes
      .filter(({ outcome }) => outcome.test === title)
      .map(
        ({ project, outcome }) =>
          `${project} ${outcome.judgements.map(({ verdict, reason }) => `${verdict}: ${reason}`).join()}`,
      );

  it('runs what the plan names in each project, and nothing else', () => {
    assert.deepEqual(said(TITLES.good), ['run pass: it is pass', 'mutant-x pass: it is pass']);
    assert.deepEqual(said(TITLES.failing), ['run fail: it is fail']);
    assert.deepEqual(said(TITLES.unplanned), []);
    assert.equal(file.outcomes.length, 9);
    assert.equal(file.interrupted, false);
  });

  it('makes a test without an outcome infra, with the reason', () => {
    assert.deepEqual(said(TITLES.throwing), ['run infra: Error: the node did not boot']);
    assert.deepEqual(said(TITLES.silent), ['run infra: the test ended as passed and left no outcome']);
    assert.deepEqual(said(TITLES.skipped), ['run infra: the test ended as skipped and left no outcome']);
    assert.match(
      said(TITLES.garbage)[0] ?? '',
      /^run infra: \/.*\.json is no outcome: test: Invalid input: expected string, received undefined$/,
    );
  });

  it('takes the outcome of a test that ends as skipped, because nothing of it applies', () => {
    assert.deepEqual(said(TITLES.inapplicable), ['run not-applicable: it is not-applicable']);
  });

  it('does not lose an error that came after the outcome', () => {
    assert.deepEqual(said(TITLES.late), ['run pass: it is pass']);
    assert.deepEqual(file.errors, [`after its end, "${TITLES.late}": Error: could not stop the node`]);
  });

  it('prints a line for each test and nothing of Playwright or the tests', () => {
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines[0], `test   1/9  pass    6.12.107: LUID-01  ${TITLES.good} (1.5 s)`);
    assert.equal(lines[1], `test   2/9  fail    6.12.107: LUID-01  ${TITLES.failing} (1.5 s)`);
    assert.ok(lines.includes(`test   9/9  pass    6.1.192: x: LUID-01  ${TITLES.good} (1.5 s)`));
    assert.ok(
      lines.every((line) => line.startsWith('test ') || line.startsWith('         ')),
      stdout,
    );
    assert.equal(readFileSync(join(out, 'runner-output.txt'), 'utf8'), 'chatter\nchatter\n');
  });

  it('makes a page that names spec files, skips what does not apply, and needs no network', () => {
    const html = readFileSync(join(out, 'html', 'index.html'), 'utf8');
    assert.match(html, /<title>/);
    assert.doesNotMatch(html, /<(?:script|link)[^>]+(?:src|href)="https?:/);
    const page = pageData(html);
    assert.equal(page.options.title, 'the page');
    const files = page.files.map(({ fileName }) => fileName);
    assert.deepEqual([...new Set(files)], ['luid/coexistence.spec.ts']);
    const tests = page.files.flatMap((ofFile) => ofFile.tests);
    const of = (title: string): PageTest | undefined => tests.find((candidate) => candidate.title === title);
    assert.deepEqual(of(TITLES.failing)?.location, { file: 'luid/coexistence.spec.ts', line: 7, column: 1 });
    assert.equal(of(TITLES.failing)?.outcome, 'unexpected');
    assert.equal(of(TITLES.inapplicable)?.outcome, 'skipped');
    assert.equal(of(TITLES.good)?.outcome, 'expected');
    const shown = tests.flatMap(({ results }) =>
      results.flatMap((result) => result.attachments.map(({ name }) => name)),
    );
    assert.ok(shown.includes('timeline.txt') && !shown.includes('error-context'), shown.join());
  });
});
