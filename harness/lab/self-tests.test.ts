import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadProfile } from '../../daemon-under-test/profiles/profile.js';
import { sampleCatalogue } from '../plan/sample-suite.js';
import { DefinitionError } from '../plan/definition.js';
import { validateTest } from '../plan/registry.js';
import { selfTestsOf, withSelfTests } from './self-tests.js';

const OUTSIDER = 'daemon-under-test/outsider/outsider.profile.yaml';

test('a self test of a profile is a program beside the running daemon', async () => {
  const [found, ...more] = selfTestsOf(await loadProfile(OUTSIDER));
  assert.ok(found);
  assert.deepEqual(more, []);
  assert.equal(found.title, 'self test life of outsider');
  assert.deepEqual([found.daemon, found.underTest, found.tier], ['running', 'daemon', 'quick']);
  assert.equal(found.file, 'conformance/programs/self-tests.spec.ts');
  assert.deepEqual([found.program?.format, found.program?.deadlineMs], ['tap', 60_000]);
  validateTest(found, { catalogue: sampleCatalogue(), mutants: [] });
});

test('self tests join the suite, unless a title is taken', async () => {
  const profile = await loadProfile(OUTSIDER);
  const suite = withSelfTests({ catalogue: sampleCatalogue(), tests: [] }, profile);
  assert.equal(suite.tests.length, 1);
  assert.throws(() => withSelfTests(suite, profile), DefinitionError);
  assert.deepEqual(selfTestsOf(await loadProfile('reference')), []);
});
