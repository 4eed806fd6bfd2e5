import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flavourOf, offersOf, releaseOfPackage } from './offers.js';
import { sampleEntry, splitKernel, wholeKernel } from './sample-packages.js';

describe('the kernels of an archive', () => {
  it('are whole packages or parts, of one version each', () => {
    const { offers, missing } = offersOf('trixie', [
      ...wholeKernel('6.12.9+deb13-cloud-amd64', '6.12.9-1', 'trixie', 'trixie-security'),
      ...splitKernel('7.2.1+deb14-amd64', '7.2.1-1', 'sid'),
    ]);
    assert.deepEqual(missing, []);
    assert.deepEqual(
      offers.map(({ release, version, flavour, suites, packages }) => [
        release,
        version,
        flavour,
        suites.join(),
        packages.map(({ name }) => name.split('-')[1]).join(),
      ]),
      [
        ['6.12.9+deb13-cloud-amd64', '6.12.9', 'cloud', 'trixie,trixie-security', 'image'],
        ['7.2.1+deb14-amd64', '7.2.1', 'generic', 'sid', 'binary,modules,base'],
      ],
    );
  });

  it('with a part missing are none, and the part is named', () => {
    const release = '6.19.6+deb13-cloud-amd64';
    const listed = splitKernel(release, '6.19.6-2', 'trixie-backports').filter(
      ({ name }) => !/^linux-(modules|base)-/.test(name),
    );
    const { offers, missing } = offersOf('trixie-backports', listed);
    assert.deepEqual(offers, []);
    assert.deepEqual(missing, [
      { name: `linux-modules-${release}`, version: '6.19.6-2' },
      { name: `linux-base-${release}`, version: '6.19.6-2' },
    ]);
    const unlisted = missing.map((part) => ({ ...part, sha256: '', size: 5, unlisted: `pool/${part.name}` }));
    const completed = offersOf('trixie-backports', listed, unlisted);
    assert.deepEqual(completed.missing, []);
    assert.deepEqual(
      completed.offers[0]?.packages.map(({ unlisted: path }) => path),
      [undefined, `pool/linux-modules-${release}`, `pool/linux-base-${release}`],
    );
  });

  it('need parts of one version: those of another do not count', () => {
    const release = '7.2.1+deb14-amd64';
    const older = splitKernel(release, '7.2.1-1', 'sid').filter(({ name }) => name.includes('modules'));
    const newer = splitKernel(release, '7.2.1-2', 'sid').filter(({ name }) => !name.includes('modules'));
    assert.deepEqual(offersOf('sid', [...older, ...newer]).offers, []);
  });

  it('may be unsigned, where there is no signed image', () => {
    const version = '7.3.4-1';
    const release = '7.3.4+deb13-cloud-amd64';
    const parts = splitKernel(release, version, 'sid').slice(2);
    const unsigned = sampleEntry(`linux-binary-unsigned-${release}`, version, ['sid']);
    const old = '6.1.0-56-amd64';
    const { offers } = offersOf('sid', [
      ...parts,
      unsigned,
      ...wholeKernel(old, '6.1.9-1', 'sid'),
      sampleEntry(`linux-image-${old}-unsigned`, '6.1.9-1', ['sid']),
    ]);
    assert.deepEqual(
      offers.map(({ packages }) => packages[0]?.name),
      [unsigned.name, `linux-image-${old}`],
    );
  });

  it('are no packages that only mean the newest one, but these tell which that is', () => {
    const release = '6.12.9+deb13-cloud-amd64';
    const means = (version: string, image: string): string => `linux-image-${image} (= ${version})`;
    const { offers } = offersOf('trixie', [
      ...wholeKernel(release, '6.12.9-1', 'trixie'),
      ...wholeKernel('6.12.8+deb13-cloud-amd64', '6.12.8-1', 'trixie'),
      sampleEntry('linux-image-6.12-cloud-amd64', '6.12.9-1', ['trixie'], means('6.12.9-1', release)),
      sampleEntry('linux-image-cloud-amd64', '6.12.9-1', ['trixie'], means('6.12.9-1', release)),
      sampleEntry(
        'linux-image-cloud-amd64',
        '6.12.8-1',
        ['trixie'],
        means('6.12.8-1', '6.12.8+deb13-cloud-amd64'),
      ),
      sampleEntry(`linux-image-${release}-dbg`, '6.12.9-1', ['trixie']),
    ]);
    assert.deepEqual(
      offers.map((offer) => [offer.release, offer.isNewest]),
      [
        [release, true],
        ['6.12.8+deb13-cloud-amd64', false],
      ],
    );
  });
});

it('names of packages and releases', () => {
  assert.equal(releaseOfPackage('linux-binary-unsigned-7.3-amd64'), '7.3-amd64');
  assert.equal(releaseOfPackage('linux-image-6.1.0-56-amd64-unsigned'), '6.1.0-56-amd64');
  assert.equal(releaseOfPackage('linux-image-6.12.0-dbg'), undefined);
  assert.equal(releaseOfPackage('linux-headers-6.12.0-amd64'), undefined);
  assert.equal(releaseOfPackage('linux-image-amd64'), undefined);
  assert.deepEqual(['6.1.0-56-cloud-amd64', '6.1.0-56-rt-amd64', '6.1.0-56-amd64', '6.12.0'].map(flavourOf), [
    'cloud',
    'rt',
    'generic',
    'generic',
  ]);
});
