import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleCatalogue, sampleRequirement, sampleTest } from './sample-suite.js';
import { SelectionError, selectTests, type Selection } from './select.js';

const coexist = sampleTest();
const swap = sampleTest({
  title: 'a swap/reload keeps the new log',
  ids: ['LUID-03', 'SYNC-01'],
  file: 'conformance/luid/swap.spec.ts',
});
const resync = sampleTest({
  title: 'a resync ends',
  ids: ['SYNC-01'],
  file: 'conformance/sync/resync.spec.ts',
});
const slow = sampleTest({
  title: 'a slow thing',
  ids: ['SYNC-02'],
  tier: 'full',
  file: 'conformance/sync/slow.spec.ts',
});

const source = {
  catalogue: sampleCatalogue(
    ...['LUID-01', 'LUID-03', 'LUID-04', 'SYNC-01', 'SYNC-02', 'SYNC-13q', 'DISK-01'].map((id) =>
      sampleRequirement(id),
    ),
  ),
  tests: [coexist, swap, resync, slow],
};

function shown({ requirements, tests, leftOut }: Selection): readonly (readonly string[])[] {
  return [
    requirements.map(({ id }) => id),
    tests.map(({ title }) => title),
    leftOut.map(({ title }) => title),
  ];
}

describe('selecting', () => {
  const select = (...patterns: string[]): readonly (readonly string[])[] =>
    shown(selectTests(patterns, 'quick', source));

  it('nothing selects everything that the tier runs', () => {
    assert.deepEqual(select(), [
      ['LUID-01', 'LUID-03', 'LUID-04', 'SYNC-01', 'SYNC-02', 'SYNC-13q', 'DISK-01'],
      [coexist.title, swap.title, resync.title],
      [slow.title],
    ]);
    assert.deepEqual(selectTests([], 'full', source).tests, source.tests);
  });

  it('an id selects its requirement exactly, and every test of it', () => {
    assert.deepEqual(select('SYNC-01'), [['SYNC-01'], [swap.title, resync.title], []]);
    assert.deepEqual(select('LUID-04'), [['LUID-04'], [], []]);
  });

  it('a folder selects its tests and the family of its name', () => {
    const luid = [['LUID-01', 'LUID-03', 'LUID-04', 'SYNC-01'], [coexist.title, swap.title], []];
    assert.deepEqual(select('luid'), luid);
    assert.deepEqual(select('conformance/luid/'), luid);
    assert.deepEqual(select('disk-log'), [['DISK-01'], [], []]);
  });

  it('a file selects its tests, and a glob with a slash goes over files, too', () => {
    const slowOnly = [['SYNC-02'], [slow.title], []];
    const full = (pattern: string): unknown => shown(selectTests([pattern], 'full', source));
    for (const pattern of ['sync/slow', 'conformance/sync/slow.spec.ts', './conformance/sync/sl*.spec.ts']) {
      assert.deepEqual(full(pattern), slowOnly, pattern);
    }
    assert.deepEqual(full('sync/*'), [['SYNC-01', 'SYNC-02'], [resync.title, slow.title], []]);
    assert.throws(() => select('sync/slo'), /Did you mean sync\/slow\?/);
    // The beginning of a file's name is none.
    assert.throws(() => select('luid/sw'), SelectionError);
  });

  it('a title selects its test, and not the other tests of its requirements', () => {
    assert.deepEqual(select('a resync ends'), [['SYNC-01'], [resync.title], []]);
  });

  it('a glob goes over ids and titles', () => {
    assert.deepEqual(select('LUID-0[13]'), [['LUID-01', 'LUID-03'], [coexist.title, swap.title], []]);
    assert.deepEqual(select('*new log'), [['LUID-03', 'SYNC-01'], [swap.title], []]);
    assert.deepEqual(select('sync-1*'), [['SYNC-13q'], [], []]);
  });

  it('several patterns add up', () => {
    assert.deepEqual(select('LUID-01', 'a resync ends'), [
      ['LUID-01', 'SYNC-01'],
      [coexist.title, resync.title],
      [],
    ]);
  });

  it('a pattern that matches nothing is an error with what is near', () => {
    const refused = (pattern: string, message: string): void => {
      assert.throws(() => select(pattern), new SelectionError(message));
    };
    const see = 'See `ulogcheck run --list`.';
    refused(
      'luid-03',
      `-g luid-03: no requirement, folder, file or test title matches. Did you mean LUID-03? ${see}`,
    );
    refused('synk', `-g synk: no requirement, folder, file or test title matches. Did you mean sync? ${see}`);
    refused(
      'resync',
      `-g resync: no requirement, folder, file or test title matches. Did you mean sync/resync? ${see}`,
    );
    refused(
      'new log',
      `-g new log: no requirement, folder, file or test title matches. Titles near it: "${swap.title}"; ` +
        `use a glob such as "*new log*". ${see}`,
    );
    refused('qqqqq', `-g qqqqq: no requirement, folder, file or test title matches. ${see}`);
    refused('Q*', `-g Q*: no requirement, folder, file or test title matches. ${see}`);
  });

  it('what only the full tier tests is an error that says so', () => {
    assert.throws(
      () => select('SYNC-02'),
      new SelectionError(
        'SYNC-02: the quick tier has no test for it, only the full tier does. Add --tier full.',
      ),
    );
    assert.deepEqual(shown(selectTests(['SYNC-02'], 'full', source)), [['SYNC-02'], [slow.title], []]);
  });
});
