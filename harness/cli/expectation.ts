import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { loadCatalogue } from '../../conformance/requirements/catalogue.js';
import { renderBaselineDiff, renderUnrecordable } from '../../reports/baseline-diff.js';
import type { Style } from '../../reports/style.js';
import {
  compareWithBaseline,
  recordBaseline,
  statusAgainst,
  unrecordable,
  type Baseline,
  type BaselineComparison,
} from '../results/baseline.js';
import { parseBaseline, renderBaseline } from '../results/baseline-file.js';
import { EXIT, exitStatus, isTested } from '../results/exit-status.js';
import type { RunResults } from '../results/model.js';
import { writeTextAtomically } from '../results/write.js';
import { UsageError } from './errors.js';

/** The options of a run that concern baselines. */
export interface ExpectationOptions {
  readonly expect?: string;
  readonly writeExpect?: string;
  /** Present when the run has a part of the tests only. */
  readonly shard?: unknown;
}

/** Adds the options of {@link ExpectationOptions}. */
export function addExpectationOptions(command: Command): Command {
  return command
    .option(
      '--expect <file>',
      'compare with the baseline in this file: exit 1 for any difference, 0 for none',
    )
    .option('--write-expect <file>', 'record the results in this baseline, in place of those of its kernels');
}

/** Reads a baseline. Throws `UsageError` for a file that cannot be read, `BaselineError` for one that is none. */
export function readBaseline(path: string): Baseline {
  let text: string;
  try {
    text = readFileSync(resolve(path), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`${path}: cannot be read (${code}). Give a baseline that --write-expect has made.`);
  }
  return parseBaseline(text, path, new Set(loadCatalogue().byId.keys()));
}

/** As {@link readBaseline}; undefined when there is no such file yet. */
export function readBaselineIfAny(path: string): Baseline | undefined {
  try {
    readFileSync(resolve(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  }
  return readBaseline(path);
}

/** What a baseline makes of results. */
export interface Conclusion {
  readonly status: number;
  /** For people; empty when there is nothing to say. */
  readonly text: string;
  readonly comparison?: BaselineComparison;
}

/** A run takes minutes; that nothing can be written is said before it. Throws `UsageError`. */
function checkWritable(path: string): void {
  const directory = dirname(resolve(path));
  if (statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`--write-expect ${path}: is a directory. Name a file in it.`);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`--write-expect ${path}: there is no directory ${directory}. Make it first.`);
}

/** What is expected of a run, and what is to be made of its results. Both files are read before anything is run. */
export class Expectation {
  readonly #expected: { readonly path: string; readonly baseline: Baseline } | undefined;
  readonly #written: { readonly path: string; readonly before: Baseline | undefined } | undefined;

  /** Throws `UsageError` and `BaselineError`. */
  constructor({ expect, writeExpect, shard }: ExpectationOptions) {
    if (shard !== undefined && (expect ?? writeExpect) !== undefined)
      throw new UsageError(
        '--expect and --write-expect: a shard has a part of the results only. Give them to `ulogcheck merge`.',
      );
    if (writeExpect !== undefined) checkWritable(writeExpect);
    this.#expected = expect === undefined ? undefined : { path: expect, baseline: readBaseline(expect) };
    this.#written =
      writeExpect === undefined ? undefined : { path: writeExpect, before: readBaselineIfAny(writeExpect) };
  }

  /** What is not as expected; undefined when nothing is expected, or the run was interrupted. */
  compare(results: RunResults): BaselineComparison | undefined {
    if (this.#expected === undefined || results.run.interrupted) return undefined;
    return compareWithBaseline(results, this.#expected.baseline);
  }

  /**
   * Says what is not as expected, records what is to be recorded, and tells the exit status: by the rules of every run
   * without `--expect` and `--write-expect`, else by the baseline.
   */
  async conclude(results: RunResults, style: Style): Promise<Conclusion> {
    const { run, requirements, findings, programs } = results;
    const usual = exitStatus(requirements, { ...run, findings, programs, strict: run.options.strict });
    if (this.#expected === undefined && this.#written === undefined) return { status: usual, text: '' };
    if (run.interrupted) {
      const path = this.#written?.path ?? this.#expected?.path ?? '';
      return { status: usual, text: `not compared with ${path}: the run was interrupted\n` };
    }
    const comparison = this.compare(results);
    const diff =
      comparison === undefined ? '' : renderBaselineDiff(comparison, this.#expected?.path ?? '', style);
    const written = await this.#write(results);
    // What was just recorded is what is expected.
    const status = written?.status ?? statusAgainst(comparison ?? { differences: [] }, results);
    return {
      status,
      text: diff + (written?.text ?? ''),
      ...(comparison === undefined ? {} : { comparison }),
    };
  }

  /** Undefined when nothing is to be recorded; with a status when it could not be. */
  async #write(
    results: RunResults,
  ): Promise<{ readonly text: string; readonly status?: number } | undefined> {
    if (this.#written === undefined) return undefined;
    const { path, before } = this.#written;
    if (!results.requirements.some((one) => one.selected && isTested(one))) {
      return { text: `${path} is not written: no selected requirement has a test\n`, status: EXIT.infra };
    }
    const bad = unrecordable(results);
    if (bad.length > 0) {
      const status = bad.some(({ seen }) => seen === 'infra') ? EXIT.infra : EXIT.unknown;
      return { text: renderUnrecordable(bad, path), status };
    }
    try {
      await writeTextAtomically(resolve(path), renderBaseline(recordBaseline(results, before)));
      return { text: `recorded in ${path}\n` };
    } catch (error) {
      return { text: `${path} is not written: ${(error as Error).message}\n`, status: EXIT.usage };
    }
  }
}
