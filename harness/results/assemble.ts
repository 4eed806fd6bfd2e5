import { join, relative, resolve } from 'node:path';
import type { Catalogue, Requirement, Subject } from '../../conformance/requirements/catalogue.js';
import type { ConformanceTest, Tier } from '../plan/definition.js';
import { HISTORY_FILE } from './evidence.js';
import { isOfDefect, knownDefectOn } from './kernel-range.js';
import {
  RESULTS_SCHEMA_VERSION,
  type EvidenceRef,
  type Judgement,
  type KernelRun,
  type RequirementResult,
  type RunDescription,
  type RunResults,
  type TestOutcome,
} from './model.js';
import { assemblePrograms } from './programs.js';
import { summarise } from './summary.js';
import { combineVerdicts } from './verdict.js';

/** Reason of a requirement that no test of the suite names. */
const NO_TEST = 'no test';

/** A test of the plan, as far as results are concerned. */
export type PlannedTestInfo = Pick<ConformanceTest, 'title' | 'file' | 'ids'>;

/** Everything that results.json is made of. */
export interface AssembleInput {
  readonly catalogue: Catalogue;
  readonly selected: readonly Requirement[];
  readonly planned: readonly PlannedTestInfo[];
  /** Of a shard: the titles of its tests, by the label of the kernel; the others of `planned` are done elsewhere. */
  readonly part?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Tests of the selection that the tier leaves out. */
  readonly leftOut: readonly PlannedTestInfo[];
  readonly outcomes: readonly TestOutcome[];
  /** Directory of results.json; paths in the results are relative to it. */
  readonly out: string;
  /** Oldest first, each label once; outcomes name them by their labels. */
  readonly kernels: readonly KernelRun[];
  readonly userland: string;
  /** Version of LVM in it, if nodes were prepared. */
  readonly lvmVersion?: string | undefined;
  readonly daemon: string;
  readonly tier: Tier;
  readonly run: RunDescription;
}

/** What is put together for one of the kernels. */
export interface KernelInput extends Omit<AssembleInput, 'kernels' | 'part'> {
  readonly kernel: KernelRun;
  /** Requirements all of whose tests are done elsewhere. */
  readonly elsewhere: ReadonlySet<string>;
}

/** What one test said about one requirement, and the test. */
interface Statement {
  readonly test: PlannedTestInfo;
  readonly judgement: Judgement;
  readonly outcome: TestOutcome | undefined;
}

/** What drives of tests in VMs are. */
const EMULATED_DRIVE = 'emulated drive';

function subjectName(subject: Subject, { kernel: { label, drive }, daemon }: KernelInput): string {
  switch (subject) {
    case 'daemon':
      return daemon;
    case 'kernel':
      return label;
    case 'drive':
      return drive ?? EMULATED_DRIVE;
    case 'both':
      return `${daemon} on ${label}`;
  }
}

function placed(
  outcome: TestOutcome | undefined,
  evidence: readonly EvidenceRef[],
  out: string,
): EvidenceRef[] {
  if (outcome === undefined) return [];
  const directory = relative(out, resolve(out, outcome.directory));
  return evidence.map((reference) => ({ ...reference, path: join(directory, reference.path) }));
}

/** What stands for the judgement that a planned test owes about one of its requirements. */
function owed(id: string, title: string, ended: boolean, { run, kernel }: KernelInput): Judgement {
  const silent = { id, observed: '', evidence: [] };
  if (kernel.state !== 'tested') return { ...silent, verdict: kernel.state, reason: kernel.reason };
  if (ended)
    return { ...silent, verdict: 'infra', reason: `the test "${title}" ended without a judgement about it` };
  return run.interrupted
    ? { ...silent, verdict: 'unknown', reason: 'the run was interrupted before its test ended' }
    : { ...silent, verdict: 'infra', reason: 'its test was planned but never ran' };
}

function statementsAbout(id: string, input: KernelInput): Statement[] {
  const said = input.outcomes.flatMap((outcome) =>
    outcome.judgements
      .filter((judgement) => judgement.id === id)
      .map((judgement) => ({ test: { ...outcome, title: outcome.test }, judgement, outcome })),
  );
  const silent = input.planned
    .filter(({ ids, title }) => ids.includes(id) && !said.some(({ test }) => test.title === title))
    .map((test) => {
      const outcome = input.outcomes.find((candidate) => candidate.test === test.title);
      return { test, judgement: owed(id, test.title, outcome !== undefined, input), outcome };
    });
  return [...said, ...silent];
}

