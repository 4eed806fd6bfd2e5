/** What daemon rules look at, and the questions that they share. */
import type { RequestName } from '../../ulog/index.js';
import { describeReply, describeRequest, type Exchange, type ReplyEvent } from '../../history/index.js';
import type { Report } from '../deviation.js';
import type { Life, Lives } from '../life.js';
import type { LogModel, State } from '../model.js';

/** One accepted answer, with the model as it was before its effect. */
export interface Answered {
  readonly exchange: Exchange;
  readonly answer: ReplyEvent;
  readonly life: Life;
  readonly model: LogModel;
  readonly lives: Lives;
  /** Models of all lives so far. */
  readonly models: ReadonlyMap<Life, LogModel>;
  /** Place of the sending, and of the answer. */
  readonly from: number;
  readonly to: number;
  /** Every state that the daemon may have been in when it made the answer. */
  readonly states: ReadonlySet<State>;
  readonly report: Report;
}

/** Judges one answer. */
export type AnswerRule = (answered: Answered) => void;

/** The daemon reported success. */
export function succeeded({ answer }: Answered): boolean {
  return answer.error === 0;
}

/** The daemon knows the instance for sure, so that its answer can be held against the model. */
export function isKnown({ model }: Answered): boolean {
  return model.knowledge === 'known';
}

/** The instance is in one of these states for sure. */
export function isSurely({ states }: Answered, ...among: readonly State[]): boolean {
  return states.size > 0 && [...states].every((state) => among.includes(state));
}

const WHILE_PENDING: readonly RequestName[] = [
  'CTR',
  'DTR',
  'RESUME',
  'GET_REGION_SIZE',
  'GET_SYNC_COUNT',
  'STATUS_INFO',
  'STATUS_TABLE',
];

/** Late CLEAR and FLUSH belong to a suspend that is over (spec 9.5); POSTSUSPEND may be sent again. */
const WHILE_SUSPENDED: readonly RequestName[] = [...WHILE_PENDING, 'CLEAR_REGION', 'FLUSH', 'POSTSUSPEND'];

/** What a daemon must serve in one state (spec 6.3). */
function isLegalIn(state: State, name: RequestName): boolean {
  switch (state) {
    case 'absent':
      return name === 'CTR';
    case 'pending':
      return WHILE_PENDING.includes(name);
    case 'active':
      return name !== 'POSTSUSPEND';
    case 'quiescing':
      return true;
    case 'suspended':
      return WHILE_SUSPENDED.includes(name);
    case 'gone':
    case '?':
      return false;
  }
}

/** True when the request is legal in every state that the instance may be in. */
export function isLegal({ exchange: { name }, states }: Answered): boolean {
  return name !== undefined && [...states].every((state) => isLegalIn(state, name));
}

/** 'IN_SYNC 5 of L1 (...) answered 2'. */
function seen({ exchange, answer, life }: Answered): string {
  return `${describeRequest(exchange)} of ${life.name} was answered: ${describeReply(exchange, answer)}`;
}

/** Hands in a deviation of the daemon that this answer shows. */
export function deviate(
  answered: Answered,
  id: string,
  expected: string,
  more: readonly Exchange[] = [],
): void {
  answered.report.add('daemon', id, answered.life.name, {
    expected,
    seen: seen(answered),
    by: [...more, answered.exchange],
  });
}
