import assert from 'node:assert/strict';
import { it } from 'node:test';
import { packagesText } from './packages.js';

it('tells how much is fetched', () => {
  const one = { name: 'a', version: '1', sha256: '', size: 250_000 };
  assert.equal(packagesText([one]), '1 package, 0.3 MB');
  assert.equal(packagesText([one, one]), '2 packages, 0.5 MB');
});
