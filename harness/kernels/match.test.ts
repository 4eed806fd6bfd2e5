import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchOffers } from './match.js';
import { codenameOf } from './meant.js';
import { offersOf, type KernelOffer } from './offers.js';
import { sampleEntry, splitKernel, wholeKernel } from './sample-packages.js';
import { parseSpec, type DebianSpec } from './spec.js';
import { closestText } from './suggest.js';

/** As several archives offer them: two builds of 6.12.107, two packages of 6.12.90, one candidate. */
const OFFERS: readonly KernelOffer[] = [
  ...offersOf('bullseye', wholeKernel('5.10.0-46-cloud-amd64', '5.10.262-1', 'bullseye-security')).offers,
  ...offersOf('bookworm', [
    ...wholeKernel('6.1.0-56-cloud-amd64', '6.1.192-2', 'bookworm-security'),
    ...wholeKernel('6.1.0-55-cloud-amd64', '6.1.192-1', 'bookworm-security'),
    ...wholeKernel('6.1.0-56-amd64', '6.1.192-2', 'bookworm-security'),
    ...wholeKernel('6.12.107+deb12-cloud-amd64', '6.12.107-1~deb12u1', 'bookworm-security'),
  ]).offers,
  ...offersOf('trixie', [
    ...wholeKernel('6.12.107+deb13-cloud-amd64', '6.12.107-1', 'trixie', 'trixie-security'),
    ...wholeKernel('6.12.90+deb13-cloud-amd64', '6.12.90-1', 'trixie-security'),
    ...wholeKernel('6.12.90+deb13.1-cloud-amd64', '6.12.90-2', 'trixie-security'),
    sampleEntry(
      'linux-image-cloud-amd64',
      '6.12.107-1',
      ['trixie'],
      'linux-image-6.12.107+deb13-cloud-amd64 (= 6.12.107-1)',
    ),
  ]).offers,
  ...offersOf('trixie-backports', [
    ...splitKernel('7.2.12+deb13-cloud-amd64', '7.2.12-1~bpo13+1', 'trixie-backports'),
  ]).offers,
  ...offersOf('forky', splitKernel('7.2.12+deb14-cloud-amd64', '7.2.12-1', 'forky')).offers,
  ...offersOf('experimental', splitKernel('7.3-cloud-amd64', '7.3~rc7-1~exp1', 'experimental')).offers,
];

function spec(text: string): DebianSpec {
  const parsed = parseSpec(text, () => undefined);
  assert.ok(parsed.source === 'debian');
  return parsed;
}

const OPTIONS = { flavour: 'cloud', stable: 'trixie' } as const;

function releases(text: string): string[] {
  return matchOffers(spec(text), OFFERS, OPTIONS).map(({ release }) => release);
}

describe('which kernels a spec means', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['stable', ['6.12.107+deb13-cloud-amd64']],
    ['latest', ['7.2.12+deb14-cloud-amd64']],
    ['6.1', ['6.1.0-56-cloud-amd64']],
    ['6.1:generic', ['6.1.0-56-amd64']],
    ['6.12.*', ['6.12.90+deb13.1-cloud-amd64', '6.12.107+deb13-cloud-amd64']],
    ['7.3-rc', ['7.3-cloud-amd64']],
    ['7.3-rc7', ['7.3-cloud-amd64']],
    ['7.3', []],
    ['6.12.107', ['6.12.107+deb13-cloud-amd64']],
    ['6.12.90-1', ['6.12.90+deb13-cloud-amd64']],
    ['6.12.107+deb12', ['6.12.107+deb12-cloud-amd64']],
    ['6.12.107-1~deb12u1', ['6.12.107+deb12-cloud-amd64']],
    ['6.1.0-56', ['6.1.0-56-cloud-amd64']],
    ['6.1.0-56-amd64', ['6.1.0-56-amd64']],
    ['linux-image-6.1.0-55-cloud-amd64', ['6.1.0-55-cloud-amd64']],
    ['linux-image-7.2.12+deb14-cloud-amd64', ['7.2.12+deb14-cloud-amd64']],
    ['linux-modules-7.2.12+deb14-cloud-amd64', ['7.2.12+deb14-cloud-amd64']],
    ['trixie-backports/7.2.12', ['7.2.12+deb13-cloud-amd64']],
    ['trixie-backports/*', ['7.2.12+deb13-cloud-amd64']],
    ['bookworm-security/6.12', ['6.12.107+deb12-cloud-amd64']],
    ['bookworm/6.12', []],
    [
      'debian/each',
      [
        '5.10.0-46-cloud-amd64',
        '6.1.0-56-cloud-amd64',
        '6.12.107+deb13-cloud-amd64',
        '7.2.12+deb14-cloud-amd64',
        '7.3-cloud-amd64',
      ],
    ],
    [
      'debian/all',
      [
        '5.10.0-46-cloud-amd64',
        '6.1.0-56-cloud-amd64',
        '6.12.90+deb13.1-cloud-amd64',
        '6.12.107+deb13-cloud-amd64',
        '7.2.12+deb14-cloud-amd64',
        '7.3-cloud-amd64',
      ],
    ],
    ['6.13', []],
    ['6.12.1', []],
  ];
  for (const [text, expected] of cases) {
    it(`${text}: ${expected.join(', ') || 'none'}`, () => assert.deepEqual(releases(text), expected));
  }

  it('every build of a pattern, where that is asked', () => {
    const all = matchOffers(spec('6.1.*'), OFFERS, { ...OPTIONS, everyBuild: true });
    assert.deepEqual(
      all.map(({ release }) => release),
      ['6.1.0-55-cloud-amd64', '6.1.0-56-amd64', '6.1.0-56-cloud-amd64'],
    );
  });
});

it('says what an unknown one may have meant', () => {
  const text = (wanted: string): string => closestText(spec(wanted), OFFERS, 'cloud');
  assert.equal(text('6.13'), 'There are 5.10, 6.1, 6.12, 7.2, 7.3.');
  assert.equal(text('7.3'), 'Of 7.3 there are release candidates only: say 7.3-rc.');
  assert.equal(text('6.12.99'), 'Of 6.12 there are 6.12.90, 6.12.107.');
  assert.equal(text('stabel'), 'Did you mean stable?');
  assert.equal(text('bullseye/6.1'), 'The mirror has no kernel in bullseye.');
  assert.match(text('kernel'), /^There are 5\.10, /);
});

it('`cached` means all that is there, of one flavour if the spec says so', () => {
  assert.equal(releases('cached').length, OFFERS.length);
  assert.deepEqual(releases('cached:generic'), ['6.1.0-56-amd64']);
});

it('the suites that words of Debian mean have codenames', () => {
  assert.deepEqual(
    ['stable', 'stable-backports', 'stable-security', 'unstable', 'oldstables', 'trixie'].map((suite) =>
      codenameOf(suite, 'trixie'),
    ),
    ['trixie', 'trixie-backports', 'trixie-security', 'sid', 'oldstables', 'trixie'],
  );
});
