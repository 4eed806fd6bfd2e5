/** What a test says to the puppet: the log daemon whose answers the test decides. */
import type { RequestName, UlogMessage } from '../ulog/index.js';

/** An answer as it goes to the kernel (spec dm-log-userspace 2.3). */
export type PuppetAnswer =
  /** `dataSize` is what the structure claims; default: the size of the payload. */
  | {
      readonly form: 'full';
      readonly error: number;
      readonly payload: Uint8Array;
      readonly dataSize?: number;
      readonly seq?: number;
    }
  /** A bare ack; `errno` is 0 or positive. */
  | { readonly form: 'ack'; readonly errno: number; readonly seq?: number }
  /** A whole datagram, sent as it is. */
  | { readonly form: 'raw'; readonly datagram: Uint8Array };

/**
 * What becomes of a request: answers in order, each after its delay, or none at all. A delay counts from the answer
 * before, the first from the arrival of the request; all are of host time.
 */
export type PuppetReaction = readonly { readonly afterMs: number; readonly answer: PuppetAnswer }[];

/** Decides what becomes of a request; `honest` is the answer of the log model, whose state has already moved. */
export type PuppetDecision = (request: UlogMessage, honest: PuppetAnswer) => PuppetReaction;

/** Which requests a rule is about. */
export interface PuppetMatch {
  /** Only the first so many that match; default all. */
  readonly times?: number;
  /** Only requests for which this holds. */
  readonly where?: (request: UlogMessage) => boolean;
}

/** A rule in force; it stays until it is lifted, or has applied as often as it may. */
export interface PuppetRule {
  /** How often it has applied. */
  readonly applied: number;
  /** From now on the rule applies to nothing. */
  lift(): void;
}

/** Answers that are kept back. */
export interface HeldAnswers extends PuppetRule {
  /** Resolves when `count` answers are held; throws DeadlineError naming the requests. */
  held(count: number, deadlineMs: number): Promise<void>;
  /** Sends what is held, in order of arrival, and lifts the rule. */
  release(): void;
}

/** Types of requests that a rule names. */
export type PuppetRequests = RequestName | readonly RequestName[];

/**
 * The verbs of a test. Without a rule each request is answered as the log model says. Of several rules that match a
 * request, the latest made decides.
 */
export interface Puppet {
  /** No answer at all. */
  drop(requests: PuppetRequests, match?: PuppetMatch): PuppetRule;
  /** The honest answer, late by `ms` of host time. */
  delay(requests: PuppetRequests, ms: number, match?: PuppetMatch): PuppetRule;
  /** Keeps honest answers back until they are released. */
  hold(requests: PuppetRequests, match?: PuppetMatch): HeldAnswers;
  /** A full answer with a negative errno (given positive, such as 22) and `dataSize` zero bytes; default 0. */
  fail(
    requests: PuppetRequests,
    errno: number,
    match?: PuppetMatch & { readonly dataSize?: number },
  ): PuppetRule;
  /** A bare ack with 0 or a positive errno. */
  ack(requests: PuppetRequests, errno: number, match?: PuppetMatch): PuppetRule;
  /** The honest answer twice. */
  duplicate(requests: PuppetRequests, match?: PuppetMatch): PuppetRule;
  /** Another answer in place of the honest one. */
  replace(
    requests: PuppetRequests,
    answer: (request: UlogMessage, honest: PuppetAnswer) => PuppetAnswer,
    match?: PuppetMatch,
  ): PuppetRule;
  /** Anything else. */
  react(requests: PuppetRequests, decide: PuppetDecision, match?: PuppetMatch): PuppetRule;
  /** Sends a datagram that nothing asked for; default seq: one that is far from every request's. */
  send(answer: PuppetAnswer): void;
  /** Requests of these types that reached it so far, resends included, what a rule makes of them or not. */
  seen(requests: PuppetRequests): readonly UlogMessage[];
  /** Resolves when `count` such requests have reached it; throws DeadlineError naming what did. */
  reached(requests: PuppetRequests, count: number, deadlineMs: number): Promise<void>;
  /** Loses all logs now, without being away for a moment: a silent restart (spec dm-log-userspace 2.6). */
  forget(): void;
  /**
   * Whether its logs outlive its death (`lab.subject.kill()` or `stop()`); default 'forgotten'. Rules do outlive it;
   * answers that are held or on their way do not.
   */
  afterDeath(logs: 'forgotten' | 'kept'): void;
}
