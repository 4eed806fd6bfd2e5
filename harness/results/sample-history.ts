/** Small histories and judgements for the unit tests of results. */
import {
  History,
  type EndEvent,
  type HistoryEvent,
  type HistoryHeader,
  type NewEvent,
} from '../history/index.js';
import type { FindingKind } from '../kernel-log/index.js';
import type { Judgement, KernelRun, RequirementResult, TestOutcome } from './model.js';

const header: HistoryHeader = {
  kind: 'header',
  schemaVersion: 1,
  test: 'two logs coexist',
  ids: ['LUID-01'],
  underTest: 'daemon',
  kernel: '6.12.107',
  daemon: 'reference',
  node: 'node1',
  userland: 'trixie',
  seed: 1,
  started: '2026-08-01T00:00:00.000Z',
  clock: 'guest-monotonic',
};

/** An end without losses, unless told otherwise. */
export function sampleEnd(given: Partial<EndEvent> = {}): EndEvent {
  return { kind: 'end', overruns: 0, missed: 0, truncated: false, reason: 'test ended', ...given };
}

type Timeless<E> = E extends NewEvent ? Omit<E, 't' | 'node'> : never;

/** A history of these events, one millisecond apart; `end` null means that its last line is missing. */
export function sampleHistory(
  events: readonly Timeless<NewEvent>[],
  end: EndEvent | null = sampleEnd(),
): History {
  const placed = events.map((event, n): HistoryEvent => ({
    ...event,
    n,
    t: BigInt(n) * 1_000_000n,
    node: 'node1',
  }));
  return new History(header, placed, end ?? undefined);
}

/** Entry of a request of luid 1. */
export function request(type = 1): Timeless<NewEvent> {
  return { kind: 'request', tid: 1, call: 1, uuid: 'U', luid: 1n, type, dataSize: 0 };
}

/** A transmission of a request of luid 1, with this seq. */
export function transmission(seq: number): Timeless<NewEvent> {
  const luid = {
    uuid: 'U',
    luid: 1n,
    version: 3,
    type: 1,
    error: 0,
    dataSize: 0,
    payload: new Uint8Array(0),
  };
  return {
    kind: 'transmission',
    tid: 1,
    call: 1,
    seq,
    ...luid,
    connector: { seq, ack: 0, len: 160, flags: 0 },
  };
}

/** A command that ended with this status. */
export function command(status = 0, argv: readonly string[] = ['dmsetup', 'create']): Timeless<NewEvent> {
  const stderr = status === 0 ? '' : 'it failed\n';
  return { kind: 'command', argv: [...argv], status, stdout: '', stderr, end: 0n, outcome: 'exited' };
}

/** A complaint of the kernel. */
export function finding(kind: FindingKind, text = 'Oops: 0000\nCPU: 0'): Timeless<NewEvent> {
  return { kind: 'finding', finding: kind, title: `${kind} in some_function`, text };
}

/** An outcome of the test "two logs coexist" about LUID-01, unless told otherwise. */
export function sampleOutcome(
  judgements: readonly Judgement[],
  given: Partial<TestOutcome> = {},
): TestOutcome {
  return {
    test: 'two logs coexist',
    file: 'conformance/luid/coexistence.spec.ts',
    ids: ['LUID-01'],
    tier: 'quick',
    underTest: 'daemon',
    kernel: '6.12.107',
    userland: 'trixie',
    daemon: 'reference',
    seed: 1,
    startedAt: '2026-08-01T00:00:00.000Z',
    durationMs: 1500,
    judgements: [...judgements],
    notes: [],
    directory: '/out/tests/coexist',
    ...given,
  };
}

/** A judgement of LUID-01. */
export function sampleJudgement(verdict: Judgement['verdict'], given: Partial<Judgement> = {}): Judgement {
  return {
    id: 'LUID-01',
    verdict,
    reason: `it is ${verdict}`,
    observed: 'something',
    evidence: [],
    ...given,
  };
}

/** A kernel that was tested, 6.12.107 unless told otherwise. */
export function sampleKernel(given: Partial<KernelRun> = {}): KernelRun {
  return {
    label: '6.12.107',
    release: '6.12.107',
    version: '6.12.107',
    packageVersion: '6.12.107-1',
    suite: 'trixie',
    spec: 'stable',
    state: 'tested',
    reason: '',
    preparedMs: 4000,
    testedMs: 60_000,
    ...given,
  };
}

/** The result of a MUST on the daemon that one test is about, unless told otherwise. */
export function sampleResult(
  id: string,
  verdict: RequirementResult['verdict'],
  given: Partial<RequirementResult> = {},
): RequirementResult {
  return {
    id,
    level: id.endsWith('q') ? 'QUIRK' : 'MUST',
    subject: 'daemon',
    subjectName: 'reference',
    sentence: `What ${id} says holds.`,
    verdict,
    reason: `it is ${verdict}`,
    observed: '',
    known: false,
    knownDefect: null,
    kernel: '6.12.107',
    userland: 'trixie',
    lvmVersion: '2.03.31',
    daemon: 'reference',
    variant: null,
    selected: true,
    tests: [
      {
        title: 'two logs coexist',
        file: 'conformance/luid/coexistence.spec.ts',
        verdict,
        directory: 'tests/coexist',
      },
    ],
    evidence: [],
    failures: [],
    durationMs: 1500,
    ...given,
  };
}
