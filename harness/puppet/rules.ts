/** The rules of a test: which of them decides about a request, and how often it has. */
import { requestName, type RequestName, type UlogMessage } from '../ulog/index.js';
import type {
  HeldAnswers,
  PuppetAnswer,
  PuppetDecision,
  PuppetMatch,
  PuppetRequests,
  PuppetRule,
} from './api.js';
import { Arrivals } from './arrivals.js';

/** The names in either form of the argument. */
export function namesOf(requests: PuppetRequests): ReadonlySet<RequestName> {
  return new Set(typeof requests === 'string' ? [requests] : requests);
}

/** A rule in force or past. */
export class Rule implements PuppetRule {
  readonly #names: ReadonlySet<RequestName>;
  #applied = 0;
  #lifted = false;

  /** @param verb what the log calls it */
  constructor(
    readonly verb: string,
    requests: PuppetRequests,
    private readonly match: PuppetMatch,
    readonly decide: PuppetDecision,
  ) {
    this.#names = namesOf(requests);
  }

  get applied(): number {
    return this.#applied;
  }

  lift(): void {
    this.#lifted = true;
  }

  /** Takes a request that it is about, and counts it. */
  takes(request: UlogMessage): boolean {
    const name = requestName(request.requestType);
    const { times = Infinity, where } = this.match;
    if (this.#lifted || this.#applied >= times || name === undefined || !this.#names.has(name)) return false;
    if (where !== undefined && !where(request)) return false;
    this.#applied += 1;
    return true;
  }
}

/** A rule that keeps honest answers back. */
export class Hold extends Rule implements HeldAnswers {
  #kept: { readonly request: UlogMessage; readonly honest: PuppetAnswer }[] = [];
  readonly #arrivals = new Arrivals(() => this.#kept.map(({ request }) => request));

  /** @param send sends an answer that is released */
  constructor(
    requests: PuppetRequests,
    match: PuppetMatch,
    private readonly send: (request: UlogMessage, answer: PuppetAnswer) => void,
  ) {
    super('held', requests, match, (request, honest) => {
      this.#kept.push({ request, honest });
      this.#arrivals.note();
      return [];
    });
  }

  async held(count: number, deadlineMs: number): Promise<void> {
    await this.#arrivals.reach(count, deadlineMs, `${count} held answers`);
  }

  release(): void {
    this.lift();
    const released = this.#kept;
    this.#kept = [];
    for (const { request, honest } of released) this.send(request, honest);
  }

  /** Drops what is held: its asker died. */
  drop(): void {
    this.#kept = [];
  }
}

/** All rules, the latest first in what it has to say. */
export class RuleBook {
  readonly #rules: Rule[] = [];

  add<R extends Rule>(rule: R): R {
    this.#rules.unshift(rule);
    return rule;
  }

  /** The rule that decides about a request, if any; it counts it. */
  find(request: UlogMessage): Rule | undefined {
    return this.#rules.find((rule) => rule.takes(request));
  }

  /** Drops every held answer. */
  dropHeld(): void {
    for (const rule of this.#rules) if (rule instanceof Hold) rule.drop();
  }
}
