import type { KnownDefect, Requirement } from '../../conformance/requirements/catalogue.js';

const BOUND = /^(>=|<=|<|>|=)?(\d+(?:\.\d+)*)$/;

function numbersOf(version: string): number[] {
  return version.split('.').map(Number);
}

/** Compares as many numbers as `bound` has, so that 6.12.107 equals 6.12. */
function compare(version: readonly number[], bound: readonly number[]): number {
  for (const [index, wanted] of bound.entries()) {
    const difference = (version[index] ?? 0) - wanted;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether a kernel release such as `6.12.107+deb13-cloud-amd64` lies in `range`: bounds separated by blanks,
 * all of which must hold (`>=6.6 <7.4`), compared in as many numbers as the bound has. A release that does not
 * begin with a version lies in no range. Throws for a range that is not of this form.
 */
export function kernelInRange(release: string, range: string): boolean {
  const version = /^\d+(?:\.\d+)*/.exec(release)?.[0];
  const bounds = range.trim().split(/\s+/);
  return bounds.every((bound) => {
    const [, operator = '=', limit] = BOUND.exec(bound) ?? [];
    if (limit === undefined) {
      throw new Error(`"${range}" is no range of kernels: "${bound}" should be a bound such as >=6.6`);
    }
    if (version === undefined) return false;
    const order = compare(numbersOf(version), numbersOf(limit));
    switch (operator) {
      case '>=':
        return order >= 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '<':
        return order < 0;
      default:
        return order === 0;
    }
  });
}

/**
 * Whether failures are those of a known defect, as far as it says what is seen in them: another one must not hide
 * behind it. A failure that nobody described is not known.
 */
export function isOfDefect(
  { shows }: Pick<KnownDefect, 'shows'>,
  failures: readonly { readonly seen: string }[],
): boolean {
  if (shows === undefined) return true;
  const pattern = new RegExp(shows);
  return failures.length > 0 && failures.every(({ seen }) => pattern.test(seen));
}

/** The defect against a requirement that a kernel of this version of Linux is known to have; undefined without one. */
export function knownDefectOn(
  version: string,
  requirement: Pick<Requirement, 'knownDefect'> | undefined,
): KnownDefect | undefined {
  const defect = requirement?.knownDefect;
  return defect !== undefined && kernelInRange(version, defect.kernels) ? defect : undefined;
}
