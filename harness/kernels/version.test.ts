import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  comparePackageVersions,
  compareVersions,
  isCandidate,
  parseVersion,
  seriesOf,
  upstreamVersion,
  versionOfRelease,
} from './version.js';

describe('versions of Linux', () => {
  it('come out of those of Debian packages', () => {
    assert.deepEqual(
      ['6.12.117-1', '7.3~rc7-1~exp1', '7.2.12-1~bpo13+1', '6.1.180-1~deb11u1', '1:5.10.262-1', '7.3-1'].map(
        upstreamVersion,
      ),
      ['6.12.117', '7.3-rc7', '7.2.12', '6.1.180', '5.10.262', '7.3'],
    );
  });

  it('come out of releases, as far as these tell', () => {
    assert.deepEqual(
      ['6.12.117+deb13-cloud-amd64', '6.9.0-rc3-00012-gabc', '6.12.0-dirty', 'local'].map(versionOfRelease),
      ['6.12.117', '6.9.0-rc3', '6.12.0', 'local'],
    );
  });

  it('are ordered: candidates before their release', () => {
    const ordered = [
      '5.10.262',
      '6.1',
      '6.1.192',
      '6.12.9',
      '6.12.90',
      '6.12.100',
      '7.3-rc2',
      '7.3-rc10',
      '7.3',
    ];
    assert.deepEqual([...ordered].reverse().sort(compareVersions), ordered);
    assert.equal(compareVersions('7.3', '7.3'), 0);
    assert.ok(compareVersions('local', '2.6') < 0);
  });

  it('have a series', () => {
    assert.deepEqual(['6.12.117', '7.3-rc7', '6.1'].map(seriesOf), ['6.12', '7.3', '6.1']);
    assert.deepEqual([isCandidate('7.3-rc7'), isCandidate('7.3.4')], [true, false]);
    assert.equal(parseVersion('6'), undefined);
    assert.equal(parseVersion('6.1.2.3'), undefined);
  });
});

describe('versions of Debian packages', () => {
  it('are ordered as dpkg does', () => {
    const ordered = [
      '6.12.90-1~bpo12+1',
      '6.12.90-1',
      '6.12.90-2~bpo12+1',
      '6.12.90-2',
      '6.12.100-1',
      '7.3~rc7-1~exp1',
      '7.3-1',
      '7.3.4-1~bpo13+1',
      '1:1-1',
    ];
    assert.deepEqual([...ordered].reverse().sort(comparePackageVersions), ordered);
    for (const [older, newer] of [
      ['1.0', '1.0-0.1'],
      ['1.0a', '1.0b'],
      ['1.0a', '1.0+'],
      ['1~~', '1~'],
      ['1~', '1'],
      ['1.9', '1.10'],
    ] as const) {
      assert.ok(comparePackageVersions(older, newer) < 0, `${older} < ${newer}`);
    }
    assert.equal(comparePackageVersions('1.0', '1.00'), 0);
    assert.equal(comparePackageVersions('0:1.0-1', '1.0-1'), 0);
  });

  it('have an order that holds both ways', () => {
    const version = fc.stringMatching(/^[0-9][0-9a-z.~+-]{0,8}$/);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const sign = Math.sign(comparePackageVersions(a, b));
        assert.equal(sign + Math.sign(comparePackageVersions(b, a)), 0);
        if (sign <= 0 && comparePackageVersions(b, c) <= 0) assert.ok(comparePackageVersions(a, c) <= 0);
      }),
    );
  });
});
