import type { KnownDefect } from '../../conformance/requirements/catalogue.js';
import type { History } from '../history/index.js';
import { CHANGED, DRIVE_STOPPED, observedText, type Judged } from './judgement.js';
import type { Judgement, MutantResult, TestOutcome } from './model.js';

/** The part of a mutant that its verdict needs. */
export interface MutantUnderJudgement {
  readonly name: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** Further ones that it breaks, of scenarios in which the fault shows as well. */
  readonly alsoBreaks?: readonly string[];
}

type Ruling = Pick<MutantResult, 'verdict' | 'reason' | 'killedBy'>;

/** What one test said, or undefined when it left no outcome. */
export interface Trial {
  readonly test: string;
  /** It names the mutant, and so has to notice it; the plain-mirror test need not. */
  readonly names: boolean;
  readonly outcome: TestOutcome | undefined;
}

/** What the plain-mirror test showed: undefined when all went well, else what did not. */
export interface Smoke {
  readonly test: string;
  readonly trouble: string | undefined;
}

function ruling(verdict: MutantResult['verdict'], reason: string, killedBy: string | null = null): Ruling {
  return { verdict, reason, killedBy };
}

/**
 * Whether a plain mirror could be created, written and removed, from the history of the test that does so: every
 * command ended with status 0 and the scenario came to its end. Returns what went wrong. What the oracle thinks
 * of the daemon does not matter here: a mutant is wrong on purpose.
 */
export function smokeTrouble(history: History): string | undefined {
  const failed = history.commands().find(({ status, outcome }) => status !== 0 || outcome !== 'exited');
  if (failed !== undefined) {
    const how = failed.outcome === 'exited' ? `ended with status ${String(failed.status)}` : failed.outcome;
    return `${failed.argv.join(' ')} ${how}: ${failed.stderr.trim()}`;
  }
  const stop = history.observations(DRIVE_STOPPED)[0];
  if (stop !== undefined) return `the scenario stopped: ${observedText(stop)}`;
  if (history.truncated) return 'the recording is truncated';
  return history.commands().length === 0 ? 'it ran no command' : undefined;
}

/**
 * Why what a test says without the mutant is no basis for a verdict on it, or undefined when it is one: its own
 * requirement must have passed, and one that only the oracle looks at must not have failed.
 */
function controlTrouble(breaks: string, control: TestOutcome | undefined): string | undefined {
  if (control === undefined) return 'it left no outcome with the unbroken daemon';
  const judgement = control.judgements.find(({ id }) => id === breaks);
  if (judgement === undefined && !control.ids.includes(breaks)) return undefined;
  if (judgement?.verdict === 'pass') return undefined;
  return `with the unbroken daemon ${breaks} is ${judgement?.verdict ?? 'not judged'}: ${judgement?.reason ?? ''}`;
}

interface Miss {
  readonly infra: boolean;
  readonly text: string;
}

/** The verdict when no test caught the mutant. */
function missed(misses: readonly Miss[]): Ruling {
  const relevant = misses.some(({ infra }) => infra) ? misses.filter(({ infra }) => infra) : misses;
  return ruling(
    misses.some(({ infra }) => infra) ? 'infra' : 'survived',
    relevant.map(({ text }) => text).join('; '),
  );
}

/** What a test that did not fail the requirement `breaks` says about it. */
function missOf(test: string, breaks: string, judgement: Judgement | undefined): Miss {
  const said = judgement === undefined ? 'nobody saw it broken' : `${judgement.verdict}: ${judgement.reason}`;
  return { infra: judgement?.verdict === 'infra', text: `"${test}": ${breaks}: ${said}` };
}

/** What the tests said with a broken daemon, and without it. */
export interface DaemonMutantTrials {
  readonly trials: readonly Trial[];
  /** The same tests with the unbroken daemon. */
  readonly controls: readonly Trial[];
  readonly smoke: readonly Smoke[];
  readonly controlSmoke: readonly Smoke[];
}

/**
 * The verdict on a broken daemon. Killed: every test that names it and is about a requirement that it breaks failed one
 * of these, which it did not do with the unbroken daemon, and at least one test did. Weak: a plain mirror does not work with it either, so that any test would fail.
 */
