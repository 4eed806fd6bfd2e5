import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chap, ChapError, chapResponse } from './chap.js';
import { Login } from './login.js';
import { CHAP, RULES, said, SECURITY, step, WHO } from './testing/login-steps.js';
import type { Pair } from './text.js';

describe('CHAP', () => {
  it('answers with the digest of identifier, secret and challenge (RFC 1994)', () => {
    assert.equal(
      chapResponse('md5', 1, 'secret', Buffer.from('challenge')).toString('hex'),
      // Of md5sum, over the byte 01 and the two words.
      '46e47770030e2b4e26a0db72a7efec00',
    );
  });

  for (const [number, hash, length] of [
    [5, 'md5', 16],
    [7, 'sha256', 32],
  ] as const) {
    it(`lets in who knows the secret, and proves itself with the other one: ${hash}`, () => {
      const login = new Login({ ...RULES, chap: CHAP });
      const first = step(login, SECURITY, [...WHO, ['AuthMethod', 'CHAP,None']]);
      assert.equal(said(first).get('AuthMethod'), 'CHAP');
      assert.ok(first.kind === 'more' && !first.transit);
      const asked = said(step(login, { ...SECURITY, transit: false }, [['CHAP_A', `${number},5`]]));
      assert.equal(asked.get('CHAP_A'), String(number));
      const challenge = Buffer.from(asked.get('CHAP_C')?.slice(2) ?? '', 'hex');
      assert.equal(challenge.length, length);
      const response = chapResponse(hash, Number(asked.get('CHAP_I')), CHAP.secret, challenge);
      const proof = step(login, SECURITY, [
        ['CHAP_N', 'me'],
        ['CHAP_R', `0x${response.toString('hex')}`],
        ['CHAP_I', '9'],
        ['CHAP_C', '0x0102'],
      ]);
      const expected = chapResponse(hash, 9, CHAP.mutual.secret, Buffer.of(1, 2));
      assert.deepEqual(
        [...said(proof)],
        [
          ['CHAP_N', 'you'],
          ['CHAP_R', `0x${expected.toString('hex')}`],
        ],
      );
      assert.ok(proof.kind === 'more' && proof.transit);
      assert.equal(step(login, {}, []).kind, 'enter');
    });
  }

  /** A challenge was given; what is said next is refused with this message. */
  function refusal(
    pairs: (response: string, challenge: string) => Pair[],
    credentials: typeof CHAP | { user: string; secret: string } = CHAP,
  ): string {
    const chap = new Chap(credentials);
    const asked = new Map(chap.answer([['CHAP_A', '5']]));
    const challenge = asked.get('CHAP_C') ?? '';
    const right = chapResponse(
      'md5',
      Number(asked.get('CHAP_I')),
      CHAP.secret,
      Buffer.from(challenge.slice(2), 'hex'),
    );
    try {
      chap.answer(pairs(`0x${right.toString('hex')}`, challenge));
    } catch (error) {
      assert.ok(error instanceof ChapError);
      assert.equal(chap.done, false);
      return error.message;
    }
    return 'let in';
  }

  it('lets nobody else in', () => {
    const n: Pair = ['CHAP_N', 'me'];
    assert.equal(
      refusal((r) => [n, ['CHAP_R', r]]),
      'let in',
    );
    assert.match(
      refusal((r) => [
        ['CHAP_N', 'Me'],
        ['CHAP_R', r],
      ]),
      /wrong/,
    );
    assert.match(
      refusal((r) => [['CHAP_R', r]]),
      /wrong/,
    );
    assert.match(
      refusal((r) => [n, ['CHAP_R', r.replace(/.$/, (c) => (c === '0' ? '1' : '0'))]]),
      /wrong/,
    );
    assert.match(
      refusal((r) => [n, ['CHAP_R', r.slice(0, -2)]]),
      /wrong/,
    );
    assert.match(
      refusal(() => [n]),
      /no CHAP response/,
    );
    assert.match(
      refusal((r) => [n, ['CHAP_R', r], ['CHAP_R', r]]),
      /twice/,
    );
    assert.match(
      refusal((r) => [n, ['CHAP_R', r], ['CHAP_I', '256'], ['CHAP_C', '0x00']]),
      /no CHAP challenge/,
    );
    assert.match(
      refusal((r) => [n, ['CHAP_R', r], ['CHAP_I', '1']]),
      /no CHAP challenge/,
    );
    assert.match(
      refusal((r, c) => [n, ['CHAP_R', r], ['CHAP_I', '1'], ['CHAP_C', c]]),
      /reflected/,
    );
    const oneWay = { user: CHAP.user, secret: CHAP.secret };
    assert.match(
      refusal((r) => [n, ['CHAP_R', r], ['CHAP_I', '1'], ['CHAP_C', '0x00']], oneWay),
      /no secret/,
    );
  });

  it('begins with an algorithm that both know', () => {
    for (const offer of ['', '6', '8,6', 'MD5']) {
      assert.throws(() => new Chap(CHAP).answer([['CHAP_A', offer]]), ChapError);
    }
    assert.throws(
      () =>
        new Chap(CHAP).answer([
          ['CHAP_N', 'me'],
          ['CHAP_R', '0x00'],
        ]),
      ChapError,
    );
    assert.deepEqual(new Chap(CHAP).answer([['CHAP_A', '6,7,5']])[0], ['CHAP_A', '7']);
  });

  it('asks something else each time', () => {
    const challenges = Array.from({ length: 50 }, () =>
      new Map(new Chap(CHAP).answer([['CHAP_A', '5']])).get('CHAP_C'),
    );
    assert.equal(new Set(challenges).size, 50);
  });
});
