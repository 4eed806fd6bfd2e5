import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSources, sourceVersion } from './source-package.js';

const HASHES = ['a'.repeat(64), 'b'.repeat(64)] as const;

const TEXT = `Package: lvm2
Format: 3.0 (quilt)
Binary: lvm2, dmsetup
Version: 2.03.31-2
Checksums-Sha256:
 ${HASHES[0]} 2466 lvm2_2.03.31-2.dsc
 ${HASHES[1]} 1941624 lvm2_2.03.31.orig.tar.xz
Files:
 1def067751cbba872776b3f21f68bcc1 2466 lvm2_2.03.31-2.dsc
Directory: pool/main/l/lvm2

Package: half
Version: 1-1
`;

describe('lists of sources', () => {
  it('tell the files of a source package with their hashes; a stanza without is left out', () => {
    assert.deepEqual(parseSources(TEXT), [
      {
        name: 'lvm2',
        version: '2.03.31-2',
        files: [
          { name: 'lvm2_2.03.31-2.dsc', sha256: HASHES[0], size: 2466 },
          { name: 'lvm2_2.03.31.orig.tar.xz', sha256: HASHES[1], size: 1_941_624 },
        ],
      },
    ]);
    assert.deepEqual(parseSources(''), []);
  });

  it('know the sources of a package that was only built again', () => {
    assert.equal(sourceVersion('2.03.31-2+b1'), '2.03.31-2');
    assert.equal(sourceVersion('2.03.11-2.1'), '2.03.11-2.1');
    assert.equal(sourceVersion('2.03.31-2+deb13u1'), '2.03.31-2+deb13u1');
  });
});
