import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import { DefinitionError, type ConformanceTest } from '../plan/definition.js';
import { programAsTest } from '../plan/program.js';
import type { SelectionSource } from '../plan/select.js';

/** The spec file that declares them all: which there are, only the plan of a run knows. */
const SELF_TESTS_FILE = 'conformance/programs/self-tests.spec.ts';

/** The self tests that a profile declares, as tests of the suite; each runs beside the running daemon. */
export function selfTestsOf({ name: daemon, selfTests }: Profile): ConformanceTest[] {
  return selfTests.map(({ name, command, env, format, tier, deadline }) =>
    programAsTest(
      {
        title: `self test ${name} of ${daemon}`,
        tier,
        daemon: 'running',
        program: { command, ...(env === undefined ? {} : { env }), format, deadlineMs: deadline * 1000 },
      },
      SELF_TESTS_FILE,
    ),
  );
}

/** The suite with the self tests of the daemon under test. Throws DefinitionError when a title is taken. */
export function withSelfTests(suite: SelectionSource, profile: Profile): SelectionSource {
  const own = selfTestsOf(profile);
  const titles = new Set(suite.tests.map(({ title }) => title));
  const twin = own.find(({ title }) => titles.has(title));
  if (twin !== undefined) {
    throw new DefinitionError(
      `${profile.path}: "${twin.title}" is the title of a test of the suite. Give the self test another name.`,
    );
  }
  return { ...suite, tests: [...suite.tests, ...own] };
}
