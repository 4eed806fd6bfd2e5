/** CHAP as iSCSI uses it (RFC 7143 12.1.3, RFC 1994): the target asks, and answers if it is asked back. */
import { createHash, getHashes, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Pair } from './text.js';
import { readBinary, readList, readNumber, writeBinary } from './values.js';

/** Who may log in, and who this target is to them. Secrets should have 12 bytes or more. */
export interface ChapCredentials {
  /** CHAP_N of the initiator. */
  readonly user: string;
  readonly secret: string;
  /** What the target answers when the initiator asks it to prove itself; without it, such logins are refused. */
  readonly mutual?: { readonly user: string; readonly secret: string };
}

/** The login is refused: authentication failure (0201h). */
export class ChapError extends Error {
  override name = 'ChapError';
}

/** CHAP_A numbers: MD5 of RFC 1994, SHA-256 as registered with IANA. */
const ALGORITHMS: readonly { readonly number: number; readonly hash: string; readonly length: number }[] = [
  { number: 5, hash: 'md5', length: 16 },
  { number: 7, hash: 'sha256', length: 32 },
].filter(({ hash }) => getHashes().includes(hash));

const KEYS: ReadonlySet<string> = new Set(['CHAP_A', 'CHAP_I', 'CHAP_C', 'CHAP_N', 'CHAP_R']);

/** The digest over identifier, secret and challenge. */
export function chapResponse(hash: string, identifier: number, secret: string, challenge: Buffer): Buffer {
  return createHash(hash).update(Buffer.of(identifier)).update(secret).update(challenge).digest();
}

/** One login's authentication. */
export class Chap {
  #state: 'algorithm' | 'response' | 'done' = 'algorithm';
  #algorithm = ALGORITHMS[0];
  #identifier = 0;
  #challenge: Buffer = Buffer.alloc(0);

  constructor(
    private readonly credentials: ChapCredentials,
    private readonly random: (length: number) => Buffer = randomBytes,
  ) {}

  get done(): boolean {
    return this.#state === 'done';
  }

  static isKey(key: string): boolean {
    return KEYS.has(key);
  }

  /** Answers the CHAP keys of one request. Throws {@link ChapError}. */
  answer(pairs: readonly Pair[]): Pair[] {
    const said = new Map(pairs);
    if (said.size !== pairs.length) throw new ChapError('a CHAP key came twice');
    switch (this.#state) {
      case 'algorithm':
        return this.#ask(said);
      case 'response':
        return this.#check(said);
      case 'done':
        throw new ChapError('CHAP was over already');
    }
  }

  #ask(said: ReadonlyMap<string, string>): Pair[] {
    const offered = readList(said.get('CHAP_A') ?? '').map(readNumber);
    if (said.size !== 1) throw new ChapError('CHAP begins with CHAP_A alone');
    this.#algorithm = offered.flatMap((number) => ALGORITHMS.filter((known) => known.number === number))[0];
    if (this.#algorithm === undefined) throw new ChapError('no CHAP algorithm in common');
    this.#identifier = this.random(1).readUInt8(0);
    this.#challenge = this.random(this.#algorithm.length);
    this.#state = 'response';
    return [
      ['CHAP_A', String(this.#algorithm.number)],
      ['CHAP_I', String(this.#identifier)],
      ['CHAP_C', writeBinary(this.#challenge)],
    ];
  }

  #check(said: ReadonlyMap<string, string>): Pair[] {
    const algorithm = this.#algorithm;
    const response = readBinary(said.get('CHAP_R') ?? '');
    if (algorithm === undefined || response === undefined) throw new ChapError('no CHAP response');
    const { user, secret } = this.credentials;
    const expected = chapResponse(algorithm.hash, this.#identifier, secret, this.#challenge);
    const right = response.length === expected.length && timingSafeEqual(response, expected);
    if (!right || said.get('CHAP_N') !== user) throw new ChapError('wrong CHAP name or response');
    if (said.has('CHAP_A')) throw new ChapError('CHAP_A is out of place');
    const answers = this.#prove(algorithm.hash, said);
    this.#state = 'done';
    return answers;
  }

  /** Answers the initiator's own challenge, if it sent one. */
  #prove(hash: string, said: ReadonlyMap<string, string>): Pair[] {
    if (!said.has('CHAP_I') && !said.has('CHAP_C')) return [];
    const { mutual } = this.credentials;
    if (mutual === undefined) throw new ChapError('this target has no secret to prove itself with');
    const identifier = readNumber(said.get('CHAP_I') ?? '');
    const challenge = readBinary(said.get('CHAP_C') ?? '');
    if (identifier === undefined || identifier > 255 || challenge === undefined) {
      throw new ChapError('no CHAP challenge');
    }
    // Else an attacker could have its own challenge answered by the other side.
    if (challenge.equals(this.#challenge)) throw new ChapError('the challenge was reflected');
    return [
      ['CHAP_N', mutual.user],
      ['CHAP_R', writeBinary(chapResponse(hash, identifier, mutual.secret, challenge))],
    ];
  }
}
