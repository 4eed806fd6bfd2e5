/**
 * Judges all that a history tells of locks, in both ways. Where drives tell of their commands, the replay of that is the
 * authority, and what hosts asked and were told is held against it: if that refutes a drive of which the replay finds no
 * fault, the harness or a path is wrong, and nothing that was recorded stands. Where a drive tells nothing, as a real one
 * does, calls and answers are all there is, and the search for an order of their effects gives the verdict.
 */
import {
  idText,
  type DiskCommandEvent,
  type DiskEvent,
  type HistoryEvent,
  type LockCallEvent,
} from '../../history/index.js';
import type { SearchOptions } from './linearize.js';
import { judgeLockCalls, type RegisterVerdict } from './lock-history.js';
import { PRESCRIBED, profilesOf, type LockProfile } from './profile.js';
import { judgeQuorum, type MajorityConflict } from './quorum.js';
import { replayDrives } from './replay.js';
import type { RuleId } from './vocabulary.js';
import { isWholeStory } from './whole-story.js';

/** A rule that a drive broke, whichever way it was found. */
export interface LockDeviation {
  readonly drive: string;
  readonly rule: RuleId;
  readonly expected: string;
  readonly seen: string;
  /** Numbers of the events that show it. */
  readonly events: readonly number[];
}

/** What a history tells of locks. */
export interface LockFindings {
  readonly deviations: readonly LockDeviation[];
  /** Why what was recorded cannot be trusted: the two ways contradict each other. */
  readonly contradictions: readonly string[];
  /** What may be wrong, though nobody can say so. */
  readonly undecided: readonly string[];
}

const nameOf = (id: string): string => idText(Buffer.from(id, 'hex'));

/** By how much a drive of another's making may measure a lease wrongly, ns: nowhere is it said how exactly they do. */
const LEASE_SLACK_NS = 500_000_000;

const isDiskEvent = (event: HistoryEvent): event is DiskEvent =>
  event.kind === 'disk-command' ||
  event.kind === 'disk-nexus' ||
  event.kind === 'disk-reset' ||
  event.kind === 'disk-power-cut';

/** Judges all drives of a history; see above. `most` is for searches, as in SearchOptions. */
export function judgeLocks(
  events: readonly HistoryEvent[],
  limits: Pick<SearchOptions, 'most'> = {},
): LockFindings {
  const trace = events.filter(isDiskEvent);
  const profileOf = profilesOf(events.filter((event) => event.kind === 'disk-profile'));
  const replayed = replayDrives(trace, profileOf).deviations.map(({ event, ...rest }) => ({
    ...rest,
    events: [event],
  }));
  const calls = events.filter((event) => event.kind === 'lock-call');
  if (calls.length === 0) return { deviations: replayed, contradictions: [], undecided: [] };
  const commands = trace.filter((event) => event.kind === 'disk-command');
  return new CallsBeside(events, calls, commands, replayed, profileOf).judge(limits);
}

/** What hosts asked and were told, beside what the replay of the drives' own trace found. */
class CallsBeside {
  readonly #traced: ReadonlySet<string>;
  /** Drives that the calls tell all about. */
  readonly #whole: ReadonlySet<string>;
  /** Drives that broke a rule. */
  readonly #faulty: Set<string>;
  readonly #contradictions: string[] = [];
  readonly #undecided: string[] = [];
  readonly #deviations: LockDeviation[];

  constructor(
    private readonly events: readonly HistoryEvent[],
    private readonly calls: readonly LockCallEvent[],
    commands: readonly DiskCommandEvent[],
    replayed: readonly LockDeviation[],
    private readonly profileOf: (drive: string) => LockProfile | undefined,
  ) {
    const drives = new Set(calls.map(({ drive }) => drive));
    this.#traced = new Set(commands.flatMap(({ drive }) => drive ?? []));
    this.#whole = new Set(
      [...drives].filter((drive) => isWholeStory(drive, calls, commands, profileOf(drive)?.legacyAliases)),
    );
    this.#faulty = new Set(replayed.map(({ drive }) => drive));
    this.#deviations = [...replayed];
  }

  judge(limits: Pick<SearchOptions, 'most'>): LockFindings {
    // What tells of its commands, or lets its clock be set, is emulated, and exact.
    const emulated = new Set(this.#traced);
    for (const event of this.events) if (event.kind === 'disk-clock') emulated.add(event.drive);
    const leaseSlack = (drive: string): number => (emulated.has(drive) ? 0 : LEASE_SLACK_NS);
    const told = this.events.filter((event) => event.kind !== 'lock-call' || this.#whole.has(event.drive));
    const options = (drive: string) => ({
      ...limits,
      profile: this.profileOf(drive) ?? PRESCRIBED,
      leaseSlack: leaseSlack(drive),
    });
    const given = judgeLockCalls(told, options).filter((register) => !this.#settle(register));
    const believed = (drive: string) => this.#whole.has(drive);
    for (const conflict of judgeQuorum(this.events, { leaseSlack, believed }).conflicts)
      this.#explain(conflict, given);
    return {
      deviations: this.#deviations,
      contradictions: this.#contradictions,
      undecided: this.#undecided,
    };
  }

  /** Takes down what the search said; false when it was given up. */
  #settle({ drive, resource, result }: RegisterVerdict): boolean {
    const traced = this.#traced.has(drive);
    const what = `${nameOf(resource)} of drive ${drive}`;
    switch (result.verdict) {
      case 'linearizable':
        return true;
      case 'unknown':
        if (!traced)
          this.#undecided.push(
            `whether any order of their effects explains all answers about ${what} is not known: the search was ` +
              `given up after ${result.steps} steps`,
          );
        return false;
      case 'not-linearizable': {
        const { rule, expected, seen, event } = result;
        if (!traced) {
          this.#faulty.add(drive);
          this.#deviations.push({ drive, rule, expected, seen, events: this.#exchange(event) });
        } else if (!this.#faulty.has(drive))
          this.#contradictions.push(
            `by its own trace the drive did nothing wrong, but no order of effects explains what hosts were told ` +
              `about ${what}: event ${event} should have been ${expected}, and was ${seen} (${rule})`,
          );
        return true;
      }
    }
  }

  /** A conflict of majorities needs a drive that granted wrongly: two majorities have a drive in common. */
  #explain({ hosts, events }: MajorityConflict, givenUp: readonly RegisterVerdict[]): void {
    const own = new Set(events);
    const drives = new Set(this.calls.filter(({ n }) => own.has(n)).map(({ drive }) => drive));
    const faulty = [...drives].filter((drive) => this.#faulty.has(drive));
    const who = hosts.map(nameOf).join(' and ');
    const seen = `${who} both have good reason to believe that they hold conflicting majorities`;
    if (faulty.length > 0)
      this.#deviations.push({
        ...{ drive: faulty.join(' and '), rule: 'IDM-117', seen, events: [...events] },
        expected: 'a majority of the drives for one of them',
      });
    else if (givenUp.some(({ drive }) => drives.has(drive))) this.#undecided.push(seen);
    else this.#contradictions.push(`${seen}, though each drive by itself did nothing wrong`);
  }

  /** The call of that number, and its answer. */
  #exchange(n: number): number[] {
    const call = this.calls.find((one) => one.n === n)?.call;
    const answer = this.events.find((event) => event.kind === 'lock-answer' && event.call === call);
    return [n, ...(answer === undefined ? [] : [answer.n])];
  }
}
