import { NO_TAG, REJECT, type RejectReason } from './codes.js';
import type { Connection } from './connection.js';
import type { TextRequest } from './initiator-pdus.js';
import { Negotiation, NegotiationError } from './negotiation.js';
import { DEFAULT_WISHES } from './parameters.js';
import type { Session } from './session.js';
import { textResponse } from './target-pdus.js';
import { readText, TextError, TextGatherer, TextParts, writeText, type Pair } from './text.js';

/** Text requests of a connection, one exchange at a time: SendTargets, and keys of the full feature phase. */
export class TextExchange {
  readonly #gathered = new TextGatherer();
  readonly #parts = new TextParts();
  /** Tag of the exchange that is under way. */
  #itt: number | undefined;
  #ttt = NO_TAG;

  constructor(private readonly connection: Connection) {}

  /** Answers, or says why the request is rejected. */
  handle(session: Session, request: TextRequest, data: Buffer): RejectReason | undefined {
    if (request.final && request.continues) return this.#end(REJECT.protocolError);
    // A request without a target's tag begins a new exchange, and ends one that was under way (RFC 7143 11.10.4).
    if (request.ttt === NO_TAG) this.#reset();
    else if (request.ttt !== this.#ttt || request.itt !== this.#itt) return this.#end(REJECT.protocolError);
    this.#itt = request.itt;
    try {
      this.#gathered.add(data);
      if (request.continues) {
        this.#respond(session, request, { final: false, text: Buffer.alloc(0) });
        return undefined;
      }
      if (this.#parts.empty) {
        this.#parts.set(writeText(this.#answer(session, readText(this.#gathered.take()))));
      } else if (data.length > 0) {
        return this.#end(REJECT.protocolError);
      }
    } catch (error) {
      if (error instanceof TextError || error instanceof NegotiationError)
        return this.#end(REJECT.protocolError);
      throw error;
    }
    const text = this.#parts.next(this.connection.parameters.maxRecvDataSegmentLength);
    this.#respond(session, request, { final: this.#parts.empty && request.final, text });
    return undefined;
  }

  #answer(session: Session, pairs: readonly Pair[]): Pair[] {
    const { parameters } = this.connection;
    const negotiation = new Negotiation(DEFAULT_WISHES, session.parameters);
    negotiation.discovery = session.discovery;
    Object.assign(negotiation.connection, parameters);
    const answers = negotiation.answer(pairs, 'full-feature', (key, value) =>
      key === 'SendTargets' ? this.#sendTargets(session, value) : undefined,
    );
    Object.assign(parameters, negotiation.connection);
    return answers;
  }

  /** RFC 7143 appendix C: all targets in a discovery session only; an empty value means the session's own target. */
  #sendTargets(session: Session, value: string): readonly Pair[] {
    const { target } = session.nexus;
    if (value === 'All' && !session.discovery) return [['SendTargets', 'Reject']];
    if (value === '' && session.discovery) return [['SendTargets', 'Reject']];
    if (value !== 'All' && value !== '' && value !== target) return [];
    const address = this.connection.targets();
    return [['TargetName', target], ...(address === '' ? [] : ([['TargetAddress', address]] as const))];
  }

  #respond(
    session: Session,
    { itt, lun }: TextRequest,
    { final, text }: { final: boolean; text: Buffer },
  ): void {
    const continues = !this.#parts.empty;
    if (final) this.#itt = undefined;
    this.#ttt = final ? NO_TAG : session.nextTag();
    const header = { final, continues, lun, itt, ttt: this.#ttt, ...this.connection.numbers(true) };
    this.connection.send(textResponse.write(header), text);
  }

  #end(reason: RejectReason): RejectReason {
    this.#reset();
    return reason;
  }

  #reset(): void {
    this.#gathered.take();
    this.#parts.set(Buffer.alloc(0));
    this.#itt = undefined;
    this.#ttt = NO_TAG;
  }
}
