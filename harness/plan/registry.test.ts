import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DefinitionError, specSource, type ConformanceTest } from './definition.js';
import { TestRegistry, validateTest } from './registry.js';
import {
  sampleCatalogue,
  sampleDaemonMutant,
  sampleHistoryMutant,
  sampleRequirement,
  sampleTest,
} from './sample-suite.js';

const context = {
  catalogue: sampleCatalogue(
    sampleRequirement('LUID-01'),
    sampleRequirement('LUID-02'),
    sampleRequirement('LUID-03'),
    sampleRequirement('LUID-05', { subject: 'kernel', line: 40 }),
    sampleRequirement('LUID-08', { subject: 'both' }),
    sampleRequirement('IDM-24', { subject: 'drive', file: 'conformance/requirements/idm.yaml', line: 7 }),
  ),
  mutants: [
    sampleDaemonMutant('one-log-only', 'LUID-01'),
    sampleDaemonMutant('uuid-keyed', 'LUID-03'),
    sampleHistoryMutant('swapped', 'LUID-05'),
    { kind: 'drive', name: 'two-holders', breaks: 'IDM-24', description: 'grants a held lock' } as const,
  ],
};

const FILE = 'conformance/luid/coexistence.spec.ts';

describe('a test definition', () => {
  const refused = (given: Partial<ConformanceTest> & Record<string, unknown>, problem: string): void => {
    assert.throws(
      () => validateTest(sampleTest(given), context),
      new DefinitionError(`${FILE}: the test "two logs coexist" ${problem}`),
    );
  };

  it('is taken when it is complete', () => {
    validateTest(sampleTest(), context);
    validateTest(
      sampleTest({ ids: ['LUID-01', 'LUID-08'], mutants: ['one-log-only', 'uuid-keyed'] }),
      context,
    );
  });

  it('is refused without a requirement', () => {
    refused(
      { ids: [] },
      "names no requirement. Give it one, such as ids: ['LUID-03']; the catalogue is conformance/requirements.",
    );
  });

  it('is refused with more than three requirements', () => {
    refused(
      { ids: ['LUID-01', 'LUID-02', 'LUID-03', 'LUID-08'] },
      'names 4 requirements (LUID-01, LUID-02, LUID-03, LUID-08); at most 3 are allowed. ' +
        'Split it, so that a failure says which sentence is broken.',
    );
  });

  it('is refused with an unknown requirement, and told a near one', () => {
    refused({ ids: ['LUID-33'] }, 'names LUID-33, which is not in the catalogue. Did you mean LUID-03?');
    refused({ ids: ['XY-77'] }, 'names XY-77, which is not in the catalogue.');
  });

  it('is refused when it names a requirement twice', () => {
    refused({ ids: ['LUID-01', 'LUID-01'] }, 'names LUID-01 twice. Name it once.');
  });

  it('is refused when the requirement is on the other side', () => {
    refused(
      { ids: ['LUID-05'] },
      'has the daemon under test, but LUID-05 is a requirement on the kernel ' +
        "(conformance/requirements/luid.yaml:40). Set underTest: 'kernel' or name another id.",
    );
    refused(
      { ids: ['LUID-01'], underTest: 'kernel' },
      'has the kernel under test, but LUID-01 is a requirement on the daemon ' +
        "(conformance/requirements/luid.yaml:1). Set underTest: 'daemon' or name another id.",
    );
  });

  it('is refused without an applicability condition, a drive or an expectation', () => {
    const without = (part: string): Record<string, unknown> => ({ [part]: undefined });
    refused(
      without('situation'),
      'has no applicability condition. Give it situation(history), which returns the events that make its ' +
        'sentence applicable.',
    );
    refused(without('drive'), 'has no drive(lab), so nothing happens in it.');
    refused(without('expect'), 'has no expect(history, check), so it cannot fail.');
  });

  it('is refused without a mutant, with an unknown one, and with none of its own requirements', () => {
    refused(
      { mutants: [] },
      'names no mutant, so nothing shows that it can fail. Give it one that breaks LUID-01: a broken daemon ' +
        '(daemon-under-test/mutants), a broken drive (harness/disks/idm/mutants) or an edited history ' +
        '(conformance/history-mutants).',
    );
    refused(
      { mutants: ['uid-keyed'] },
      'names the mutant uid-keyed, which does not exist. Did you mean uuid-keyed?',
    );
    refused(
      { mutants: ['uuid-keyed'] },
      'names no mutant of its own requirements: uuid-keyed break something else than LUID-01. ' +
        'Add one that breaks LUID-01.',
    );
  });

  it('is taken when the kernel under test meets the puppet, or nobody', () => {
    const kernel = { ids: ['LUID-05'], underTest: 'kernel', mutants: ['swapped'] } as const;
    for (const daemon of ['puppet', 'absent'] as const) {
      validateTest(sampleTest({ ...kernel, daemon }), context);
    }
  });

  it('is taken with a drive under test, without a daemon and with broken drives only', () => {
    const drive = {
      ids: ['IDM-24'],
      underTest: 'drive',
      daemon: 'absent',
      mutants: ['two-holders'],
    } as const;
    validateTest(sampleTest(drive), context);
    refused(
      { ...drive, daemon: 'running' },
      "has the drive under test, and daemon: 'running', which no drive ever meets. Set daemon: 'absent'.",
    );
    for (const [mutant, what] of [
      ['one-log-only', 'a broken daemon'],
      ['swapped', 'an edited history'],
    ] as const) {
      refused(
        { ...drive, mutants: ['two-holders', mutant] },
        `has the drive under test, but ${mutant} is ${what}. Name broken drives (harness/disks/idm/mutants).`,
      );
    }
    refused(
      { mutants: ['one-log-only', 'two-holders'] },
      "has the daemon under test, but two-holders is a broken drive. Set underTest: 'drive'.",
    );
    refused(
      { ...drive, ids: ['LUID-08'] },
      'has the drive under test, but LUID-08 is a requirement on daemon and kernel ' +
        "(conformance/requirements/luid.yaml:1). Set underTest: 'daemon' or name another id.",
    );
    refused(
      { ids: ['IDM-24'] },
      'has the daemon under test, but IDM-24 is a requirement on the drive ' +
        "(conformance/requirements/idm.yaml:7). Set underTest: 'drive' or name another id.",
    );
  });

  it('is refused with the wrong daemon for what is under test', () => {
    const kernel = { ids: ['LUID-05'], underTest: 'kernel', mutants: ['swapped'] } as const;
    refused(
      kernel,
      "has the kernel under test and daemon: 'running', so that what it says would depend on the daemon under " +
        "test. Set daemon: 'puppet' (it answers like a good daemon until lab.puppet is told otherwise), or 'absent'.",
    );
    refused(
      { daemon: 'puppet' },
      "has the daemon under test, but daemon: 'puppet' takes its place. Set daemon: 'running' (or 'absent', to " +
        "start it later), or underTest: 'kernel'.",
    );
    refused(
      { ...kernel, daemon: 'puppet', mutants: ['swapped', 'uuid-keyed'] },
      'has the kernel under test, but uuid-keyed is a broken daemon, which it never meets: the puppet serves it. ' +
        'Name edited histories (conformance/history-mutants).',
    );
  });

  it('is refused when it allows a finding of the kernel without a reason, or of no kind', () => {
    refused(
      { allowFindings: [{ kind: 'hung-task', because: ' ' }] },
      'allows a hung-task of the kernel without a reason. Say why in allowFindings[…].because.',
    );
    const program = { command: ['/bin/true'], deadlineMs: 1000, format: 'tap' } as const;
    refused(
      { ids: [], mutants: [], program, allowFindings: [{ kind: 'warning', because: '' }] },
      'allows a warning of the kernel without a reason. Say why in allowFindings[…].because.',
    );
    const misspelt: Record<string, unknown> = { allowFindings: [{ kind: 'hung-tasks', because: 'x' }] };
    refused(
      misspelt,
      'allows findings of the kind hung-tasks, which does not exist. Did you mean hung-task?',
    );
    validateTest(
      sampleTest({ allowFindings: [{ kind: 'hung-task', because: 'the daemon is frozen' }] }),
      context,
    );
  });

  it('is refused without a title', () => {
    const message = `${FILE}: a test has no title, or one of several lines. Say what must hold.`;
    assert.throws(() => validateTest(sampleTest({ title: ' ' }), context), new DefinitionError(message));
    assert.throws(() => validateTest(sampleTest({ title: 'a\nb' }), context), new DefinitionError(message));
  });
});

describe('the registry', () => {
  it('refuses a title that another test has', () => {
    const registry = new TestRegistry(context);
    registry.register(sampleTest());
    registry.register(sampleTest({ title: 'another' }));
    assert.deepEqual(
      registry.tests.map(({ title }) => title),
      ['two logs coexist', 'another'],
    );
    assert.throws(
      () => registry.register(sampleTest({ file: 'conformance/luid/other.spec.ts' })),
      new DefinitionError(
        'conformance/luid/other.spec.ts: the test "two logs coexist" has the title of another one ' +
          `(${FILE}). Say what differs.`,
      ),
    );
  });
});

describe('the spec file of a module', () => {
  it('is named as in the sources', () => {
    assert.equal(specSource('file:///x/dist/conformance/luid/swap.spec.js'), 'conformance/luid/swap.spec.ts');
    assert.equal(specSource('file:///x%20y/conformance/luid/swap.spec.ts'), 'conformance/luid/swap.spec.ts');
  });

  it('must be a spec file', () => {
    assert.throws(
      () => specSource('file:///x/harness/foo.js'),
      new DefinitionError(
        'file:///x/harness/foo.js: defines a conformance test, but is not conformance/**/*.spec.ts. Move the test there.',
      ),
    );
  });
});
