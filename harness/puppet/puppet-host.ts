/** The puppet: answers what the relay brings from the kernel, as the rules say, else honestly. */
import type { Duplex } from 'node:stream';
import { startDeadline, type Deadline } from '../deadline-clock.js';
import {
  decodeDatagram,
  decodeUlog,
  isUlogConnector,
  requestName,
  UlogFormatError,
  type UlogMessage,
} from '../ulog/index.js';
import { within } from '../vm/deadline.js';
import { encodeAnswer, NO_REQUEST } from './answers.js';
import type {
  HeldAnswers,
  Puppet,
  PuppetAnswer,
  PuppetDecision,
  PuppetMatch,
  PuppetReaction,
  PuppetRequests,
  PuppetRule,
} from './api.js';
import { Arrivals } from './arrivals.js';
import { describeAnswer, describeMessage, describeReaction } from './describe.js';
import { encodeFrame, FrameReader, isGreeting } from './frames.js';
import { HonestDaemon } from './honest-daemon.js';
import { Hold, namesOf, Rule, RuleBook } from './rules.js';

/** From the latest seq: no kernel asks so often within a test. */
const FAR_SEQ = 2 ** 30;

/** See api.ts for what a test says to it; the rest is for who starts and ends it. */
export class PuppetHost implements Puppet, Disposable {
  readonly #frames = new FrameReader();
  readonly #honest = new HonestDaemon();
  readonly #rules = new RuleBook();
  readonly #timers = new Set<Deadline>();
  readonly #seen: UlogMessage[] = [];
  readonly #waiting = new Set<Arrivals>();
  readonly #accept = (piece: Buffer): void => this.#receive(piece);
  #alive = false;
  #greeted: () => void = () => undefined;
  #keepLogs = false;
  #trouble: Error | undefined;

