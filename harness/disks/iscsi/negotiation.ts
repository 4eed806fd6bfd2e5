import { KEYS, type KeyRule, type Place } from './keys.js';
import {
  defaultConnectionParameters,
  defaultSessionParameters,
  type ConnectionParameters,
  type OwnWishes,
  type SessionParameters,
} from './parameters.js';
import type { Pair } from './text.js';
import { readBoolean, readList, readNumber, writeBoolean } from './values.js';

/** The initiator broke a rule of negotiation: the login, or the text request, is refused. */
export class NegotiationError extends Error {
  override name = 'NegotiationError';
}

/** Answers that are no values (RFC 7143 6.2). */
export const ANSWER = { reject: 'Reject', irrelevant: 'Irrelevant', notUnderstood: 'NotUnderstood' } as const;
const RESERVED: ReadonlySet<string> = new Set(Object.values(ANSWER));

/** Where in a session's life an offer is made. */
export type Moment = 'leading-login' | 'login' | 'full-feature';

/** A key that the rules do not know: what authentication or SendTargets say to it, or undefined. */
export type OtherKeys = (key: string, value: string) => readonly Pair[] | undefined;

/** Responds to offers, and holds what was agreed on. The target offers nothing itself; it only declares. */
export class Negotiation {
  readonly session: SessionParameters;
  readonly connection: ConnectionParameters = defaultConnectionParameters();
  discovery = false;
  #seen = new Set<string>();

  /** @param agreed of the session that this connection is to join */
  constructor(
    private readonly wishes: OwnWishes,
    agreed?: SessionParameters,
  ) {
    this.session = agreed === undefined ? defaultSessionParameters() : { ...agreed };
  }

  /** Each negotiation sequence of the full feature phase may name each key once more. */
  forget(): void {
    this.#seen = new Set();
  }

  /**
   * Answers to `pairs`, in their order. Throws {@link NegotiationError} for a key that comes a second time in one
   * negotiation (RFC 7143 6.2) or a reserved word as an offer.
   */
  answer(pairs: readonly Pair[], moment: Moment, others: OtherKeys = () => undefined): Pair[] {
    const answers: Pair[] = [];
    for (const [key, value] of pairs) {
      const other = others(key, value);
      if (other !== undefined) {
        answers.push(...other);
        continue;
      }
      if (this.#seen.has(key)) throw new NegotiationError(`${key} is negotiated a second time`);
      this.#seen.add(key);
      if (RESERVED.has(value)) throw new NegotiationError(`${key}=${value} answers nothing that was asked`);
      const said = this.#one(KEYS.get(key), value, moment);
      if (said !== undefined) answers.push([key, said]);
    }
    return answers;
  }

  #one(rule: KeyRule | undefined, value: string, moment: Moment): string | undefined {
    if (rule === undefined) return ANSWER.notUnderstood;
    if (rule.kind === 'fixed') return rule.answer;
    const allowed =
      moment === 'leading-login' || rule.when === 'any' || (moment === 'login' && rule.when === 'login');
    if (!allowed) return ANSWER.reject;
    if (rule.normalOnly === true && this.discovery) return ANSWER.irrelevant;
    switch (rule.kind) {
      case 'declared-text':
        return undefined;
      case 'declared-number': {
        const number = inRange(value, rule.range);
        if (number === undefined) return ANSWER.reject;
        this.#setNumber(rule.place, number);
        return undefined;
      }
      case 'boolean': {
        const theirs = readBoolean(value);
        if (theirs === undefined) return ANSWER.reject;
        const ours = rule.ours(this.wishes);
        const result = rule.result === 'and' ? theirs && ours : theirs || ours;
        if (rule.place.of === 'session') this.session[rule.place.name] = result;
        return writeBoolean(result);
      }
      case 'number': {
        const theirs = inRange(value, rule.range);
        if (theirs === undefined) return ANSWER.reject;
        const ours = rule.ours(this.wishes);
        const result = rule.result === 'min' ? Math.min(theirs, ours) : Math.max(theirs, ours);
        this.#setNumber(rule.place, result);
        return String(result);
      }
      case 'list': {
        const ours = rule.ours(this.wishes);
        const result = readList(value).find((item) => ours.includes(item));
        if (result === undefined) return ANSWER.reject;
        if (rule.place.of === 'session') this.session[rule.place.name] = result;
        else this.connection[rule.place.name] = result;
        return result;
      }
    }
  }

  #setNumber(place: Place<number>, value: number): void {
    if (place.of === 'session') this.session[place.name] = value;
    else this.connection[place.name] = value;
  }
}

function inRange(text: string, [least, most]: readonly [number, number]): number | undefined {
  const value = readNumber(text);
  return value !== undefined && value >= least && value <= most ? value : undefined;
}
