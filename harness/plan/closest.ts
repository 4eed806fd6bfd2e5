/** The number of letters to insert, delete, replace or swap with their neighbour to get from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The edit distance; a word that contains the other is near however much longer it is. */
function distanceFrom(wanted: string, candidate: string): number {
  if (wanted.length > 2 && wanted !== candidate) {
    if (candidate.includes(wanted)) return 0.5;
    if (wanted.includes(candidate)) return 1.5;
  }
  return editDistance(wanted, candidate);
}

/** The candidates nearest to what `word` may have been meant to be, at most `limit`; case is ignored. */
export function nearMisses(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = word.toLowerCase();
  const tolerance = Math.max(1, Math.floor(wanted.length / 3));
  const scored: { readonly candidate: string; readonly distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const lower = candidate.toLowerCase();
    const distance = distanceFrom(wanted, lower);
    if (distance <= tolerance) scored.push({ candidate, distance });
  }
  scored.sort(
    (a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate, 'en', { numeric: true }),
  );
  const nearest = scored.filter(({ distance }) => distance === scored[0]?.distance);
  return nearest.slice(0, limit).map(({ candidate }) => candidate);
}

/** ` Did you mean LUID-03 or LUID-05?`, or nothing when no candidate is near. Begins with a blank. */
export function didYouMean(word: string, candidates: Iterable<string>, limit = 3): string {
  const near = nearMisses(word, candidates, limit);
  return near.length === 0 ? '' : ` Did you mean ${alternatives(near)}?`;
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(words: readonly string[], conjunction = 'or'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1) ?? ''}`;
}
