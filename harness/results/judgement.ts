import type { Catalogue } from '../../conformance/requirements/catalogue.js';
import {
  CONSOLE_UNREAD,
  excerpt,
  HOST_STALLED,
  isPuppetHistory,
  powerCutOf,
  type CommandEvent,
  type FindingEvent,
  type History,
  type ObservationEvent,
} from '../history/index.js';
import { allowedBecause, isFatal } from '../kernel-log/index.js';
import { lockFindings, recordingGaps, type Deviation, type LockFindings } from '../oracle/index.js';
import { evidenceRefs } from './evidence.js';
import { runExpectations, type Checked, type JudgedTest } from './expectations.js';
import { knownFindings } from './known-findings.js';
import type { Failure, Judgement, KernelFinding, TestOutcome } from './model.js';

/** How the reason of a quirk begins that a kernel no longer shows. */
export const CHANGED = 'changed: ';

/** Name of the observation that tells where a scenario could not go on, and why. */
export const DRIVE_STOPPED = 'drive-stopped';

/** What {@link judge} says about one test. */
export type Judged = Pick<TestOutcome, 'judgements' | 'notes'> & { readonly findings: KernelFinding[] };

/** Why the recording cannot be trusted, or undefined. A truncated one is the caller's to weigh. */
export function lostEvents(history: History): string | undefined {
  const { overruns = 0, missed = 0 } = history.end ?? {};
  const gaps = recordingGaps(history);
  const lost = [
    ...(overruns > 0 ? [`${overruns} events were lost in the ring buffer`] : []),
    ...(missed > 0 ? [`${missed} probe hits were missed`] : []),
    ...gaps.slice(0, 1).map(({ text }) => text),
  ];
  return lost.length === 0 ? undefined : `the recording has gaps: ${lost.join(' and ')}`;
}

/** The text of an observation that holds one, else its value as JSON. */
export function observedText({ value }: ObservationEvent): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Why the kernel may have complained without anybody seeing it, or undefined. */
export function unseenComplaints(history: History): string | undefined {
  const unread = history.observations(CONSOLE_UNREAD).at(-1);
  if (unread === undefined) return undefined;
  return `what the kernel reported at last was not seen: ${observedText(unread)}`;
}

/** A complaint of the kernel as the reason of a verdict. */
export function describeFinding({ finding, title }: FindingEvent): string {
  const article = /^[aeiou]/.test(finding) ? 'an' : 'a';
  return `the kernel reported ${article} ${finding} during the test: ${title}`;
}

