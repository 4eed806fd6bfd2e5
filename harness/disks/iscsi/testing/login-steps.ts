import assert from 'node:assert/strict';
import { loginRequest, type LoginRequest } from '../initiator-pdus.js';
import type { Login, LoginRules, LoginStep } from '../login.js';
import { DEFAULT_WISHES } from '../parameters.js';
import { readText, writeText, type Pair } from '../text.js';

/** A login, step by step, as its unit tests play it: without sockets. */

export const RULES: LoginRules = {
  targetName: 'iqn.2026-11.invalid.ulogcheck:t',
  portalGroupTag: 1,
  wishes: DEFAULT_WISHES,
  agreedIn: () => undefined,
};
export const CHAP = {
  user: 'me',
  secret: 'a secret of mine',
  mutual: { user: 'you', secret: 'another of yours' },
};
export const WHO: Pair[] = [
  ['InitiatorName', 'iqn.x:i'],
  ['TargetName', RULES.targetName],
];
export const SECURITY = { currentStage: 0, nextStage: 1 };
const OPERATIONAL = { currentStage: 1, nextStage: 3 };

/** A login request of the operational stage that wants to leave it, with other values where they are given. */
export function request(values: Partial<LoginRequest>): LoginRequest {
  const all = { immediate: true, transit: true, ...OPERATIONAL, itt: 1, cmdSn: 1, ...values };
  return loginRequest.read(loginRequest.write(all));
}

/** What a login answers to such a request with these pairs. */
export function step(login: Login, values: Partial<LoginRequest>, pairs: readonly Pair[]): LoginStep {
  return login.step(request(values), writeText(pairs));
}

/** The pairs of an answer that is no refusal. */
export function said(answer: LoginStep): Map<string, string> {
  assert.notEqual(answer.kind, 'refuse');
  return new Map(answer.kind === 'refuse' ? [] : readText(answer.text));
}
