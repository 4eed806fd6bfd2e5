/**
 * What conformance tests see: how to define one, and the questions to ask of a history. Nothing else of the
 * harness is theirs to import (a rule of `npm test`).
 */
import { type ConformanceTest, specSource } from './plan/definition.js';
import { DISCOVER_VARIABLE } from './plan/discover.js';
import { registerTest } from './plan/registry.js';
import type { TestLab } from './lab/test-lab.js';
import { declarePlaywrightTest } from './lab/playwright-test.js';

export type { Exchange } from './history/exchange.js';
export { dirtyRegions, diskLogs, type DiskLog } from './history/disk-log.js';
export * from './history/queries.js';
export * from './history/life-queries.js';
export * from './history/status-line.js';

/**
 * Defines one conformance test. Spec files are loaded in two ways: by the planner, which only wants to know what
 * there is, and by Playwright, which runs the tests that the plan of the run names.
 * `moduleUrl` is the spec file's `import.meta.url`.
 * Throws DefinitionError for a definition that could not give an honest verdict.
 */
export function conformanceTest(moduleUrl: string, definition: Omit<ConformanceTest<TestLab>, 'file'>): void {
  const test: ConformanceTest<TestLab> = { ...definition, file: specSource(moduleUrl) };
  registerTest(test);
  if (process.env[DISCOVER_VARIABLE] !== '1') declarePlaywrightTest(test);
}
