import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { globMatches, KernelSpecError, parseSpec, parseSpecs, type PathKind, type Want } from './spec.js';

const nothing = (): PathKind => undefined;
const there =
  (...paths: string[]) =>
  (path: string): PathKind =>
    paths.includes(path) ? 'directory' : undefined;

function want(text: string): Want {
  const spec = parseSpec(text, nothing);
  assert.equal(spec.source, 'debian');
  return spec.want;
}

describe('a spec of a kernel', () => {
  it('is a word, a series, a candidate, a pattern or a name', () => {
    assert.deepEqual(want('stable'), { kind: 'stable' });
    assert.deepEqual(want('latest'), { kind: 'latest' });
    assert.deepEqual(want('cached'), { kind: 'cached' });
    assert.deepEqual(want('6.1'), { kind: 'series', series: '6.1' });
    assert.deepEqual(want('7.3-rc'), { kind: 'candidate', series: '7.3' });
    assert.deepEqual(want('6.12.*'), { kind: 'glob', pattern: '6.12.*' });
    for (const name of [
      '6.12.107',
      '7.3-rc7',
      '6.12.117-1',
      '7.3~rc7-1~exp1',
      '6.12.117+deb13-cloud-amd64',
      'linux-image-6.1.0-56-amd64',
      '6.1.0-56',
    ]) {
      assert.deepEqual(want(name), { kind: 'name', name });
    }
  });

  it('may be of one suite, or of all of Debian', () => {
    const spec = parseSpec('trixie-backports/7.2.12', nothing);
    assert.deepEqual(spec, {
      text: 'trixie-backports/7.2.12',
      source: 'debian',
      want: { kind: 'name', name: '7.2.12' },
      suite: 'trixie-backports',
      flavour: undefined,
    });
    assert.deepEqual(want('debian/all'), { kind: 'glob', pattern: '*' });
    assert.deepEqual(want('debian/each'), { kind: 'each' });
    assert.deepEqual(want('sid/*'), { kind: 'glob', pattern: '*' });
    const all = parseSpec('debian/6.1', nothing);
    assert.ok(all.source === 'debian' && all.suite === undefined);
  });

  it('may name its flavour', () => {
    const spec = parseSpec('6.1:generic', nothing);
    assert.ok(spec.source === 'debian' && spec.flavour === 'generic');
    assert.throws(() => parseSpec('6.1:big', nothing), {
      message: /"big" is no flavour; say cloud, generic, rt/,
    });
  });

  it('is a path if it looks like one, or if one is there', () => {
    for (const [text, path] of [
      ['.', '.'],
      ['..', '..'],
      ['./linux', './linux'],
      ['/usr/src/linux', '/usr/src/linux'],
      ['~/linux', join(homedir(), 'linux')],
      ['linux-image.deb', 'linux-image.deb'],
    ] as const) {
      assert.deepEqual(parseSpec(text, nothing), { text, source: 'path', path });
    }
    assert.equal(parseSpec('sid/linux', there('sid/linux')).source, 'path');
    assert.equal(parseSpec('sid/linux', nothing).source, 'debian');
  });

  it('comes several at a time, with commas', () => {
    const texts = (words: readonly string[], look: (path: string) => PathKind = nothing): string[] =>
      parseSpecs(words, look).map(({ text }) => text);
    assert.deepEqual(texts(['6.1, 6.12.*', 'stable']), ['6.1', '6.12.*', 'stable']);
    assert.deepEqual(texts(['./a,b'], there('./a,b')), ['./a,b']);
    assert.deepEqual(texts(['a.deb,b.deb']), ['a.deb', 'b.deb']);
  });

  it('is refused when it can be nothing', () => {
    for (const text of ['', '6.1,', '-1', '6.1 2', 'big house/6.1', 'foo/bar/baz', 'trixie/']) {
      assert.throws(() => parseSpecs([text], nothing), KernelSpecError, text);
    }
  });
});

it('a pattern matches versions as a whole', () => {
  assert.ok(globMatches('6.12.*', '6.12.117'));
  assert.ok(!globMatches('6.1.*', '6.12.117'));
  assert.ok(!globMatches('6.12.*', '16.12.1'));
  assert.ok(globMatches('7.?.4', '7.3.4'));
  assert.ok(globMatches('*', '7.3-rc7'));
  assert.ok(!globMatches('6+12', '6612'));
});
