/** What a program's output may be. */
export const TAP_FORMATS = ['tap', 'ktap'] as const;
/** tap: TAP 12 to 14, as prove, bats or Test::More print it. ktap: as the kernel, KUnit and kselftest print it. */
export type TapFormat = (typeof TAP_FORMATS)[number];

/** The same five verdicts as everywhere in the suite. */
export type TapVerdict = 'pass' | 'fail' | 'unknown' | 'infra' | 'not-applicable';

/** One result of a program. */
export interface TapResult {
  /** Names from the outermost result to this one; `#3` stands for a result without a description. */
  readonly path: readonly string[];
  /** Its number among its siblings. */
  readonly number: number;
  readonly verdict: TapVerdict;
  /** Why, unless it is a plain pass or a plain failure. */
  readonly reason: string;
  /** What the program said about it, at most its last lines; empty for a pass. */
  readonly diagnostic: string;
  /** False when a plan promised it and no line with it came. */
  readonly printed: boolean;
}

/** What can be wrong with a stream as a whole. */
export const TAP_PROBLEMS = [
  'bail-out',
  'truncated-plan',
  'no-plan',
  'no-results',
  'numbering',
  'no-parent',
  'unterminated',
  'unexpected-success',
  'exit-status',
  'signal',
  'deadline',
  'too-much-output',
  'lost',
  'kernel',
  'daemon',
  'recording',
  'not-run',
] as const;
export type TapProblemKind = (typeof TAP_PROBLEMS)[number];

/** Something about the stream as a whole; `not-applicable` is a remark that changes no verdict. */
export interface TapProblem {
  readonly kind: TapProblemKind;
  readonly verdict: TapVerdict;
  readonly text: string;
}

/** What a program said. */
export interface TapReport {
  /** In the order of the lines: nested results before the result that they belong to. */
  readonly results: readonly TapResult[];
  readonly problems: readonly TapProblem[];
}

/** A path for people. */
export function pathText(path: readonly string[]): string {
  return path.join(' > ');
}
