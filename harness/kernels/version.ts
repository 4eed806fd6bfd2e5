/** The kernel's own version, without what a distribution adds to it. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  /** 0 for the first release of a series. */
  readonly patch: number;
  /** Number of the release candidate; undefined for a release. */
  readonly candidate: number | undefined;
}

/** Parses `6.12.117`, `7.3`, `7.3-rc7`; undefined for anything else. */
export function parseVersion(text: string): KernelVersion | undefined {
  const [, major, minor, patch, candidate] = /^(\d+)\.(\d+)(?:\.(\d+))?(?:-rc(\d+))?$/.exec(text) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    candidate: candidate === undefined ? undefined : Number(candidate),
  };
}

/** Below 0 if `a` is older. A release candidate is older than its release; what is no version is older than all. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined) {
    if (left === right) return a < b ? -1 : a > b ? 1 : 0;
    return left === undefined ? -1 : 1;
  }
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    (left.candidate ?? Infinity) - (right.candidate ?? Infinity) ||
    0
  );
}

/** `6.12.117` -> `6.12`: the series. */
export function seriesOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

/** Whether it is a release candidate. */
export function isCandidate(version: string): boolean {
  return parseVersion(version)?.candidate !== undefined;
}

/** Linux's own version out of the version of Debian's package: `7.3~rc7-1~exp1` -> `7.3-rc7`. */
export function upstreamVersion(packageVersion: string): string {
  return packageVersion
    .replace(/^\d+:/, '')
    .replace(/-[^-]*$/, '')
    .replace(/~rc/, '-rc');
}

/** Linux's own version out of what `uname -r` says, as far as it tells: `6.12.9-rc1-dirty` -> `6.12.9-rc1`. */
export function versionOfRelease(release: string): string {
  return /^\d+\.\d+(\.\d+)?(-rc\d+)?/.exec(release)?.[0] ?? release;
}

/** Below 0 if `a` is the older version of a Debian package: deb-version(7), epochs included. */
export function comparePackageVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch, rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch ?? 0),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** `~` sorts before the end, the end before letters, letters before all else. */
function weight(character: string | undefined): number {
  if (character === '~') return -1;
  if (character === undefined || /\d/.test(character)) return 0;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

function compareParts(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !/\d/.test(a[i] ?? '')) || (j < b.length && !/\d/.test(b[j] ?? ''))) {
      const difference = weight(a[i]) - weight(b[j]);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const [left, right] = [/^\d*/.exec(a.slice(i))?.[0] ?? '', /^\d*/.exec(b.slice(j))?.[0] ?? ''];
    if (Number(left) !== Number(right)) return Number(left) - Number(right);
    i += left.length;
    j += right.length;
  }
  return 0;
}
