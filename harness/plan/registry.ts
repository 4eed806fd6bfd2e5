import type { Catalogue } from '../../conformance/requirements/catalogue.js';
import { loadCatalogue } from '../../conformance/requirements/catalogue.js';
import { FINDING_KINDS } from '../kernel-log/index.js';
import { didYouMean } from './closest.js';
import { DefinitionError, type ConformanceTest } from './definition.js';
import { knownMutants, type MutantInfo } from './mutants.js';
import { checkProgram } from './program.js';

/** More than this and nobody can tell any more what a failure of the test means. */
const MAX_IDS_PER_TEST = 3;

/** What a definition is checked against. */
export interface DefinitionContext {
  readonly catalogue: Catalogue;
  readonly mutants: readonly MutantInfo[];
}

function checkIds(test: ConformanceTest, catalogue: Catalogue, refuse: (problem: string) => never): void {
  if (test.ids.length === 0) {
    refuse(
      "names no requirement. Give it one, such as ids: ['LUID-03']; the catalogue is conformance/requirements.",
    );
  }
  if (test.ids.length > MAX_IDS_PER_TEST) {
    refuse(
      `names ${test.ids.length} requirements (${test.ids.join(', ')}); at most ${MAX_IDS_PER_TEST} are allowed. ` +
        'Split it, so that a failure says which sentence is broken.',
    );
  }
  for (const [index, id] of test.ids.entries()) {
    const requirement = catalogue.byId.get(id);
    if (requirement === undefined) {
      refuse(`names ${id}, which is not in the catalogue.${didYouMean(id, catalogue.byId.keys())}`);
    }
    if (test.ids.indexOf(id) !== index) refuse(`names ${id} twice. Name it once.`);
    const { subject } = requirement;
    if (subject === 'both' ? test.underTest === 'drive' : subject !== test.underTest) {
      refuse(
        `has the ${test.underTest} under test, but ${id} is a requirement on ${subject === 'both' ? 'daemon and kernel' : `the ${subject}`} ` +
          `(${requirement.file}:${requirement.line}). Set underTest: '${subject === 'both' ? 'daemon' : subject}' or name another id.`,
      );
    }
  }
}

function checkDaemon({ underTest, daemon }: ConformanceTest, refuse: (problem: string) => never): void {
  if (underTest === 'drive' && daemon !== 'absent') {
    refuse(
      `has the drive under test, and daemon: '${daemon}', which no drive ever meets. Set daemon: 'absent'.`,
    );
  }
  if (underTest === 'kernel' && daemon === 'running') {
    refuse(
      "has the kernel under test and daemon: 'running', so that what it says would depend on the daemon under test. " +
        "Set daemon: 'puppet' (it answers like a good daemon until lab.puppet is told otherwise), or 'absent'.",
    );
  }
  if (underTest === 'daemon' && daemon === 'puppet') {
    refuse(
      "has the daemon under test, but daemon: 'puppet' takes its place. Set daemon: 'running' (or 'absent', to start " +
        "it later), or underTest: 'kernel'.",
    );
  }
}

/** Refuses a mutant that the test never meets. */
function checkMutantFits(
  { underTest }: ConformanceTest,
  { name, kind }: MutantInfo,
  refuse: (problem: string) => never,
): void {
  if (underTest === 'drive' && kind !== 'drive') {
    const what = kind === 'daemon' ? 'a broken daemon' : 'an edited history';
    refuse(
      `has the drive under test, but ${name} is ${what}. Name broken drives (harness/disks/idm/mutants).`,
    );
  }
  if (underTest !== 'drive' && kind === 'drive') {
    refuse(`has the ${underTest} under test, but ${name} is a broken drive. Set underTest: 'drive'.`);
  }
  if (underTest === 'kernel' && kind === 'daemon') {
    refuse(
      `has the kernel under test, but ${name} is a broken daemon, which it never meets: the puppet serves it. ` +
        'Name edited histories (conformance/history-mutants).',
    );
  }
}

