/**
 * What conformance tests see: how to define one, and the questions to ask of a history. Nothing else of the
 * harness is theirs to import (a rule of `npm test`).
 */
import { type ConformanceTest, specSource } from './plan/definition.js';
import { DISCOVER_VARIABLE } from './plan/discover.js';
import { programAsTest, type ProgramDefinition } from './plan/program.js';
import { registerTest } from './plan/registry.js';
import { type FailingChange, failureScenarios } from './lab/lvm/failures.js';
import { type LvmScenario, testsOf } from './lab/lvm/scenario.js';
import type { DriveLab } from './lab/drives/drive-lab.js';
import type { TestLab } from './lab/test-lab.js';
import { declarePlaywrightTest } from './lab/playwright-test.js';
import { declareSelfTests } from './lab/declare-self-tests.js';

export type { MirrorOptions } from './lab/test-lab.js';
export { dirtyRegions, diskLogs } from './history/disk-log.js';
export type { Exchange, History } from './history/index.js';
export { constructorText, type Instance } from './history/instance.js';
export * from './history/kernel-queries.js';
export * from './history/life-queries.js';
export * from './history/log-swaps.js';
export * from './history/lvm.js';
export { entriesOf, lockExchanges, type LockEntry, type LockExchange } from './history/locks.js';
export { sgExchanges, type SgExchange } from './history/sg-commands.js';
export { playInLab } from './lab/drives/workload/lab-stage.js';
export { checkLastLook, workloadSituation } from './lab/drives/workload/occurred.js';
export { MAJORITY } from './lab/drives/workload/deeds.js';
export { lockSchedule } from './lab/drives/workload/schedule.js';
export { checkVotes, votes, type Votes } from './lab/drives/votes.js';
export { driveLimits, unitResets } from './history/real-drives.js';
export { checkLockStory, lockEvents, type StoryLine } from './lab/drives/lock-story.js';
export { marksAtPowerCut } from './history/marks-at-power-cut.js';
export { powerCutOf, powerCuts } from './history/power-cuts.js';
export * from './history/moves.js';
export * from './history/queries.js';
export * from './history/status-line.js';
export { traps, type TrapStory } from './history/traps.js';
export {
  encodeDatagram,
  encodeRemoteRecovering,
  encodeResyncWork,
  encodeText,
  encodeU64,
} from './ulog/index.js';

/** A test, but for its file. */
type Defined<Lab> = Omit<ConformanceTest<Lab>, 'file' | 'underTest' | 'emulated'>;

/** One of drives is given what all drives have, emulated or real, unless it says what it needs more for. */
type TestDefinition =
  | (Defined<TestLab> & { readonly underTest: 'daemon' | 'kernel'; readonly emulated?: never })
  | (Defined<DriveLab> & { readonly underTest: 'drive'; readonly emulated?: never })
  | (Defined<TestLab> & { readonly underTest: 'drive'; readonly emulated: string });

/**
 * Defines one conformance test. Spec files are loaded in two ways: by the planner, which only wants to know what
 * there is, and by Playwright, which runs the tests that the plan of the run names.
 * `moduleUrl` is the spec file's `import.meta.url`.
 * Throws DefinitionError for a definition that could not give an honest verdict.
 */
export function conformanceTest(moduleUrl: string, definition: TestDefinition): void {
  define({ ...definition, file: specSource(moduleUrl) });
}

/**
 * Defines the tests of a scenario with LVM: one for each variant of log and flush that it names. What holds for all of
 * them, they judge without being told (harness/lab/lvm/scenario.ts). Throws DefinitionError.
 */
export function lvmScenario(moduleUrl: string, scenario: LvmScenario): void {
  for (const test of testsOf(scenario)) define({ ...test, file: specSource(moduleUrl) });
}

/** Defines the tests of a change by LVM that each of three failures hits at each of its steps. Throws DefinitionError. */
export function lvmFailures(moduleUrl: string, change: FailingChange): void {
  for (const scenario of failureScenarios(change)) lvmScenario(moduleUrl, scenario);
}

/**
 * Defines a test that is a program: it runs in a node and prints TAP or KTAP, and each of its results becomes one of
 * the run (docs/programs.md). It has no requirements. Throws DefinitionError for one that cannot be run.
 */
export function programTest(moduleUrl: string, definition: ProgramDefinition): void {
  define(programAsTest(definition, specSource(moduleUrl)));
}

/** Declares the self tests of the daemons that the run at hand has under test, as their profiles tell. */
export function profileSelfTests(): void {
  if (process.env[DISCOVER_VARIABLE] !== '1') declareSelfTests();
}

function define(test: ConformanceTest<TestLab>): void {
  registerTest(test);
  if (process.env[DISCOVER_VARIABLE] !== '1') declarePlaywrightTest(test);
}
