import { z } from 'zod';
import { EVIDENCE_KINDS, LEVELS, SUBJECTS } from '../../conformance/requirements/catalogue.js';
import { FINDING_KINDS } from '../kernel-log/index.js';
import { askedOptionsSchema, shardSchema, suitesLeftOutSchema } from '../plan/asked.js';
import { SIDES, TIERS } from '../plan/definition.js';
import { TAP_FORMATS, TAP_PROBLEMS } from '../tap/index.js';

/** Version of results.json, outcomes.json and mutants.json. */
export const RESULTS_SCHEMA_VERSION = 2;

/**
 * pass: seen to hold. fail: seen broken. unknown: tested, and yet nothing can be said. infra: the host or the
 * harness was at fault. not-applicable: does not concern this subject, or a quirk that changed.
 */
export const VERDICTS = ['pass', 'fail', 'unknown', 'infra', 'not-applicable'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A file that proves something, and the numbers of the events in it. */
const evidenceRefSchema = z.strictObject({
  kind: z.enum(EVIDENCE_KINDS),
  /** Relative to the directory of the file that holds this reference. */
  path: z.string().min(1),
  events: z.array(z.int().nonnegative()),
});
export type EvidenceRef = Readonly<z.infer<typeof evidenceRefSchema>>;

/** One thing that was not as it must be. */
const failureSchema = z.strictObject({
  by: z.enum(['expectation', 'oracle']),
  expected: z.string(),
  seen: z.string(),
  events: z.array(z.int().nonnegative()),
  /** The events as the timeline shows them; the last ones when there are many. */
  lines: z.exactOptional(z.array(z.string())),
});
export type Failure = Readonly<z.infer<typeof failureSchema>>;

/** What one test says about one requirement. */
const judgementSchema = z.strictObject({
  id: z.string(),
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  observed: z.string(),
  evidence: z.array(evidenceRefSchema),
  failures: z.exactOptional(z.array(failureSchema)),
});
export type Judgement = Readonly<z.infer<typeof judgementSchema>>;

/** Something that the oracle says of a side that is not under test. */
const deviationSchema = z.strictObject({
  id: z.string(),
  side: z.enum(SIDES),
  expected: z.string(),
  seen: z.string(),
  events: z.array(z.int().nonnegative()),
});

/** The kernel reported something about itself on its console while the test ran. */
const kernelFindingSchema = z.strictObject({
  finding: z.enum(FINDING_KINDS),
  /** What happened, the same for the same crash: `WARNING in dm_rh_inc_pending`. */
  title: z.string(),
  /** The whole report. */
  text: z.string(),
  event: z.int().nonnegative(),
  /** Why it says nothing against the kernel here; absent when it does. */
  allowed: z.exactOptional(z.string()),
  /** With `--dump`: what became of the memory of a node whose kernel panicked. */
  memory: z.exactOptional(
    z.union([
      /** In the directory of the test. */
      z.strictObject({ file: z.string() }),
      /** Why it was not saved. */
      z.strictObject({ problem: z.string() }),
    ]),
  ),
});
export type KernelFinding = Readonly<z.infer<typeof kernelFindingSchema>>;

/** One result that a program printed, or promised and did not print. */
const programResultSchema = z.strictObject({
  /** Names from the outermost result to this one. */
  path: z.array(z.string()).min(1),
  number: z.int().nonnegative(),
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  /** What the program said about it; empty for a pass. */
  diagnostic: z.string(),
  printed: z.boolean(),
});
export type ProgramResult = Readonly<z.infer<typeof programResultSchema>>;

/** Something about a program's output as a whole; `not-applicable` is a remark. */
const programProblemSchema = z.strictObject({
  kind: z.enum(TAP_PROBLEMS),
  verdict: z.enum(VERDICTS),
  text: z.string(),
});

/** What came of a program that a test ran in a node. */
const programOutcomeSchema = z.strictObject({
  command: z.array(z.string()).min(1),
  format: z.enum(TAP_FORMATS),
  results: z.array(programResultSchema),
  problems: z.array(programProblemSchema),
});
export type ProgramOutcome = Readonly<z.infer<typeof programOutcomeSchema>>;

/** Where a test leaves what it says, in its directory; it is there as a whole, or not at all. */
export const OUTCOME_FILE = 'outcome.json';

/** {@link OUTCOME_FILE}: what one test left behind. */
export const testOutcomeSchema = z.strictObject({
  test: z.string(),
  file: z.string(),
  ids: z.array(z.string()),
  tier: z.enum(TIERS),
  underTest: z.enum(SIDES),
  kernel: z.string(),
  userland: z.string(),
  daemon: z.string(),
  seed: z.int(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  judgements: z.array(judgementSchema),
  notes: z.array(deviationSchema),
  findings: z.exactOptional(z.array(kernelFindingSchema)),
  /** Present when the test is a program. */
  program: z.exactOptional(programOutcomeSchema),
  /** Holds outcome.json, history.jsonl, timeline.txt and the logs; relative to `--out`, or absolute. */
  directory: z.string(),
});
export type TestOutcome = Readonly<z.infer<typeof testOutcomeSchema>>;

/** One outcome and the planned run that it belongs to. */
const plannedOutcomeSchema = z.strictObject({ project: z.string(), outcome: testOutcomeSchema });

/** Where the Playwright reporter leaves what every test handed over, relative to `--out`. */
export const OUTCOMES_FILE = 'outcomes.json';

/** {@link OUTCOMES_FILE}. */
export const outcomesFileSchema = z.strictObject({
  schemaVersion: z.literal(RESULTS_SCHEMA_VERSION),
  interrupted: z.boolean(),
  /** Errors outside any test; each of them makes the run infra. */
  errors: z.array(z.string()),
  outcomes: z.array(plannedOutcomeSchema),
});
export type OutcomesFile = Readonly<z.infer<typeof outcomesFileSchema>>;

const runSchema = z.strictObject({
  suite: z.strictObject({ name: z.string(), version: z.string() }),
  catalogue: z.strictObject({ requirements: z.int().positive(), digest: z.string() }),
  qemu: z.string(),
  host: z.strictObject({
    system: z.string(),
    cpus: z.int().positive(),
    memoryMiB: z.int().positive(),
    node: z.string(),
  }),
  seed: z.int(),
  started: z.iso.datetime(),
  argv: z.array(z.string()),
  /** The options as they took effect, so that a failure can be reproduced. */
  options: askedOptionsSchema,
  /** What was not looked through for the kernels of the run; absent when nothing was left out. */
  suitesLeftOut: z.exactOptional(suitesLeftOutSchema),
  /** Which part of the run this is; absent when it is all of it. */
  shard: z.exactOptional(shardSchema),
  /** How many times it was continued after an interruption; absent means never. */
  resumed: z.exactOptional(z.int().positive()),
  durationMs: z.number().nonnegative(),
  interrupted: z.boolean(),
  errors: z.array(z.string()),
});
export type RunDescription = Readonly<z.infer<typeof runSchema>>;

/** What became of a kernel of the run: the tests ran on it, it lacks what they need, or it could not be had or booted. */
export const KERNEL_STATES = ['tested', 'not-applicable', 'infra'] as const;

/** A kernel of the run. */
const kernelRunSchema = z.strictObject({
  /** What `kernel` says elsewhere in the results; each once. The release, unless two kernels share it. */
  label: z.string(),
  /** What `uname -r` says, e.g. `6.1.0-56-cloud-amd64`. */
  release: z.string(),
  /** Of Linux: `6.1.192`, `7.3-rc7`; the release tells it only since 6.12. */
  version: z.string(),
  /** Version of Debian's package, e.g. `6.1.192-2`; null for others. */
  packageVersion: z.string().nullable(),
  /** Debian's suite that it is from, e.g. `bookworm-security`; null for others. */
  suite: z.string().nullable(),
  /** The argument of `--kernel` that brought it. */
  spec: z.string(),
  /** Names of those of its packages that no signed list vouches for (docs/kernels.md); absent when there are none. */
  unvouched: z.exactOptional(z.array(z.string())),
  /** The real drive under test, where tests ran on this machine; absent: drives of tests are emulated. */
  drive: z.exactOptional(z.string()),
  state: z.enum(KERNEL_STATES),
  /** Why it was not tested; empty when it was. */
  reason: z.string(),
  /** Fetching, building, booting golden nodes. */
  preparedMs: z.number().nonnegative(),
  /** All its tests, one after the other. */
  testedMs: z.number().nonnegative(),
});
export type KernelRun = Readonly<z.infer<typeof kernelRunSchema>>;

const testReferenceSchema = z.strictObject({
  title: z.string(),
  file: z.string(),
  verdict: z.enum(VERDICTS),
  /** Relative to results.json; empty when the test left nothing. */
  directory: z.string(),
  /** Absent when it left nothing. */
  durationMs: z.exactOptional(z.number().nonnegative()),
});

/** The verdict on one requirement, for one kernel, userland, daemon and variant. */
const requirementResultSchema = z.strictObject({
  id: z.string(),
  level: z.enum(LEVELS),
  /** What the sentence rests on; absent means standard. A failure says that the subject has another profile. */
  basis: z.exactOptional(z.literal('profile')),
  subject: z.enum(SUBJECTS),
  /** The name of the daemon, of the kernel, or of both. */
  subjectName: z.string(),
  sentence: z.string(),
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  observed: z.string(),
  /** The verdict is fail, and this kernel is known to have the defect. */
  known: z.boolean(),
  knownDefect: z.strictObject({ kernels: z.string(), finding: z.string() }).nullable(),
  /** Label of a kernel of the run. */
  kernel: z.string(),
  userland: z.string(),
  /** Version of LVM in the userland, e.g. `2.03.31`; absent if no node was needed. */
  lvmVersion: z.exactOptional(z.string()),
  daemon: z.string(),
  /** The way in which the subject was configured for this verdict, where a test has several. */
  variant: z.string().nullable(),
  /** False for a requirement outside `-g` that was seen broken on the way; the exit status ignores it. */
  selected: z.boolean(),
  tests: z.array(testReferenceSchema),
  evidence: z.array(evidenceRefSchema),
  failures: z.array(failureSchema.extend({ test: z.string() })),
  durationMs: z.number().nonnegative(),
});
export type RequirementResult = Readonly<z.infer<typeof requirementResultSchema>>;

/** Counts of the selected requirements by verdict. */
const summarySchema = z.strictObject({
  pass: z.int().nonnegative(),
  fail: z.int().nonnegative(),
  unknown: z.int().nonnegative(),
  infra: z.int().nonnegative(),
  notApplicable: z.int().nonnegative(),
});
export type Summary = Readonly<z.infer<typeof summarySchema>>;

/** A program of the run and its results. */
const programRunSchema = z.strictObject({
  /** Title. */
  test: z.string(),
  file: z.string(),
  kernel: z.string(),
  /** Over all its results and problems. */
  verdict: z.enum(VERDICTS),
  results: z.array(programResultSchema),
  problems: z.array(programProblemSchema),
  /** Holds program.log; relative to results.json, empty when the test left nothing. */
  directory: z.string(),
  durationMs: z.number().nonnegative(),
});
export type ProgramRunResult = Readonly<z.infer<typeof programRunSchema>>;

/** `results.json`. */
export const runResultsSchema = z.strictObject({
  schemaVersion: z.literal(RESULTS_SCHEMA_VERSION),
  run: runSchema,
  /** Oldest first. */
  kernels: z.array(kernelRunSchema).min(1),
  summary: summarySchema,
  /** Kernel after kernel, each in the catalogue's order. */
  requirements: z.array(requirementResultSchema),
  /** See `programsOf` in programs.ts. */
  programs: z.exactOptional(z.array(programRunSchema)),
  findings: z.array(kernelFindingSchema.extend({ kernel: z.string(), test: z.string(), path: z.string() })),
});
export type RunResults = Readonly<z.infer<typeof runResultsSchema>>;

/** What can come of a mutant; see {@link MutantVerdict}. */
const MUTANT_VERDICTS = ['killed', 'weak', 'survived', 'infra', 'notApplicable'] as const;
/**
 * killed: the requirement that it breaks failed, for a reason about it. weak: killed or not, it breaks a plain
 * mirror too, so that a kill proves nothing. survived: the suite did not see it. notApplicable: the kernel has the very
 * defect, so that there is nothing good to break.
 */
export type MutantVerdict = (typeof MUTANT_VERDICTS)[number];

/** What came of one mutant. */
const mutantResultSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['daemon', 'drive', 'history']),
  breaks: z.string(),
  verdict: z.enum(MUTANT_VERDICTS),
  reason: z.string(),
  /** The title of the test that caught it. */
  killedBy: z.string().nullable(),
  durationMs: z.number().nonnegative(),
});
export type MutantResult = Readonly<z.infer<typeof mutantResultSchema>>;

/** `mutants.json`. */
export const mutantResultsSchema = z.strictObject({
  schemaVersion: z.literal(RESULTS_SCHEMA_VERSION),
  mutants: z.array(mutantResultSchema),
});
export type MutantResults = Readonly<z.infer<typeof mutantResultsSchema>>;
