import type { KernelRun } from './model.js';

/** The parts of a version of Linux: `6.12.107`, `7.3-rc7`. A release candidate precedes its release. */
function partsOf(version: string): readonly number[] {
  const [, numbers = '', candidate] = /^(\d+(?:\.\d+)*)(?:-rc(\d+))?/.exec(version) ?? [];
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number);
  return [major, minor, patch, candidate === undefined ? Infinity : Number(candidate)];
}

/** Negative when `a` is the older version of Linux; what does not begin with a version is older than all. */
export function compareKernelVersions(a: string, b: string): number {
  const other = partsOf(b);
  for (const [index, part] of partsOf(a).entries()) {
    const against = other[index] ?? 0;
    if (part !== against) return part < against ? -1 : 1;
  }
  return 0;
}

type Ordered = Pick<KernelRun, 'version' | 'packageVersion' | 'label'>;

/** The kernels, oldest version first; those of one version by package, then by label. */
export function oldestFirst<K extends Ordered>(kernels: readonly K[]): K[] {
  const text = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
  return kernels.toSorted(
    (a, b) =>
      compareKernelVersions(a.version, b.version) ||
      text(a.packageVersion ?? '', b.packageVersion ?? '') ||
      text(a.label, b.label),
  );
}

/** Debian's flavour of a release: `cloud-amd64`, `amd64`, `rt-amd64`; empty for kernels of other makes. */
export function flavourOf(release: string): string {
  return /-((?:cloud-|rt-)?(?:amd64|arm64))$/.exec(release)?.[1] ?? '';
}

/** `6.12` of `6.12.107`, `7.3` of `7.3-rc7`. */
export function minorOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

/** The shortest of the texts about an entry that no other entry shares; the last one in any case. */
function shortestUnique(candidates: readonly (readonly string[])[]): string[] {
  return candidates.map((texts) => {
    const unique = texts.find(
      (text, place) => text !== '' && candidates.filter((others) => others[place] === text).length === 1,
    );
    return unique ?? texts.at(-1) ?? '';
  });
}

/**
 * What reports call each kernel of a run, by label: its version, with its flavour where two kernels of the run share
 * a version, its package's version where that is not enough, else its label.
 */
export function kernelNames(
  kernels: readonly Pick<KernelRun, 'label' | 'release' | 'version' | 'packageVersion'>[],
): ReadonlyMap<string, string> {
  const names = shortestUnique(
    kernels.map(({ label, release, version, packageVersion }) => {
      const flavour = flavourOf(release);
      return [version, flavour === '' ? '' : `${version} ${flavour}`, packageVersion ?? '', label];
    }),
  );
  return new Map(kernels.map(({ label }, index) => [label, names[index] ?? label]));
}
