import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unclaimedNeed, unmetByKernel, type Claims } from './needs.js';

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

test('a test of drives, or with drives, does not apply to a kernel that cannot log in to them', () => {
  const poor = { label: '6.1', lacks: ['CONFIG_OTHER', 'CONFIG_ISCSI_TCP'] };
  const reason =
    'kernel 6.1 lacks CONFIG_ISCSI_TCP, by which nodes reach drives (`ulogcheck kernels config`)';
  assert.equal(unmetByKernel({ underTest: 'drive' }, poor), reason);
  assert.equal(unmetByKernel({ underTest: 'kernel', needs: { initiator: true } }, poor), reason);
  assert.equal(unmetByKernel({ underTest: 'kernel', needs: { logs: 'disk' } }, poor), undefined);
  assert.equal(unmetByKernel({ underTest: 'drive' }, { ...poor, lacks: ['CONFIG_OTHER'] }), undefined);
});