function checkMutants(
  test: ConformanceTest,
  mutants: readonly MutantInfo[],
  refuse: (problem: string) => never,
): void {
  if (test.mutants.length === 0) {
    refuse(
      'names no mutant, so nothing shows that it can fail. Give it one that breaks ' +
        `${test.ids.join(' or ')}: a broken daemon (daemon-under-test/mutants), a broken drive ` +
        '(harness/disks/idm/mutants) or an edited history (conformance/history-mutants).',
    );
  }
  for (const name of test.mutants) {
    const mutant = mutants.find((candidate) => candidate.name === name);
    if (mutant === undefined) {
      const names = mutants.map((candidate) => candidate.name);
      refuse(`names the mutant ${name}, which does not exist.${didYouMean(name, names)}`);
    }
    checkMutantFits(test, mutant, refuse);
  }
  // Further mutants may break what only the oracle sees in the scenario; one must be about the test itself.
  const own = mutants.filter(
    ({ name, breaks, alsoBreaks = [] }) =>
      test.mutants.includes(name) && [breaks, ...alsoBreaks].some((id) => test.ids.includes(id)),
  );
  if (own.length === 0) {
    refuse(
      `names no mutant of its own requirements: ${test.mutants.join(', ')} break something else than ` +
        `${test.ids.join(' and ')}. Add one that breaks ${test.ids.join(' or ')}.`,
    );
  }
}

function checkAllowed({ allowFindings = [] }: ConformanceTest, refuse: (problem: string) => never): void {
  for (const { kind, because } of allowFindings) {
    if (!FINDING_KINDS.includes(kind)) {
      refuse(`allows findings of the kind ${kind}, which does not exist.${didYouMean(kind, FINDING_KINDS)}`);
    }
    if (because.trim() === '') {
      refuse(`allows a ${kind} of the kernel without a reason. Say why in allowFindings[…].because.`);
    }
  }
}

/**
 * Refuses a definition that cannot give an honest verdict: an unknown id, none or more than three, a subject
 * that is not under test, a daemon in the puppet's place or the other way round, one beside a drive, no applicability condition, no
 * mutant, an unknown one, none that breaks a requirement of the test's own, or a finding of the kernel that is
 * allowed without a reason. A program needs none of these, but must be one that can be run. Throws
 * {@link DefinitionError}.
 */
export function validateTest(test: ConformanceTest, context: DefinitionContext): void {
  const refuse = (problem: string): never => {
    throw new DefinitionError(`${test.file}: the test "${test.title}" ${problem}`);
  };
  if (test.title.trim() === '' || test.title.includes('\n')) {
    throw new DefinitionError(
      `${test.file}: a test has no title, or one of several lines. Say what must hold.`,
    );
  }
  checkAllowed(test, refuse);
  if (test.program !== undefined) {
    if (test.ids.length > 0) refuse('is a program, and names requirements: its results are its own.');
    if (test.daemon === 'puppet')
      refuse("is a program, which has no rules for a puppet. Set daemon: 'running' or 'absent'.");
    checkProgram(test.program, refuse);
    return;
  }
  checkIds(test, context.catalogue, refuse);
  checkDaemon(test, refuse);
  const parts: Readonly<Record<string, unknown>> = { ...test };
  if (typeof parts['situation'] !== 'function') {
    refuse(
      'has no applicability condition. Give it situation(history), which returns the events that make its ' +
        'sentence applicable.',
    );
  }
  if (typeof parts['drive'] !== 'function') refuse('has no drive(lab), so nothing happens in it.');
  if (typeof parts['expect'] !== 'function') refuse('has no expect(history, check), so it cannot fail.');
  checkMutants(test, context.mutants, refuse);
}

/** The tests that spec files defined, each validated, titles unique. */
export class TestRegistry {
  readonly #tests = new Map<string, ConformanceTest>();
  readonly #context: DefinitionContext;

  constructor(context: DefinitionContext) {
    this.#context = context;
  }

  /** Throws {@link DefinitionError}. */
  register(test: ConformanceTest): void {
    validateTest(test, this.#context);
    const twin = this.#tests.get(test.title);
    if (twin !== undefined) {
      throw new DefinitionError(
        `${test.file}: the test "${test.title}" has the title of another one (${twin.file}). Say what differs.`,
      );
    }
    this.#tests.set(test.title, test);
  }

  get tests(): readonly ConformanceTest[] {
    return [...this.#tests.values()];
  }
}

let ofProcess: TestRegistry | undefined;

/** The registry of this process, checked against the project's own catalogue and mutants. */
function processRegistry(): TestRegistry {
  ofProcess ??= new TestRegistry({ catalogue: loadCatalogue(), mutants: knownMutants() });
  return ofProcess;
}

/** Adds a test to the registry of this process; spec files come here through `conformanceTest`. */
export function registerTest(test: ConformanceTest): void {
  processRegistry().register(test);
}

/** Every test registered in this process so far. */
export function registeredTests(): readonly ConformanceTest[] {
  return processRegistry().tests;
}
