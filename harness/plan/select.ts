import { basename } from 'node:path';
import picomatch from 'picomatch';
import type { Catalogue, Requirement } from '../../conformance/requirements/catalogue.js';
import { didYouMean, nearMisses } from './closest.js';
import type { ConformanceTest, Tier } from './definition.js';

/** What a run is about. */
export interface Selection {
  /** The requirements that the exit status looks at, in the order of the catalogue. */
  readonly requirements: readonly Requirement[];
  /** The tests to run, in the order of their definition. */
  readonly tests: readonly ConformanceTest[];
  /** Tests of selected requirements that only the full tier runs, left out of a quick run. */
  readonly leftOut: readonly ConformanceTest[];
}

/** Patterns that select nothing; bad usage. */
export class SelectionError extends Error {
  override readonly name = 'SelectionError';
}

/** What can be selected from. */
export interface SelectionSource {
  readonly catalogue: Catalogue;
  readonly tests: readonly ConformanceTest[];
}

/** `conformance/luid/swap.spec.ts` -> `luid`. */
function folderOf(test: ConformanceTest): string {
  return test.file.split('/').slice(1, -1).join('/');
}

/** `conformance/luid/swap.spec.ts` -> `luid/swap`; of a pattern, which may leave out either end, too. */
function fileName(path: string): string {
  return path
    .replace(/^(\.\/)?conformance\//, '')
    .replace(/\/+$/, '')
    .replace(/\.spec\.ts$/, '');
}

interface Match {
  readonly ids: readonly string[];
  readonly tests: readonly ConformanceTest[];
}

/** Requirement files are named like the folders of their tests, so `-g luid` means both; `-g luid/swap` is a file. */
function matchPath(pattern: string, { catalogue, tests }: SelectionSource): Match {
  const folder = fileName(pattern);
  const family = catalogue.families.find((candidate) => basename(candidate.file, '.yaml') === folder);
  return {
    ids: catalogue.requirements.filter((entry) => entry.family === family?.name).map((entry) => entry.id),
    tests: tests.filter(({ file }) => `${fileName(file)}/`.startsWith(`${folder}/`)),
  };
}

function matchGlob(pattern: string, { catalogue, tests }: SelectionSource): Match {
  // bash: a title may hold a slash, which `*` would otherwise not cross.
  const isMatch = picomatch(fileName(pattern), { bash: true, dot: true, nocase: true });
  return {
    ids: catalogue.requirements.filter((entry) => isMatch(entry.id)).map((entry) => entry.id),
    tests: tests.filter(
      ({ title, file }) => isMatch(title) || (pattern.includes('/') && isMatch(fileName(file))),
    ),
  };
}

/** One pattern: an id exactly, a title exactly, a folder or file, or a glob over ids, titles and (with a slash) files. */
function matchPattern(pattern: string, source: SelectionSource): Match {
  if (source.catalogue.byId.has(pattern)) return { ids: [pattern], tests: [] };
  const titled = source.tests.filter((test) => test.title === pattern);
  if (titled.length > 0) return { ids: [], tests: titled };
  const path = matchPath(pattern, source);
  if (path.ids.length + path.tests.length > 0) return path;
  if (picomatch.scan(pattern).isGlob) return matchGlob(pattern, source);
  return { ids: [], tests: [] };
}

function nothingMatched(pattern: string, { catalogue, tests }: SelectionSource): SelectionError {
  const folders = [
    ...new Set([
      ...catalogue.families.map((family) => basename(family.file, '.yaml')),
      ...tests.flatMap((test) => [folderOf(test), fileName(test.file)]),
    ]),
  ];
  const near = didYouMean(pattern, [...catalogue.byId.keys(), ...folders]);
  const titles = nearMisses(
    pattern,
    tests.map((test) => test.title),
    2,
  ).map((title) => ` "${title}"`);
  const hint =
    near === '' && titles.length > 0
      ? ` Titles near it:${titles.join(',')}; use a glob such as "*${pattern}*".`
      : near;
  return new SelectionError(
    `-g ${pattern}: no requirement, folder, file or test title matches.${hint} See \`ulogcheck run --list\`.`,
  );
}

/**
 * What the patterns of `-g` select; no pattern selects everything, programs too. An id selects its requirement and
 * every test of it; a folder, file or title selects its tests and their requirements. Tests above `tier` are left out.
 * Throws {@link SelectionError} for a pattern that matches nothing, and when only tests of a higher tier
 * would be left.
 */
export function selectTests(patterns: readonly string[], tier: Tier, source: SelectionSource): Selection {
  const named = new Set<string>(patterns.length === 0 ? source.catalogue.byId.keys() : []);
  const chosen = new Set<ConformanceTest>();
  for (const pattern of patterns) {
    const match = matchPattern(pattern, source);
    if (match.ids.length + match.tests.length === 0) throw nothingMatched(pattern, source);
    for (const id of match.ids) named.add(id);
    for (const test of match.tests) chosen.add(test);
  }
  const wanted = source.tests.filter(
    (test) =>
      chosen.has(test) ||
      test.ids.some((id) => named.has(id)) ||
      (patterns.length === 0 && test.program !== undefined),
  );
  // A test chosen by its title selects its requirements, but not the other tests of these.
  const ids = new Set([...named, ...[...chosen].flatMap((test) => test.ids)]);
  const tests = wanted.filter((test) => tier === 'full' || test.tier === 'quick');
  const leftOut = wanted.filter((test) => !tests.includes(test));
  if (tests.length === 0 && leftOut.length > 0) {
    const names = [
      ...new Set(leftOut.flatMap((test) => (test.ids.length === 0 ? [`"${test.title}"`] : test.ids))),
    ].join(', ');
    throw new SelectionError(
      `${names}: the quick tier has no test for it, only the full tier does. Add --tier full.`,
    );
  }
  return {
    requirements: source.catalogue.requirements.filter((requirement) => ids.has(requirement.id)),
    tests,
    leftOut,
  };
}