function untestedReason(id: string, { leftOut, tier }: KernelInput): string {
  const others = leftOut.filter((test) => test.ids.includes(id)).length;
  return others === 0 ? NO_TEST : `${NO_TEST} in the ${tier} tier (${others} in the full tier)`;
}

function resultOf(requirement: Requirement, selected: boolean, input: KernelInput): RequirementResult {
  const { id, level, basis, subject, sentence } = requirement;
  const statements = statementsAbout(id, input);
  const verdict = combineVerdicts(statements.map(({ judgement }) => judgement.verdict));
  const deciding = statements.filter(({ judgement }) => judgement.verdict === verdict);
  const reasons = new Set(deciding.map(({ judgement }) => judgement.reason));
  const observed = new Set(deciding.map(({ judgement }) => judgement.observed).filter((text) => text !== ''));
  const failures = deciding.flatMap(({ test, judgement }) =>
    (judgement.failures ?? []).map((failure) => ({ ...failure, test: test.title })),
  );
  const defect = knownDefectOn(input.kernel.version, requirement);
  const isOther = defect !== undefined && verdict === 'fail' && !isOfDefect(defect, failures);
  const knownDefect =
    defect === undefined || isOther ? null : { kernels: defect.kernels, finding: defect.finding };
  return {
    id,
    level,
    ...(basis === 'profile' && { basis }),
    subject,
    subjectName: subjectName(subject, input),
    sentence,
    verdict,
    reason: statements.length === 0 ? untestedReason(id, input) : [...reasons].join('; '),
    observed: [...observed].join('; '),
    known: knownDefect !== null && verdict === 'fail',
    knownDefect,
    kernel: input.kernel.label,
    userland: input.userland,
    ...(input.lvmVersion === undefined ? {} : { lvmVersion: input.lvmVersion }),
    daemon: input.daemon,
    variant: null,
    selected,
    tests: statements.map(({ test, judgement, outcome }) => ({
      title: test.title,
      file: test.file,
      verdict: judgement.verdict,
      ...(outcome === undefined
        ? { directory: '' }
        : {
            directory: relative(input.out, resolve(input.out, outcome.directory)),
            durationMs: outcome.durationMs,
          }),
    })),
    evidence: deciding.flatMap(({ judgement, outcome }) => placed(outcome, judgement.evidence, input.out)),
    failures,
    durationMs: statements.reduce((sum, { outcome }) => sum + (outcome?.durationMs ?? 0), 0),
  };
}

/** The entries of one kernel: each selected requirement, and whatever else was seen broken on it. */
function requirementsOf(input: KernelInput): RequirementResult[] {
  const selected = new Set(input.selected.map(({ id }) => id));
  const broken = new Set(
    input.outcomes.flatMap(({ judgements }) =>
      judgements.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id),
    ),
  );
  return input.catalogue.requirements
    .filter(({ id }) => (selected.has(id) && !input.elsewhere.has(id)) || broken.has(id))
    .map((requirement) => resultOf(requirement, selected.has(requirement.id), input));
}

/**
 * Puts the outcomes of a run together into `results.json`: for each kernel one entry for each selected requirement,
 * the untested ones included, and one for every other requirement that was seen broken on the way.
 */
export function assembleResults(input: AssembleInput): RunResults {
  const { kernels, part, ...common } = input;
  const inputs = kernels.map((kernel): KernelInput => {
    const planned = input.planned.filter(({ title }) => part?.get(kernel.label)?.has(title) ?? true);
    const here = new Set(planned.flatMap(({ ids }) => ids));
    return {
      ...common,
      kernel,
      planned,
      elsewhere: new Set(input.planned.flatMap(({ ids }) => ids).filter((id) => !here.has(id))),
      outcomes: input.outcomes.filter((outcome) => outcome.kernel === kernel.label),
    };
  });
  const requirements = inputs.flatMap(requirementsOf);
  return {
    schemaVersion: RESULTS_SCHEMA_VERSION,
    run: input.run,
    kernels: [...kernels],
    summary: summarise(requirements),
    requirements,
    programs: inputs.flatMap(assemblePrograms),
    findings: inputs.flatMap(({ outcomes, kernel, out }) =>
      outcomes.flatMap((outcome) =>
        (outcome.findings ?? []).map((finding) => ({
          ...finding,
          kernel: kernel.label,
          test: outcome.test,
          path: join(relative(out, resolve(out, outcome.directory)), HISTORY_FILE),
        })),
      ),
    ),
  };
}
