import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unclaimedNeed, type Claims } from './needs.js';

const least: Claims = { logs: ['core'], integratedFlush: false };
const all: Claims = { logs: ['core', 'disk'], integratedFlush: true };

test('a test without needs applies to every daemon', () => {
  assert.equal(unclaimedNeed(undefined, 'mine', least), undefined);
  assert.equal(unclaimedNeed({}, 'mine', least), undefined);
  assert.equal(unclaimedNeed({ logs: 'core' }, 'mine', least), undefined);
});

test('a test applies to a daemon that claims all that it needs', () => {
  assert.equal(unclaimedNeed({ logs: 'disk', integratedFlush: true }, 'mine', all), undefined);
});

test('the reason names the profile and the claim that is missing', () => {
  assert.equal(
    unclaimedNeed({ logs: 'disk' }, 'mine', least),
    'the profile mine does not claim disk logs (claims.logs: core)',
  );
  assert.equal(
    unclaimedNeed({ logs: 'disk', integratedFlush: true }, 'mine', { ...all, integratedFlush: false }),
    'the profile mine does not claim integrated flush (claims.integratedFlush: false)',
  );
});
