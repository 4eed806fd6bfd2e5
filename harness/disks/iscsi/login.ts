import { Chap, ChapError, type ChapCredentials } from './chap.js';
import { LOGIN_STATUS, STAGE, type LoginStatus } from './codes.js';
import type { LoginRequest } from './initiator-pdus.js';
import { Negotiation, NegotiationError, type Moment } from './negotiation.js';
import type { OwnWishes, SessionParameters } from './parameters.js';
import { readText, TextError, TextGatherer, TextParts, writeText, type Pair } from './text.js';
import { readList } from './values.js';

/** What a login is held against. */
export interface LoginRules {
  readonly targetName: string;
  readonly targetAlias?: string | undefined;
  readonly portalGroupTag: number;
  readonly chap?: ChapCredentials | undefined;
  readonly wishes: OwnWishes;
  /** What was agreed on in the session that a connection wants to join. */
  readonly agreedIn: (initiator: string, isid: string, tsih: number) => SessionParameters | undefined;
}

/** Who logged in. */
export interface Identity {
  readonly initiator: string;
  /** 6 bytes in hex. */
  readonly isid: string;
  /** 0: a new session. */
  readonly tsih: number;
  readonly cid: number;
  readonly discovery: boolean;
}

/** The answer to one login request. */
export type LoginStep =
  | { readonly kind: 'refuse'; readonly status: LoginStatus }
  | {
      /** `enter`: the login is complete, if the session can be had. */
      readonly kind: 'more' | 'enter';
      readonly transit: boolean;
      readonly continues: boolean;
      readonly currentStage: number;
      readonly nextStage: number;
      readonly text: Buffer;
    };

/** Ends the login; becomes {@link LoginStep} `refuse`. */
class Refusal extends Error {
  constructor(readonly status: LoginStatus) {
    super(`login status ${status.toString(16)}`);
  }
}

/** Data segment length that holds for both sides during login (RFC 7143 13.12). */
const LOGIN_SEGMENT = 8192;
/** An honest login takes three or four; a list of keys in many parts some more. */
const MOST_REQUESTS = 32;
/** iSCSI names are at most 223 bytes long (RFC 7143 4.2.7.1). */
const NAME = /^(?:iqn\.|eui\.|naa\.)[^\s,]{1,219}$/;

/**
 * The login of one connection (RFC 7143 section 6): requests go in, answers come out; nothing of sockets. The target
 * carries a login on as fast as the initiator lets it, and never asks to leave a stage by itself.
 */
export class Login {
  readonly negotiation: Negotiation;
  #first: LoginRequest | undefined;
  #identity: Identity | undefined;
  #stage: number | undefined;
  readonly #gathered = new TextGatherer();
  readonly #parts = new TextParts();
  readonly #chap: Chap | undefined;
  #methodChosen = false;
  #declared = false;
  #requests = 0;
  #finished = false;

  constructor(private readonly rules: LoginRules) {
    this.#chap = rules.chap === undefined ? undefined : new Chap(rules.chap);
    this.negotiation = new Negotiation(rules.wishes);
  }

