import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RESULTS_SCHEMA_VERSION, runResultsSchema, type RunResults } from './model.js';

/** A directory that holds no results, or none that this version can read; bad usage. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
}

const versioned = z.looseObject({ schemaVersion: z.unknown() });

/** Reads `results.json` of the directory of a run. Throws {@link ResultsError}. */
export async function readResults(directory: string): Promise<RunResults> {
  return readResultsFile(
    join(directory, 'results.json'),
    'Give the directory of a run that came to its end, such as reports/out/latest',
  );
}

/** Reads a `results.json` by its path. Throws {@link ResultsError}; `wanted` says what would have been right. */
export async function readResultsFile(
  path: string,
  wanted = 'Give the results of a run that came to its end, such as reports/out/latest/results.json',
): Promise<RunResults> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ResultsError(`${path}: cannot be read (${code}). ${wanted}.`, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ResultsError(
      `${path}: is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  const { data } = versioned.safeParse(json);
  if (data !== undefined && data.schemaVersion !== RESULTS_SCHEMA_VERSION) {
    throw new ResultsError(
      `${path}: has schemaVersion ${JSON.stringify(data.schemaVersion)}, this version of ulogcheck reads ` +
        `${RESULTS_SCHEMA_VERSION} only. Use the version that wrote it.`,
    );
  }
  const parsed = runResultsSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ResultsError(
    `${path}: is no results.json of ulogcheck: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as the schema says'}`,
  );
}
