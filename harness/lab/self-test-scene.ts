/** What self tests of the laboratory have in common. */
import assert from 'node:assert/strict';
import type { ConformanceTest } from '../plan/definition.js';
import type { PrepareOptions, PreparedRun } from '../plan/prepared.js';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { prepareRun } from './prepare.js';
import type { TestLab } from './test-lab.js';

/** A run on the default kernel and userland that was prepared for a self test. */
export interface SelfTestRun {
  readonly prepared: PreparedRun;
  readonly environment: RunEnvironment;
  /** The reference daemon. */
  readonly reference: SubjectEnvironment;
}

/** Prepares what self tests run in; `other` is what one wants otherwise. Throws what prepareRun does. */
export async function prepareSelfTest(
  golden: PrepareOptions['golden'],
  other: Partial<PrepareOptions> = {},
): Promise<SelfTestRun> {
  const usual = { kernel: 'stable', daemons: ['reference'], userland: 'trixie', qemu: undefined };
  const prepared = await prepareRun({ ...usual, ...other, golden }, () => undefined);
  const environment = prepared.environment as RunEnvironment;
  const reference = environment.subjects['reference'];
  assert.ok(reference, 'the reference daemon was not prepared');
  return { prepared, environment, reference };
}

/** A test that is about nothing much and expects nothing: self tests look at what a scenario makes of its node. */
export function scenario(
  drive: (lab: TestLab) => Promise<void>,
  about: Partial<Omit<ConformanceTest<TestLab>, 'drive'>> = {},
): ConformanceTest<TestLab> {
  const { underTest = 'daemon' } = about;
  return {
    title: 'a scenario of the self tests',
    ids: [underTest === 'daemon' ? 'STAT-01' : 'SUSP-01'],
    tier: 'quick',
    mutants: [],
    daemon: underTest === 'daemon' ? 'running' : 'puppet',
    file: 'conformance/self/scenario.spec.ts',
    situation: (history) => history.exchanges('STATUS_INFO', 'CTR').flatMap((exchange) => exchange.events()),
    drive,
    expect: (_history, check) => {
      check(true, { expected: 'anything', seen: 'anything' });
    },
    ...about,
    underTest,
  };
}
