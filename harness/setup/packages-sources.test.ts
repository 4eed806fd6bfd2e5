import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  findMirror,
  mirrorFor,
  parseDeb822Sources,
  parseOneLineSources,
  securitySibling,
} from './packages-sources.js';

const DEB822 = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian/
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: trixie
Components: main

Types: deb
URIs: https://vendor.example/node_20.x
Suites: nodistro
Components: main
`;

describe('apt sources', () => {
  it('reads deb822 stanzas: several suites, folded lines, comments, disabled ones', () => {
    const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
    assert.deepEqual(parseDeb822Sources(DEB822), [
      { uri: 'http://mirror.example/debian', suite: 'bookworm', components: ['main'], signedBy: keyring },
      {
        uri: 'http://mirror.example/debian',
        suite: 'bookworm-updates',
        components: ['main'],
        signedBy: keyring,
      },
      { uri: 'http://mirror.example/debian-security', suite: 'bookworm-security', components: ['main'] },
      { uri: 'https://vendor.example/node_20.x', suite: 'nodistro', components: ['main'] },
    ]);
  });

  it('reads one-line entries with options and comments', () => {
    const text = `# deb http://old.example/debian buster main
deb [ arch=amd64 signed-by=/k.gpg ] http://mirror.example/debian trixie main contrib # why
deb-src http://mirror.example/debian trixie main
deb http://security.example trixie-security main
`;
    assert.deepEqual(parseOneLineSources(text), [
      {
        uri: 'http://mirror.example/debian',
        suite: 'trixie',
        components: ['main', 'contrib'],
        signedBy: '/k.gpg',
      },
      { uri: 'http://security.example', suite: 'trixie-security', components: ['main'] },
    ]);
  });

  it('takes the Debian archive and its security archive, not a vendor', () => {
    const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
    assert.deepEqual(findMirror(parseDeb822Sources(DEB822)), {
      main: 'http://mirror.example/debian',
      security: 'http://mirror.example/debian-security',
      signedBy: keyring,
    });
    assert.equal(
      findMirror(parseOneLineSources('deb https://vendor.example/repo stable-vendor main')),
      undefined,
    );
    assert.equal(findMirror(parseOneLineSources('deb http://ubuntu.example/ubuntu jammy main')), undefined);
    assert.equal(findMirror(parseOneLineSources('deb cdrom:[Debian]/ trixie main')), undefined);
    assert.equal(
      findMirror(parseOneLineSources('deb http://m.example/debian trixie-backports main')),
      undefined,
    );
  });

  it('falls back to the sibling of the main archive for security', () => {
    assert.deepEqual(findMirror(parseOneLineSources('deb http://m.example/pub/debian trixie main')), {
      main: 'http://m.example/pub/debian',
      security: 'http://m.example/pub/debian-security',
    });
    assert.equal(securitySibling('http://m.example/x'), 'http://m.example/debian-security');
  });

  it('asks for no security archive of a release that has none', () => {
    const mirror = { main: 'http://m.example/debian', security: 'http://m.example/debian-security' };
    assert.deepEqual(mirrorFor(mirror, 'bullseye'), mirror);
    for (const name of ['sid', 'experimental', 'trixie-backports']) {
      assert.deepEqual(mirrorFor(mirror, name), { ...mirror, security: undefined });
    }
  });
});
