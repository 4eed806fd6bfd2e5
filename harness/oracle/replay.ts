/** Walks a history through the models of its logs and holds each answer of the daemon against them. */
import {
  type Exchange,
  type History,
  powerCutOf,
  type ReplyEvent,
  type SubjectEvent,
} from '../history/index.js';
import type { AnswerRule, Answered } from './daemon-rules/answered.js';
import { deviceName, refusal, regionSize, tooManyRegions } from './daemon-rules/construction.js';
import { syncCount } from './daemon-rules/counts.js';
import { remoteRecovery } from './daemon-rules/hint.js';
import { images } from './daemon-rules/image.js';
import { malformedPayload, regionOutOfRange, unknownLog, unknownType } from './daemon-rules/refusals.js';
import { refusedLegal } from './daemon-rules/refused-legal.js';
import { consistentLength, oneReply, silence, strayReply } from './daemon-rules/replies.js';
import { errorForm, fixedSize } from './daemon-rules/reply-form.js';
import { resync } from './daemon-rules/resync.js';
import { statusText } from './daemon-rules/status.js';
import { inSync, isClean, zeroOrOne } from './daemon-rules/sync-state.js';
import type { Report } from './deviation.js';
import type { Life, Lives } from './life.js';
import { LogModel, type Knowledge } from './model.js';
import { recordingGaps } from './recording-gaps.js';

const ANSWER_RULES: readonly AnswerRule[] = [
  errorForm,
  fixedSize,
  regionSize,
  refusal,
  tooManyRegions,
  deviceName,
  unknownType,
  regionOutOfRange,
  malformedPayload,
  unknownLog,
  zeroOrOne,
  inSync,
  isClean,
  syncCount,
  resync,
  remoteRecovery,
  statusText,
  // Last: it makes the model doubtful.
  refusedLegal,
];

/** Judges everything that the daemon said. */
export function judgeDaemon(lives: Lives, report: Report): void {
  new Replay(lives, report).run();
  images(lives, report);
}

/** Whether two nodes asked their daemons at the same time; one that takes the place of a dead one does not. */
function isShared(history: History): boolean {
  const first = new Map<string, bigint>();
  for (const event of history.events)
    if (event.kind === 'transmission' && !first.has(event.node)) first.set(event.node, event.t);
  const nodes = [...first]; // in order of time
  return nodes.some(([node], index) => {
    const ended = powerCutOf(history, node)?.t;
    return nodes.slice(index + 1).some(([, began]) => ended === undefined || began < ended);
  });
}

class Replay {
  readonly #history: History;
  readonly #models = new Map<Life, LogModel>();
  readonly #shared: boolean;
  /** What the daemon knew when a request was sent, for requests that it never answered. */
  readonly #knownAt = new Map<Exchange, Knowledge>();
  #daemonsStarted = new Set<string>();

  constructor(
    readonly lives: Lives,
    readonly report: Report,
  ) {
    this.#history = lives.history;
    this.#shared = isShared(this.#history);
  }

  run(): void {
    const complete = recordingGaps(this.#history).length === 0;
    const stray = new Set(this.#history.strayReplies);
    for (const [place, event] of this.#history.events.entries()) {
      switch (event.kind) {
        case 'subject':
          this.#subject(event, place);
          break;
        case 'reply':
          if (stray.has(event)) {
            if (complete) strayReply(event, this.#history, this.report);
            consistentLength(event, undefined, this.report);
          } else {
            this.#reply(event, place);
          }
          break;
        case 'request':
        case 'transmission':
        case 'return': {
          const exchange = this.#history.exchangeOf(event);
          if (exchange === undefined) break;
          if (event.kind === 'transmission' && event === exchange.transmissions[0])
            this.#sent(exchange, place);
          if (event.kind === 'return' && exchange.answer === undefined) this.#unanswered(exchange, place);
          break;
        }
        case 'command':
        case 'observation':
        case 'finding':
        case 'disk-command':
        case 'disk-nexus':
        case 'disk-reset':
        case 'disk-power-cut':
        case 'disk-clock':
        case 'disk-profile':
        case 'lock-call':
        case 'lock-answer':
          break;
      }
    }
    for (const exchange of this.#history.exchanges()) {
      oneReply(exchange, this.lives, this.report);
      const life = this.lives.of(exchange);
      silence(exchange, life, this.#knownAt.get(exchange) ?? 'assumed', this.#history, this.report);
    }
  }

  #subject({ action, node }: SubjectEvent, place: number): void {
    if (action === 'started') this.#daemonsStarted.add(node);
    if (action !== 'killed' && action !== 'stopped' && action !== 'exited') return;
    for (const [life, model] of this.#models) if (life.node === node) model.forget(place);
  }

  #sent(exchange: Exchange, place: number): void {
    const model = this.#modelOf(this.lives.of(exchange));
    this.#knownAt.set(exchange, model.knowledge);
    model.begin(exchange, place);
  }

  #reply(reply: ReplyEvent, place: number): void {
    const exchange = this.#history.exchangeOf(reply);
    if (exchange === undefined) return;
    consistentLength(reply, exchange, this.report);
    if (!exchange.accepted.includes(reply)) return;
    const life = this.lives.of(exchange);
    const model = this.#modelOf(life);
    const from = this.lives.sent(exchange);
    const answered: Answered = {
      exchange,
      answer: reply,
      life,
      model,
      lives: this.lives,
      models: this.#models,
      from,
      to: place,
      states: model.statesBefore(exchange, from, place),
      report: this.report,
    };
    for (const rule of ANSWER_RULES) rule(answered);
    // After -EAGAIN the same request is still open.
    if (reply === exchange.answer) model.finish(exchange, reply.error === 0 ? 'done' : 'refused', place);
  }

  /** The call returned and no reply was accepted: without a listener nobody heard it (spec 2.6). */
  #unanswered(exchange: Exchange, place: number): void {
    const heard = exchange.replies.length > 0 || exchange.transmissions.length > 1;
    const model = this.#models.get(this.lives.of(exchange));
    model?.finish(exchange, heard ? 'refused' : 'unheard', place);
  }

  #modelOf(life: Life): LogModel {
    let model = this.#models.get(life);
    if (model === undefined) {
      model = new LogModel(life, this.#firstKnowledge(life), this.#shared);
      this.#models.set(life, model);
    }
    return model;
  }

  /** What the daemon knows of a log before its first recorded request. */
  #firstKnowledge(life: Life): Knowledge {
    const { former } = life;
    if (former !== undefined && this.#models.get(former)?.knowledge === 'gone') return 'gone';
    if (life.instance.birth !== undefined) return 'lost';
    return this.#daemonsStarted.has(life.node) ? 'lost' : 'assumed';
  }
}
