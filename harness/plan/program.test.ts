import assert from 'node:assert/strict';
import { isAbsolute, join } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../setup/root.mjs';
import { DefinitionError } from './definition.js';
import { programAsTest, type ProgramDefinition, type ProgramSpec } from './program.js';
import { TestRegistry, validateTest } from './registry.js';
import { sampleCatalogue, sampleRequirement, sampleTest } from './sample-suite.js';
import { selectTests, SelectionError } from './select.js';

const FILE = 'conformance/programs/environment.spec.ts';
const context = { catalogue: sampleCatalogue(sampleRequirement('LUID-01')), mutants: [] };
const good: ProgramSpec = { command: ['/bin/true'], format: 'tap', deadlineMs: 1000 };

function definition(
  program: Partial<ProgramSpec> = {},
  given: Partial<ProgramDefinition> = {},
): ProgramDefinition {
  return { title: 'a program', tier: 'quick', ...given, program: { ...good, ...program } };
}

describe('a program as a test', () => {
  it('needs no requirement, no situation and no mutant', () => {
    const test = programAsTest(definition(), FILE);
    validateTest(test, context);
    assert.deepEqual([test.ids, test.mutants, test.daemon, test.underTest], [[], [], 'absent', 'kernel']);
    const served = programAsTest(definition({}, { daemon: 'running' }), FILE);
    assert.deepEqual([served.daemon, served.underTest], ['running', 'daemon']);
  });

  it('finds its files beside the spec file in the sources', () => {
    const test = programAsTest(definition({ files: [{ from: 'environment.sh', to: '/run/x' }] }), FILE);
    const [file] = test.program?.files ?? [];
    assert.ok(file !== undefined && isAbsolute(file.from));
    assert.equal(file.from, join(projectRoot, 'conformance/programs/environment.sh'));
    validateTest(test, context);
  });

  for (const [what, program, problem] of [
    ['no command', { command: [] }, /names no program\. Give it command/],
    ['no deadline', { deadlineMs: 0 }, /has deadlineMs: 0\. .* at most 600000\./],
    ['no number as its deadline', { deadlineMs: NaN }, /has deadlineMs: NaN/],
    ['an endless deadline', { deadlineMs: 3_600_000 }, /at most 600000/],
    ['an unknown format', { format: 'junit' as 'tap' }, /has format: junit\. Give it tap or ktap\./],
    ['a strange variable', { env: { 'A B': '1' } }, /sets the variable A B/],
    [
      'a file that is missing',
      { files: [{ from: 'no.sh', to: '/x' }] },
      /no\.sh into the node, which does not exist/,
    ],
    [
      'a relative target',
      { files: [{ from: 'environment.sh', to: 'x' }] },
      /Give it an absolute path in the node/,
    ],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => validateTest(programAsTest(definition(program), FILE), context), {
        name: DefinitionError.name,
        message: problem,
      });
    });
  }

  it('is refused with requirements, and with a puppet', () => {
    const test = programAsTest(definition(), FILE);
    assert.throws(() => validateTest({ ...test, ids: ['LUID-01'] }, context), /its results are its own/);
    assert.throws(() => validateTest({ ...test, daemon: 'puppet' }, context), /no rules for a puppet/);
  });

  it('shares the titles of the suite', () => {
    const registry = new TestRegistry(context);
    registry.register(programAsTest(definition(), FILE));
    assert.throws(() => registry.register(programAsTest(definition(), FILE)), /has the title of another one/);
  });
});

describe('the selection of programs', () => {
  const program = programAsTest(definition(), FILE);
  const slow = programAsTest(definition({}, { title: 'a slow program', tier: 'full' }), FILE);
  const other = sampleTest();
  const source = { catalogue: context.catalogue, tests: [other, program, slow] };
  const titles = (...patterns: readonly string[]): string[] =>
    selectTests(patterns, 'quick', source).tests.map(({ title }) => title);

  it('is by title, folder and glob, and all come along when everything is selected', () => {
    assert.deepEqual(titles(), [other.title, program.title]);
    assert.deepEqual(titles('a program'), [program.title]);
    assert.deepEqual(titles('programs'), [program.title]);
    assert.deepEqual(titles('*program*'), [program.title]);
    assert.deepEqual(titles('LUID-01'), [other.title]);
    assert.deepEqual(selectTests(['programs'], 'full', source).tests.length, 2);
    assert.deepEqual(selectTests(['programs'], 'quick', source).requirements, []);
  });

  it('says when only the full tier has one', () => {
    assert.throws(() => titles('a slow program'), {
      name: SelectionError.name,
      message:
        '"a slow program": the quick tier has no test for it, only the full tier does. Add --tier full.',
    });
  });
});
