/**
 * What is known of moments that nobody saw: when the operation that is being looked at took effect ("now"), and when
 * each present lease began. A zone is a set of upper bounds on differences of moments, as timed automata use them
 * (difference bound matrices); it says exactly which orders and expiries are possible together. Times are whole ticks.
 */

/** Moments 0 and 1: the beginning of time, and now. */
const ORIGIN = 0;
const NOW = 1;

/** Immutable. Bound [i][j] is the most by which moment i is later than moment j. */
export interface Zone {
  /** What the moments from 2 on are called. */
  readonly names: readonly bigint[];
  readonly bounds: readonly (readonly number[])[];
}

/** Nothing happened yet. */
export const ANYTIME: Zone = {
  names: [],
  bounds: [
    [0, Infinity],
    [Infinity, 0],
  ],
};

const bound = (bounds: readonly (readonly number[])[], i: number, j: number) => bounds[i]?.[j] ?? Infinity;

/** All bounds that follow from the given ones; undefined when they contradict each other. */
function closed(names: readonly bigint[], bounds: number[][]): Zone | undefined {
  const size = bounds.length;
  for (let via = 0; via < size; via += 1)
    for (const [i, row] of bounds.entries()) {
      const first = row[via] ?? Infinity;
      if (first === Infinity) continue;
      for (let j = 0; j < size; j += 1) row[j] = Math.min(row[j] ?? Infinity, first + bound(bounds, via, j));
      if (bound(bounds, i, i) < 0) return undefined;
    }
  return { names, bounds };
}

function tightened(
  zone: Zone,
  ...limits: readonly (readonly [i: number, j: number, most: number])[]
): Zone | undefined {
  const bounds = zone.bounds.map((row) => [...row]);
  for (const [i, j, most] of limits) {
    const row = bounds[i];
    if (row !== undefined) row[j] = Math.min(row[j] ?? Infinity, most);
  }
  return closed(zone.names, bounds);
}

/** Time goes on: now is not before it was, and between `from` and `to`. Undefined: it cannot be. */
export function advanced(zone: Zone, from: number, to: number): Zone | undefined {
  const later = zone.bounds.map((row, i) =>
    i === NOW ? row.map((_, j) => (j === NOW ? 0 : Infinity)) : row,
  );
  return tightened({ ...zone, bounds: later }, [NOW, ORIGIN, to], [ORIGIN, NOW, -from]);
}

/** The same, where the named moment is at most `most` ticks ago. */
export function within(zone: Zone, name: bigint, most: number): Zone | undefined {
  return tightened(zone, [NOW, zone.names.indexOf(name) + 2, most]);
}

/** The same, where the named moment is at least `least` ticks ago. */
export function beyond(zone: Zone, name: bigint, least: number): Zone | undefined {
  return tightened(zone, [zone.names.indexOf(name) + 2, NOW, -least]);
}

/** The zone with these names only; names that it does not know are now. */
export function withNames(zone: Zone, names: readonly bigint[]): Zone {
  const sources = [
    ORIGIN,
    NOW,
    ...names.map((name) => (zone.names.includes(name) ? zone.names.indexOf(name) + 2 : NOW)),
  ];
  return { names, bounds: sources.map((i) => sources.map((j) => bound(zone.bounds, i, j))) };
}

/** True when everything that `inner` allows is allowed by `outer`, which has the same names in the same order. */
export function contains(outer: Zone, inner: Zone): boolean {
  return outer.bounds.every((row, i) => row.every((most, j) => most >= bound(inner.bounds, i, j)));
}