/** A finding as it is reported, with the reason when this test expects or allows it, or when the kernel is known for it. */
function reported(
  { finding, title, text, n }: FindingEvent,
  test: JudgedTest,
  awaited: ReadonlySet<number>,
  kernel: string,
): KernelFinding {
  const allowed = awaited.has(n)
    ? 'the test is about it'
    : allowedBecause({ kind: finding, title, text }, test.allowFindings ?? [], knownFindings(kernel));
  return { finding, title, text, event: n, ...(allowed === undefined ? {} : { allowed }) };
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The failure with the events that show it as text, so that no report has to read the history. */
function withLines(failure: Failure, history: History): Failure {
  const lines = excerpt(history, failure.events);
  return lines.length === 0 ? failure : { ...failure, lines };
}

function failed(id: string, failures: readonly Failure[], catalogue: Catalogue, history: History): Judgement {
  const requirement = catalogue.byId.get(id);
  if (requirement === undefined) throw new Error(`${id} was judged, but is not in the catalogue`);
  const [first] = failures;
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
  const observed = failures.map((failure) => failure.seen).join('; ');
  const numbers = new Set(failures.flatMap((failure) => failure.events));
  const judgement = {
    id,
    observed,
    evidence: evidenceRefs(history.events.filter((event) => numbers.has(event.n))),
    failures: failures.map((failure) => withLines(failure, history)),
  };
  return requirement.level === 'QUIRK'
    ? { ...judgement, verdict: 'not-applicable', reason: `${CHANGED}${first?.seen ?? ''}${more}` }
    : {
        ...judgement,
        verdict: 'fail',
        reason: `expected ${first?.expected ?? ''}; seen ${first?.seen ?? ''}${more}`,
      };
}

/** Everything that the verdicts on one history rest on. */
interface Case {
  readonly test: JudgedTest;
  readonly history: History;
  readonly catalogue: Catalogue;
  readonly locks: LockFindings;
  readonly checked: Checked;
  /** Findings about the kernel that are not allowed and that the test does not list in its situation. */
  readonly unexpected: readonly FindingEvent[];
  readonly fatal: FindingEvent | undefined;
  readonly truncated: boolean;
  /** Why expectations that did not hold say nothing, see {@link excuse}. */
  readonly excuse: string | undefined;
}

/** A request that waits longer than this is not in flight any more: the daemon owes the answer. */
const OWED_AFTER_NS = 5_000_000_000n;

/**
 * Why what the expectations miss is no failure of the side under test, or undefined when it may be one:
 * - the other side broke the rules, so that what followed may be its doing (not the puppet's: it was told to, and
 *   the expectations are about what the kernel makes of it);
 * - the host stood still, so that no time means anything;
 * - a command ran into its deadline although nothing that was recorded is wrong and nobody owes anything, which is
 *   what a starved host looks like (again unless the puppet kept it waiting).
 * What the oracle saw stands in any case.
 */
function excuse(test: JudgedTest, history: History, deviations: readonly Deviation[]): string | undefined {
  if (deviations.some(({ side }) => side === test.underTest)) return undefined;
  const [foreign] = deviations;
  const puppet = isPuppetHistory(history);
  if (test.underTest === 'kernel' && foreign !== undefined && !puppet) {
    return `the ${foreign.side} broke ${foreign.id} in this test (${foreign.seen}), so that nothing can be said of the kernel`;
  }
  if (history.observations(HOST_STALLED).length > 0)
    return 'the host stood still for seconds during the test';
  const stalled = history.commands().find(({ outcome }) => outcome === 'stalled');
  if (stalled === undefined || isOwed(test.underTest, history)) return undefined;
  if (puppet && isKeptWaiting(stalled, history)) return undefined;
  return `the scenario ran out of time: ${stalled.argv.join(' ')}`;
}

/** True when the side under test let something wait: the daemon an answer, the kernel a caller that could go on. */
function isOwed(side: JudgedTest['underTest'], history: History): boolean {
  const latest = history.events.at(-1)?.t ?? 0n;
  const served = history.subjectEvents().length > 0;
  return history.exchanges().some((exchange) => {
    const since = exchange.answer?.t ?? exchange.transmissions.at(-1)?.t;
    // Nobody owes anything to a node that has no power any more.
    const until = powerCutOf(history, exchange.node)?.t ?? latest;
    if (since === undefined || exchange.return !== undefined || until - since <= OWED_AFTER_NS) return false;
    const answered = exchange.answer !== undefined;
    return side === 'daemon' ? !answered : answered || !served;
  });
}

/** A request that is open for this long at the end of a command is what the command waits for. */
const KEPT_WAITING_NS = 1_000_000_000n;

/** True when a request was open at the end of a command, and had been for a while: the puppet did not answer it. */
function isKeptWaiting({ end, node }: CommandEvent, history: History): boolean {
  return history.exchanges().some((exchange) => {
    const began = exchange.request?.t;
    if (began === undefined || exchange.node !== node || end - began < KEPT_WAITING_NS) return false;
    return exchange.return === undefined || exchange.return.t > end;
  });
}

/** What is broken, by requirement: from the expectations, and from the oracle on the side under test. */
function failuresOf(given: Case, deviations: readonly Deviation[]): ReadonlyMap<string, readonly Failure[]> {
  const { test, history, checked, fatal } = given;
  const failures = new Map<string, Failure[]>();
  const add = (id: string, failure: Failure): void => {
    failures.set(id, [...(failures.get(id) ?? []), failure]);
  };
  const excused = fatal !== undefined || checked.broken !== undefined || given.excuse !== undefined;
  for (const { id, failure } of checked.failures) {
    if (excused) continue;
    if (checked.situation.length === 0 && failure.events.length === 0) continue;
    for (const named of id === undefined ? test.ids : [id]) add(named, failure);
  }
  const before = fatal === undefined ? history.events : history.events.filter(({ t }) => t < fatal.t);
  const standing = new Set(before.map(({ n }) => n));
  for (const { id, expected, seen, events } of deviations) {
    if (events.every((n) => standing.has(n))) add(id, { by: 'oracle', expected, seen, events: [...events] });
  }
  return failures;
}

/** Why nothing can be said about `id`, or undefined when it may pass. The first reason found is the deepest. */
function doubt(
  id: string,
  { test, history, locks, checked, unexpected, fatal, truncated, excuse: excused }: Case,
): string | undefined {
  if (fatal !== undefined) return describeFinding(fatal);
  const missed = checked.failures.some((failure) => failure.id === undefined || failure.id === id);
  if (missed && excused !== undefined) return excused;
  const exit = history.subjectEvents().find(({ action }) => action === 'exited');
  if (exit !== undefined) return `the daemon ended ${exit.detail}`;
  const stop = history.observations(DRIVE_STOPPED).at(-1);
  const stopped =
    stop === undefined ? undefined : `the scenario stopped before its end: ${observedText(stop)}`;
  if (checked.situation.length === 0) {
    const why = stopped ?? 'the history has none of the events that make the sentence applicable';
    return `the situation never occurred: ${why}`;
  }
  if (!checked.about.has(undefined) && !checked.about.has(id)) return `the test checked nothing about ${id}`;
  const [complaint] = unexpected;
  if (complaint !== undefined) return describeFinding(complaint);
  if (stopped !== undefined) return stopped;
  const unseen = unseenComplaints(history);
  if (unseen !== undefined) return unseen;
  const [undecided] = test.underTest === 'drive' ? locks.undecided : [];
  if (undecided !== undefined) return undecided;
  if (truncated)
    return `the kernel died, as "${test.title}" expects, and the recording ends before the test did`;
  return undefined;
}

/** The judgement on a requirement of the test that nothing showed broken. */
function unbroken(id: string, given: Case): Judgement {
  const { checked, catalogue } = given;
  const all = evidenceRefs([...checked.situation, ...checked.examined]);
  const without = { id, observed: '', evidence: all };
  if (checked.broken !== undefined) {
    return { ...without, verdict: 'infra', reason: `the test itself is broken: ${checked.broken}` };
  }
  const reason = doubt(id, given);
  if (reason !== undefined) return { ...without, verdict: 'unknown', reason };
  const accepted = catalogue.byId.get(id)?.evidence ?? [];
  const evidence = all.filter(({ kind }) => accepted.includes(kind));
  if (evidence.length === 0) {
    const wanted = accepted.join(', ');
    return {
      ...without,
      verdict: 'unknown',
      reason: `no evidence of a kind that counts for ${id} (${wanted})`,
    };
  }
  const observed = `${plural(checked.situation.length, 'event')} of the situation, all as expected`;
  return { id, verdict: 'pass', reason: 'holds', observed, evidence };
}

/**
 * Judges one test from its history and what the oracle says about it; pure.
 *
 * In this order (docs/architecture.md, Verdicts): gaps in the recording, two ways of judging locks that contradict each
 * other, or an end that is missing without the kernel having died, make every id infra. What an expectation or the oracle saw broken on the side under test fails
 * the id that it names, also one that the test is not about. A test whose situation never occurred, that
 * checked nothing about an id, that stopped before its end, or that has no evidence of a kind that counts for
 * it among the events that it looked at, says unknown.
 *
 * What the kernel reports about itself (panic, oops, WARN, lockup; docs/kernel-findings.md) is a finding of its own: it
 * breaks no sentence of the catalogue, so it fails none, but nothing passes in its presence: the verdict is unknown,
 * with the finding as the reason. After a fatal one, what the expectations miss may be its consequence: then only
 * deviations that the oracle saw before it still count. A finding that the test lists in its situation is expected;
 * one that it or the default list allows is reported as allowed and changes no verdict.
 *
 * An expectation that fails without citing any event says only that something is absent. When the situation
 * is absent too, that is no more than its consequence, so it gives unknown. {@link excuse} tells when
 * others than the side under test may be to blame for what an expectation misses; then it gives unknown too.
 */
export function judge(
  test: JudgedTest,
  history: History,
  deviations: readonly Deviation[],
  catalogue: Catalogue,
  locks: LockFindings = lockFindings(history),
): Judged {
  const events = history.findings();
  const checked = runExpectations(test, history);
  const awaited = new Set(checked.situation.map(({ n }) => n));
  const findings = events.map((event) => reported(event, test, awaited, history.header.kernel));
  const infra = (reason: string): Judged => ({
    judgements: test.ids.map((id) => ({ id, verdict: 'infra', reason, observed: '', evidence: [] })),
    notes: [],
    findings,
  });
  const lost = lostEvents(history);
  if (lost !== undefined) return infra(lost);
  const [contradiction] = locks.contradictions;
  if (contradiction !== undefined) return infra(contradiction);
  if (history.truncated && !events.some(({ finding }) => isFatal(finding))) {
    return infra(`the recording is truncated: ${history.end?.reason ?? 'its last line is missing'}`);
  }

  const allowed = new Set(findings.filter((one) => one.allowed !== undefined).map(({ event }) => event));
  const unexpected = events.filter(({ n }) => !allowed.has(n));
  const { truncated } = history;
  const given: Case = {
    test,
    history,
    catalogue,
    locks,
    checked,
    unexpected,
    fatal: unexpected.find(({ finding }) => isFatal(finding)),
    truncated,
    excuse: excuse(test, history, deviations),
  };
  const ofOurs = deviations.filter(({ side }) => side === test.underTest);
  const failures = failuresOf(given, ofOurs);
  const foreign = [...failures.keys()].filter((id) => !test.ids.includes(id));
  return {
    judgements: [...test.ids, ...foreign].map((id) => {
      const broken = failures.get(id);
      return broken === undefined ? unbroken(id, given) : failed(id, broken, catalogue, history);
    }),
    // What the puppet did wrong is the scenario, and nothing to note.
    notes: deviations
      .filter((deviation) => !ofOurs.includes(deviation))
      .filter(({ side }) => side !== 'daemon' || !isPuppetHistory(history))
      .map((note) => ({ ...note, events: [...note.events] })),
    findings,
  };
}
