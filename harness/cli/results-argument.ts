import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { RunResults } from '../results/model.js';
import { readResults, readResultsFile } from '../results/read.js';

/** Results, and the directory that paths in them are relative to. */
export interface LocatedResults {
  readonly results: RunResults;
  /** Absolute. */
  readonly directory: string;
  /** As it was given. */
  readonly path: string;
}

/** Reads the results that an argument names: the directory of a run, or its results.json. Throws `ResultsError`. */
export async function readResultsAt(path: string): Promise<LocatedResults> {
  const place = resolve(path);
  const isFile = statSync(place, { throwIfNoEntry: false })?.isFile() ?? basename(place).endsWith('.json');
  return isFile
    ? { results: await readResultsFile(place), directory: dirname(place), path }
    : { results: await readResults(place), directory: place, path };
}
