/** What the page of a run carries as JSON, for its own code. No imports: both sides of the page share this file. */

/** A file of a test. */
export interface PageFile {
  readonly name: string;
  /** Number of the block that holds it, compressed; null when the page does not carry it. */
  readonly blob: number | null;
  /** Where it is, relative to the page. */
  readonly path: string;
  readonly bytes: number;
}

/** A test on one kernel. */
export interface PageTest {
  readonly title: string;
  readonly file: string;
  readonly durationMs: number | null;
  /** The command that runs it again. */
  readonly again: string;
  readonly files: readonly PageFile[];
}

/** One thing that was not as it must be. */
export interface PageFailure {
  readonly by: string;
  readonly test: string;
  readonly expected: string;
  readonly seen: string;
  readonly events: readonly number[];
  readonly lines: readonly string[];
}

/** What was seen in one cell. */
export interface PageCell {
  /** pass, fail, known, unknown, infra, changed, n/a, or – for what no test was about. */
  readonly word: string;
  readonly reason: string;
  readonly observed: string;
  readonly known: string | null;
  readonly failures: readonly PageFailure[];
  /** Numbers of tests, and the verdict of each. */
  readonly tests: readonly (readonly [number, string])[];
}

/** A row: a requirement, or a program. */
export interface PageRow {
  readonly name: string;
  readonly family: string;
  readonly level: string;
  readonly subject: string;
  readonly sentence: string;
  readonly differs: boolean;
  /** What changed along the kernels; empty if nothing. */
  readonly change: string;
  /** One for each kernel. */
  readonly cells: readonly PageCell[];
}

/** A column. */
export interface PageKernel {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  /** What is known of it: label and text. */
  readonly facts: readonly (readonly [string, string])[];
  readonly findings: readonly PageFinding[];
}

/** What a kernel reported about itself. */
export interface PageFinding {
  readonly title: string;
  readonly test: string;
  readonly allowed: string | null;
  readonly text: string;
}

/** All of it. */
export interface PageData {
  readonly kernels: readonly PageKernel[];
  readonly rows: readonly PageRow[];
  readonly tests: readonly PageTest[];
}
