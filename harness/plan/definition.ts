import type { History, HistoryEvent } from '../history/index.js';
import type { AllowedFinding } from '../kernel-log/index.js';
import type { Needs } from './needs.js';
import type { ProgramSpec } from './program.js';

/** How much is run. */
export const TIERS = ['quick', 'full'] as const;
/** `full` holds the quick tests too. */
export type Tier = (typeof TIERS)[number];

/** The sides that can be under test. */
export const SIDES = ['daemon', 'kernel', 'drive'] as const;
/** Whose deviations fail the test; deviations of the other sides are notes. */
export type UnderTest = (typeof SIDES)[number];

/** What is said when an expectation does not hold. */
export interface CheckFailure {
  /** The requirement that is broken; without it, every id of the test. */
  readonly id?: string;
  readonly expected: string;
  readonly seen: string;
  /** The events that show it. */
  readonly events?: readonly HistoryEvent[];
}

/** Records a failure unless `holds`. Never throws, so that one failure does not hide the next. */
export type Check = (holds: boolean, failure: CheckFailure) => void;

/** One conformance test: how to bring a situation about, and what the history must then show. */
export interface ConformanceTest<Lab = unknown> {
  /** The truth expected, as a sentence; unique in the suite. */
  readonly title: string;
  /** One to three requirements; none for a program, whose results are its own. */
  readonly ids: readonly string[];
  readonly tier: Tier;
  readonly underTest: UnderTest;
  /** The broken variants that this test must catch: of the daemon, of the drive, or of a recorded history. */
  readonly mutants: readonly string[];
  /**
   * Who answers the kernel: the daemon under test; nobody, until the test starts it; or the puppet, whose answers the
   * test decides. Tests of the kernel take the puppet, so that they say the same whatever daemon is under test.
   * Tests of drives have nobody.
   */
  readonly daemon: 'running' | 'absent' | 'puppet';
  /**
   * What the kernel may report about itself in this test, each with the reason: a task that waits for a daemon which the
   * test froze, for one. It stays in the history and in the report, and changes no verdict.
   */
  readonly allowFindings?: readonly AllowedFinding[];
  /**
   * What it needs VMs and emulated drives for, such as `a node whose power is cut`. Without it a test of drives runs on real
   * ones too (docs/real-drives.md).
   */
  readonly emulated?: string;
  /** What the daemon must claim in its profile; one that does not is not judged by the test. */
  readonly needs?: Needs;
  /** It waits for timers of the kernel most of its time: it begins before all others, so that they run meanwhile. */
  readonly startsFirst?: boolean;
  /** Number of disks that are plugged into each node; default 3: two legs and a log device. */
  readonly disks?: number;
  /** The spec file in the sources, such as `conformance/luid/swap.spec.ts`. */
  readonly file: string;
  /** What is run instead of a scenario; then the rest says nothing (see program.ts). */
  readonly program?: ProgramSpec;
  /** The events that make the sentence applicable; none means that the verdict is unknown. Pure. */
  situation(history: History): readonly HistoryEvent[];
  /** Does things; whatever comes of them must land in the history. */
  drive(lab: Lab): Promise<void>;
  /** Reads only the history. Pure. */
  expect(history: History, check: Check): void;
}

/** A test definition that the suite refuses. The message names the file, the test and the remedy. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
}

const SPEC_FILE = /(?:^|\/)(conformance\/.*\.spec)\.[jt]s$/;

/**
 * The spec file of a module, named as in the sources: `conformance/luid/swap.spec.ts` for the
 * `import.meta.url` of `dist/conformance/luid/swap.spec.js`. Throws {@link DefinitionError} for a module that
 * is no spec file below `conformance/`, where no run would ever look for tests.
 */
export function specSource(moduleUrl: string): string {
  const source = SPEC_FILE.exec(decodeURIComponent(new URL(moduleUrl).pathname))?.[1];
  if (source === undefined) {
    throw new DefinitionError(
      `${moduleUrl}: defines a conformance test, but is not conformance/**/*.spec.ts. Move the test there.`,
    );
  }
  return `${source}.ts`;
}