export function judgeDaemonMutant(
  { name, breaks, alsoBreaks = [] }: MutantUnderJudgement,
  { trials, controls, smoke, controlSmoke }: DaemonMutantTrials,
): Ruling {
  if (trials.length === 0) return ruling('survived', `no test names ${name}`);
  const badControl = controlSmoke.find(({ trouble }) => trouble !== undefined);
  if (badControl !== undefined) {
    return ruling('infra', `a plain mirror fails with the unbroken daemon: ${badControl.trouble ?? ''}`);
  }
  const badSmoke = smoke.find(({ trouble }) => trouble !== undefined);
  if (badSmoke !== undefined)
    return ruling('weak', `a plain mirror does not work with it: ${badSmoke.trouble ?? ''}`);
  const misses: (Miss & { readonly owed: boolean })[] = [];
  let kill: Ruling | undefined;
  for (const { test, outcome, names } of trials) {
    const control = controls.find((other) => other.test === test)?.outcome;
    const broken = [breaks, ...alsoBreaks];
    const own = broken.filter((id) => control?.ids.includes(id));
    // A test of other requirements may see only what the oracle says about the first one.
    const relevant = own.length > 0 ? own : [breaks];
    const trouble = relevant.map((id) => controlTrouble(id, control)).find((text) => text !== undefined);
    const judgements = (outcome?.judgements ?? []).filter(({ id }) => relevant.includes(id));
    const failure = judgements.find(({ verdict }) => verdict === 'fail');
    const owed = names && own.length > 0;
    if (trouble !== undefined) misses.push({ owed, infra: true, text: `"${test}": ${trouble}` });
    else if (outcome === undefined) misses.push({ owed, infra: true, text: `"${test}": it left no outcome` });
    else if (failure !== undefined) kill ??= ruling('killed', failure.reason, test);
    else misses.push({ owed, ...missOf(test, relevant.join(' and '), judgements[0]) });
  }
  const owing = misses.filter(({ owed }) => owed);
  return kill !== undefined && owing.length === 0 ? kill : missed(owing.length > 0 ? owing : misses);
}

/** One recorded history, edited as a mutant does it, and what its test says about it then. */
export interface HistoryTrial {
  readonly test: string;
  /** What the test said before the edit; undefined when it left no outcome. */
  readonly control: TestOutcome | undefined;
  /** Undefined when the edit found nothing to edit. */
  readonly judged: Judged | undefined;
}

/** True when a judgement says that its requirement does not hold; of a quirk that is no failure. */
function sawBroken({ verdict, reason }: Judgement): boolean {
  return verdict === 'fail' || (verdict === 'not-applicable' && reason.startsWith(CHANGED));
}

/** True when the test failed the requirement before any edit. */
function failedAbout(breaks: string, control: TestOutcome | undefined): boolean {
  return control?.judgements.some(({ id, verdict }) => id === breaks && verdict === 'fail') === true;
}

/**
 * The verdict on a history mutant: killed when the requirement that it breaks fails on the edited history, or, a
 * quirk, is seen to have changed. Where the kernel is known for that very defect (`defect`, undefined on others) and
 * shows it, its histories are broken before they are edited: not applicable, unless another test kills the mutant.
 */
export function judgeHistoryMutant(
  { name, breaks }: MutantUnderJudgement,
  trials: readonly HistoryTrial[],
  defect?: KnownDefect,
): Ruling {
  if (trials.length === 0) return ruling('survived', `no test names ${name}`);
  const misses: Miss[] = [];
  const known: string[] = [];
  for (const { test, control, judged } of trials) {
    const trouble = controlTrouble(breaks, control);
    const judgement = judged?.judgements.find(({ id }) => id === breaks);
    if (defect !== undefined && failedAbout(breaks, control)) {
      known.push(`"${test}"`);
      continue;
    }
    if (trouble !== undefined) misses.push({ infra: true, text: `"${test}": ${trouble}` });
    else if (judged === undefined)
      misses.push({ infra: true, text: `"${test}": its history has nothing to edit` });
    else if (judgement !== undefined && sawBroken(judgement)) return ruling('killed', judgement.reason, test);
    else misses.push(missOf(test, breaks, judgement));
  }
  if (defect !== undefined && misses.length === 0) {
    const where = `known defect on this kernel (${defect.kernels})`;
    return ruling('notApplicable', `${where}: ${breaks} fails in ${known.join(', ')} without the edit`);
  }
  return missed(misses);
}
