import assert from 'node:assert/strict';
import { it } from 'node:test';
import { discoverTests } from '../../harness/plan/discover.js';
import { knownMutants } from '../../harness/plan/mutants.js';

// A mutant that breaks something else too may be caught by that: each sentence needs one that is about it.
it('each requirement of drives that has a test is what a broken drive breaks which that test names', async () => {
  const tests = (await discoverTests()).filter(({ underTest }) => underTest === 'drive');
  const mutants = knownMutants().filter(({ kind }) => kind === 'drive');
  const uncaught = [...new Set(tests.flatMap(({ ids }) => ids))].filter((id) => {
    const own = mutants.filter(({ breaks }) => breaks === id).map(({ name }) => name);
    return !tests.some((test) => test.ids.includes(id) && test.mutants.some((name) => own.includes(name)));
  });
  assert.deepEqual(uncaught.sort(), []);
  const named = new Set(tests.flatMap((test) => test.mutants));
  const idle = mutants.filter(({ name }) => !named.has(name)).map(({ name }) => name);
  assert.deepEqual(idle, [], 'each broken drive is named by a test');
});