  /** Set as soon as the first request has been read. */
  get identity(): Identity {
    if (this.#identity === undefined) throw new Error('nobody has logged in yet');
    return this.#identity;
  }

  step(request: LoginRequest, data: Buffer): LoginStep {
    try {
      return this.#step(request, data);
    } catch (error) {
      this.#finished = true;
      if (error instanceof Refusal) return { kind: 'refuse', status: error.status };
      if (error instanceof ChapError) return { kind: 'refuse', status: LOGIN_STATUS.authenticationFailure };
      if (error instanceof TextError || error instanceof NegotiationError) {
        return { kind: 'refuse', status: LOGIN_STATUS.initiatorError };
      }
      throw error;
    }
  }

  #step(request: LoginRequest, data: Buffer): LoginStep {
    if (this.#finished || ++this.#requests > MOST_REQUESTS) throw new Refusal(LOGIN_STATUS.initiatorError);
    this.#checkHeader(request);
    this.#gathered.add(data);
    const { currentStage } = request;
    if (request.continues) {
      return {
        kind: 'more',
        transit: false,
        continues: false,
        currentStage,
        nextStage: 0,
        text: Buffer.alloc(0),
      };
    }
    if (!this.#parts.empty) {
      // The initiator fetches the rest of an answer with empty requests.
      if (data.length > 0) throw new Refusal(LOGIN_STATUS.initiatorError);
    } else {
      this.#parts.set(writeText(this.#answer(request, readText(this.#gathered.take()))));
    }
    const text = this.#parts.next(LOGIN_SEGMENT);
    const continues = !this.#parts.empty;
    const transit = request.transit && !continues && this.#mayLeave(request);
    if (transit) this.#stage = request.nextStage;
    const enter = transit && request.nextStage === STAGE.fullFeature;
    this.#finished = enter;
    const nextStage = transit ? request.nextStage : 0;
    return { kind: enter ? 'enter' : 'more', transit, continues, currentStage, nextStage, text };
  }

  #checkHeader(request: LoginRequest): void {
    const { currentStage, nextStage } = request;
    const first = (this.#first ??= request);
    if (first === request && request.versionMin > 0) throw new Refusal(LOGIN_STATUS.unsupportedVersion);
    const stageIsWrong =
      (currentStage !== STAGE.security && currentStage !== STAGE.operational) ||
      (this.#stage !== undefined && currentStage !== this.#stage) ||
      (request.transit && (nextStage <= currentStage || nextStage === 2 || request.continues));
    const other =
      request.itt !== first.itt ||
      request.cid !== first.cid ||
      request.tsih !== first.tsih ||
      !request.isid.equals(first.isid);
    if (stageIsWrong || other) throw new Refusal(LOGIN_STATUS.initiatorError);
    this.#stage = currentStage;
  }

  #answer(request: LoginRequest, pairs: readonly Pair[]): Pair[] {
    const answers: Pair[] = [];
    if (this.#identity === undefined) answers.push(...this.#identify(request, pairs));
    const { security, operational } = STAGE;
    const moment: Moment = request.tsih === 0 ? 'leading-login' : 'login';
    if (request.currentStage === security) {
      const chap = pairs.filter(([key]) => Chap.isKey(key));
      // Security comes before what it is to protect: operational keys are not for this stage (RFC 7143 6.3).
      const others = pairs.filter(([key]) => !Chap.isKey(key));
      answers.push(
        ...this.negotiation.answer(others, moment, (key, value) => {
          if (key === 'AuthMethod') return this.#chooseMethod(value);
          return SECURITY_STAGE.has(key) ? undefined : [[key, 'Reject']];
        }),
      );
      if (chap.length > 0) {
        if (this.#chap === undefined || !this.#methodChosen) throw new ChapError('CHAP was not agreed on');
        answers.push(...this.#chap.answer(chap));
      }
      return answers;
    }
    this.#requireAuthenticated();
    if (request.currentStage === operational && !this.#declared) {
      this.#declared = true;
      answers.push(['MaxRecvDataSegmentLength', String(this.rules.wishes.maxRecvDataSegmentLength)]);
    }
    answers.push(
      ...this.negotiation.answer(pairs, moment, (key) =>
        key === 'AuthMethod' || Chap.isKey(key) ? [[key, 'Reject']] : undefined,
      ),
    );
    return answers;
  }

  /** Who is it, and what does it want (RFC 7143 6.3: in the first request). */
  #identify(request: LoginRequest, pairs: readonly Pair[]): Pair[] {
    const said = new Map(pairs);
    const initiator = said.get('InitiatorName');
    if (initiator === undefined) throw new Refusal(LOGIN_STATUS.missingParameter);
    if (!NAME.test(initiator)) throw new Refusal(LOGIN_STATUS.initiatorError);
    const type = said.get('SessionType') ?? 'Normal';
    if (type !== 'Normal' && type !== 'Discovery') throw new Refusal(LOGIN_STATUS.sessionTypeNotSupported);
    const discovery = type === 'Discovery';
    const target = said.get('TargetName');
    if (!discovery && target === undefined) throw new Refusal(LOGIN_STATUS.missingParameter);
    if (target !== undefined && target !== this.rules.targetName) throw new Refusal(LOGIN_STATUS.notFound);
    const isid = request.isid.toString('hex');
    const { tsih, cid } = request;
    this.#identity = { initiator, isid, tsih, cid, discovery };
    this.negotiation.discovery = discovery;
    if (tsih !== 0) {
      const agreed = this.rules.agreedIn(initiator, isid, tsih);
      if (agreed === undefined) throw new Refusal(LOGIN_STATUS.sessionDoesNotExist);
      Object.assign(this.negotiation.session, agreed);
    }
    const { targetAlias, portalGroupTag } = this.rules;
    if (discovery) return [];
    return [
      ...(targetAlias === undefined ? [] : ([['TargetAlias', targetAlias]] as const)),
      ['TargetPortalGroupTag', String(portalGroupTag)],
    ];
  }

  #chooseMethod(offer: string): readonly Pair[] {
    if (this.#methodChosen) throw new NegotiationError('AuthMethod is negotiated a second time');
    const method = this.#chap === undefined ? 'None' : 'CHAP';
    if (!readList(offer).includes(method)) throw new ChapError('no authentication method in common');
    this.#methodChosen = true;
    return [['AuthMethod', method]];
  }

  #requireAuthenticated(): void {
    if (this.#chap?.done === false) throw new Refusal(LOGIN_STATUS.authenticationFailure);
  }

  /** May the initiator leave the stage? In the middle of CHAP it may not yet; without having begun it, never. */
  #mayLeave(request: LoginRequest): boolean {
    if (request.currentStage !== STAGE.security || this.#chap === undefined || this.#chap.done) return true;
    if (!this.#methodChosen) throw new Refusal(LOGIN_STATUS.authenticationFailure);
    return false;
  }
}

/** Keys that may come with those of authentication. */
const SECURITY_STAGE: ReadonlySet<string> = new Set([
  'InitiatorName',
  'InitiatorAlias',
  'TargetName',
  'SessionType',
  'TargetAlias',
  'TargetAddress',
  'TargetPortalGroupTag',
]);