  /**
   * @param stream host's end of the relay's port
   * @param log takes lines for people: one for each request, with what becomes of it
   */
  constructor(
    private readonly stream: Duplex,
    private readonly log: (line: string) => void,
  ) {
    stream.on('data', this.#accept);
  }

  /** What went wrong in the puppet itself or in a rule of the test; the first of it. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** Resolves when a relay has said that it is there; one that did before counts until `die`. @throws DeadlineError */
  async connected(deadlineMs: number): Promise<void> {
    if (this.#alive) return;
    const greeted = new Promise<void>((resolve) => (this.#greeted = resolve));
    await within(greeted, deadlineMs, "the greeting of the puppet's relay");
  }

  /** Its relay has died: nothing is answered until another one says that it is there. */
  die(): void {
    this.#alive = false;
    this.#cancel();
    this.#rules.dropHeld();
    if (!this.#keepLogs) this.#honest.forget();
  }

  drop(requests: PuppetRequests, match: PuppetMatch = {}): PuppetRule {
    return this.#rules.add(new Rule('dropped', requests, match, () => []));
  }

  delay(requests: PuppetRequests, ms: number, match: PuppetMatch = {}): PuppetRule {
    const decide: PuppetDecision = (_request, honest) => [{ afterMs: ms, answer: honest }];
    return this.#rules.add(new Rule('delayed', requests, match, decide));
  }

  hold(requests: PuppetRequests, match: PuppetMatch = {}): HeldAnswers {
    const send = (request: UlogMessage, answer: PuppetAnswer): void => {
      this.log(`released: ${describeMessage(request)}: ${describeAnswer(answer)}`);
      this.#send(answer, request);
    };
    return this.#rules.add(new Hold(requests, match, send));
  }

  fail(
    requests: PuppetRequests,
    errno: number,
    { dataSize = 0, ...match }: PuppetMatch & { readonly dataSize?: number } = {},
  ): PuppetRule {
    const answer: PuppetAnswer = { form: 'full', error: -errno, payload: new Uint8Array(dataSize) };
    return this.#rules.add(new Rule('failed', requests, match, () => [{ afterMs: 0, answer }]));
  }

  ack(requests: PuppetRequests, errno: number, match: PuppetMatch = {}): PuppetRule {
    const answer: PuppetAnswer = { form: 'ack', errno };
    return this.#rules.add(new Rule('acked', requests, match, () => [{ afterMs: 0, answer }]));
  }

  duplicate(requests: PuppetRequests, match: PuppetMatch = {}): PuppetRule {
    const decide: PuppetDecision = (_request, honest) => [
      { afterMs: 0, answer: honest },
      { afterMs: 0, answer: honest },
    ];
    return this.#rules.add(new Rule('duplicated', requests, match, decide));
  }

  replace(
    requests: PuppetRequests,
    answer: (request: UlogMessage, honest: PuppetAnswer) => PuppetAnswer,
    match: PuppetMatch = {},
  ): PuppetRule {
    const decide: PuppetDecision = (request, honest) => [{ afterMs: 0, answer: answer(request, honest) }];
    return this.#rules.add(new Rule('replaced', requests, match, decide));
  }

  react(requests: PuppetRequests, decide: PuppetDecision, match: PuppetMatch = {}): PuppetRule {
    return this.#rules.add(new Rule('by rule', requests, match, decide));
  }

  send(answer: PuppetAnswer): void {
    const seq = ((this.#seen.at(-1)?.seq ?? 0) + FAR_SEQ) >>> 0;
    this.log(`unasked: ${describeAnswer(answer)}`);
    this.#send(answer, { ...NO_REQUEST, seq });
  }

  seen(requests: PuppetRequests): readonly UlogMessage[] {
    const names = namesOf(requests);
    return this.#seen.filter(({ requestType }) => {
      const name = requestName(requestType);
      return name !== undefined && names.has(name);
    });
  }

  async reached(requests: PuppetRequests, count: number, deadlineMs: number): Promise<void> {
    const arrivals = new Arrivals(() => this.seen(requests));
    this.#waiting.add(arrivals);
    try {
      await arrivals.reach(count, deadlineMs, `${count} requests ${[...namesOf(requests)].join(', ')}`);
    } finally {
      this.#waiting.delete(arrivals);
    }
  }

  forget(): void {
    this.log('all logs forgotten');
    this.#honest.forget();
  }

  afterDeath(logs: 'forgotten' | 'kept'): void {
    this.#keepLogs = logs === 'kept';
  }

  /** Answers nothing any more; what was on its way is not sent. */
  [Symbol.dispose](): void {
    this.#alive = false;
    this.#cancel();
    this.stream.off('data', this.#accept);
    // A relay that writes is not to wait for a reader.
    this.stream.resume();
  }

  #receive(piece: Buffer): void {
    try {
      for (const contents of this.#frames.push(piece)) {
        if (isGreeting(contents)) this.#welcome(contents);
        // What a relay sent before it died, and arrives later, reached nobody.
        else if (this.#alive) this.#request(contents);
      }
    } catch (error) {
      this.#note(error);
    }
  }

  #welcome(greeting: Uint8Array): void {
    this.stream.write(encodeFrame(greeting));
    this.#alive = true;
    this.#greeted();
  }

  #request(datagram: Uint8Array): void {
    const request = readRequest(datagram);
    if (typeof request === 'string') {
      this.log(`not a request: ${request}`);
      return;
    }
    const honest = this.#honest.answer(request);
    const { verb, reaction } = this.#decide(request, honest);
    let due = 0;
    for (const { afterMs, answer } of reaction) {
      due += afterMs;
      if (due === 0) this.#send(answer, request);
      else this.#sendLater(answer, request, due);
    }
    this.log(`${verb}: ${describeMessage(request)}: ${describeReaction(reaction)}`);
    this.#seen.push(request);
    for (const arrivals of this.#waiting) arrivals.note();
  }

  /** A rule that throws is the test's fault; the kernel gets the honest answer then. */
  #decide(
    request: UlogMessage,
    honest: PuppetAnswer,
  ): { readonly verb: string; readonly reaction: PuppetReaction } {
    try {
      const rule = this.#rules.find(request);
      if (rule !== undefined) return { verb: rule.verb, reaction: rule.decide(request, honest) };
    } catch (error) {
      this.#note(error);
    }
    return { verb: 'honest', reaction: [{ afterMs: 0, answer: honest }] };
  }

  #sendLater(answer: PuppetAnswer, request: UlogMessage, ms: number): void {
    const timer = startDeadline(ms, () => {
      this.#timers.delete(timer);
      this.log(`after ${ms} ms: seq ${request.seq}: ${describeAnswer(answer)}`);
      this.#send(answer, request);
    });
    this.#timers.add(timer);
  }

  #send(answer: PuppetAnswer, request: UlogMessage): void {
    if (!this.#alive) {
      this.log(`not sent, the puppet is dead: ${describeAnswer(answer)}`);
      return;
    }
    try {
      this.stream.write(encodeFrame(encodeAnswer(answer, request)));
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    const trouble = error instanceof Error ? error : new Error(String(error));
    this.log(`trouble: ${trouble.message}`);
    this.#trouble ??= trouble;
  }

  #cancel(): void {
    for (const timer of this.#timers) timer.clear();
    this.#timers.clear();
  }
}

/** The request of a datagram from the kernel, or why it is none. */
function readRequest(datagram: Uint8Array): UlogMessage | string {
  try {
    const connector = decodeDatagram(datagram);
    if (!isUlogConnector(connector)) return `connector id ${connector.idx}:${connector.val}`;
    return decodeUlog(connector.body);
  } catch (error) {
    if (error instanceof UlogFormatError) return error.message;
    throw error;
  }
}
