/** What a version is found to be; `unjudged` when nothing can be said about it, which git calls skipped. */
export type Finding = 'good' | 'bad' | 'unjudged';

/** How far the search has come when it is about to ask for a version. */
export interface Progress {
  /** Versions between the last good and the first bad one that are still to be considered, the asked one included. */
  readonly candidates: number;
  /** How many more must be asked at most, the asked one included, if all can be judged. */
  readonly steps: number;
}

/** Where good turns into bad. */
export interface Border<T> {
  /** The last version that was found good. */
  readonly good: T;
  /** The first version that was found bad. */
  readonly bad: T;
  /** Versions between the two that could not be judged, in their order; the first bad one may be any of them. */
  readonly unjudged: readonly T[];
}

/** Upper bound for the number of versions that are asked when `candidates` lie between good and bad. */
export function stepsFor(candidates: number): number {
  return candidates === 0 ? 0 : Math.floor(Math.log2(candidates)) + 1;
}

/** The candidate that is nearest to the middle of all between `low` and `high`; the older one of two. */
function middleOf(candidates: readonly number[], low: number, high: number): number {
  const middle = (low + high) / 2;
  return candidates.reduce((best, one) => (Math.abs(one - middle) < Math.abs(best - middle) ? one : best));
}

/**
 * Searches `versions`, of which the first is known to be good and the last to be bad, for a place where good turns into
 * bad, by halving. A version that cannot be judged is left out, and its nearest neighbour asked instead, as
 * `git bisect skip` does. `judge` is asked at most once for each version, never for the first and the last. With several
 * such places one of them is found. Throws what `judge` throws, and RangeError for less than two versions.
 */
export async function searchBorder<T>(
  versions: readonly T[],
  judge: (version: T, progress: Progress) => Promise<Finding>,
): Promise<Border<T>> {
  if (versions.length < 2) throw new RangeError('a search needs a good and a bad version');
  const unjudged = new Set<number>();
  let low = 0;
  let high = versions.length - 1;
  for (;;) {
    const between = indicesBetween(low, high);
    const candidates = between.filter((index) => !unjudged.has(index));
    if (candidates.length === 0) {
      return {
        good: versions[low] as T,
        bad: versions[high] as T,
        unjudged: between.map((index) => versions[index] as T),
      };
    }
    const asked = middleOf(candidates, low, high);
    const progress = { candidates: candidates.length, steps: stepsFor(candidates.length) };
    const finding = await judge(versions[asked] as T, progress);
    switch (finding) {
      case 'good':
        low = asked;
        break;
      case 'bad':
        high = asked;
        break;
      case 'unjudged':
        unjudged.add(asked);
        break;
    }
  }
}

function indicesBetween(low: number, high: number): number[] {
  return Array.from({ length: high - low - 1 }, (_unused, offset) => low + 1 + offset);
}
