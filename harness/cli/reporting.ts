import { statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { View } from '../../reports/explanation.js';
import { renderAnnotations, renderStepSummary } from '../../reports/github.js';
import { renderJunit } from '../../reports/junit.js';
import { ktapBailOut, ktapBody, ktapHead } from '../../reports/ktap.js';
import { styleOf, type Style } from '../../reports/style.js';
import { renderReport } from '../../reports/terminal.js';
import { PAGE_DIRECTORY, RUNNER_OUTPUT } from '../plan/run-plan.js';
import type { RunResults } from '../results/model.js';
import { writeTextAtomically } from '../results/write.js';
import { UsageError } from './errors.js';
import { locateIn } from './locate-test.js';
import { oneOf } from './options.js';

/** What a run may print on stdout. */
const RUN_FORMATS = ['terminal', 'ktap', 'json'] as const;

/** The options of `ulogcheck run` that say what is reported where. */
export interface ReportingOptions {
  readonly format: (typeof RUN_FORMATS)[number];
  readonly junit?: string;
  /** Without it: as GITHUB_ACTIONS says. */
  readonly github?: boolean;
  readonly html: boolean;
}

/** Adds the options of {@link ReportingOptions}. */
export function addReportingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'what stdout carries: terminal, ktap, or json (results.json)')
        .default('terminal')
        .argParser(oneOf(RUN_FORMATS)),
    )
    .option('--junit <file>', 'write JUnit XML there too (it is always in the results directory)')
    .option('--github', 'print annotations for GitHub Actions (default: if GITHUB_ACTIONS is true)')
    .option('--no-github', 'print none')
    .option('--no-html', 'make no HTML page of the run');
}

/** The absolute path of `--junit`. Throws {@link UsageError} when nothing can be written there. */
function checkJunitPath(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const path = resolve(value);
  const kind = (place: string): 'directory' | 'file' | undefined => {
    const stat = statSync(place, { throwIfNoEntry: false });
    return stat?.isDirectory() === true ? 'directory' : stat === undefined ? undefined : 'file';
  };
  if (kind(path) === 'directory')
    throw new UsageError(`--junit ${value}: is a directory. Name a file in it.`);
  if (kind(dirname(path)) !== 'directory') {
    throw new UsageError(`--junit ${value}: there is no directory ${dirname(path)}. Make it first.`);
  }
  return path;
}

/** What one run says, where: the report on stdout, progress beside it, files, and GitHub's annotations. */
export class Reporting {
  /** Where everything goes that is no report. */
  readonly progress: 'stdout' | 'stderr';
  readonly style: Style;
  readonly html: boolean;
  readonly #format: ReportingOptions['format'];
  readonly #junit: string | undefined;
  readonly #github: boolean;

  /** Throws {@link UsageError}. */
  constructor(options: ReportingOptions, env: NodeJS.ProcessEnv = process.env) {
    this.#format = options.format;
    this.#junit = checkJunitPath(options.junit);
    this.#github = options.github ?? env['GITHUB_ACTIONS'] === 'true';
    this.html = options.html;
    this.progress = options.format === 'terminal' ? 'stdout' : 'stderr';
    this.style = styleOf(process[this.progress]);
  }

  /** Says before anything is run how many requirements will be reported. */
  begin(requirements: number): void {
    if (this.#format === 'ktap') process.stdout.write(ktapHead(requirements));
  }

  /** Says that there will be no results, because of `error`, which the caller explains on stderr. */
  abandon(error: unknown): void {
    if (this.#format !== 'ktap') return;
    process.stdout.write(ktapBailOut(error instanceof Error ? error.message : String(error)));
  }

  /** Writes the files, then prints. Files that cannot be written are named on stderr; the report is printed anyway. */
  async end(results: RunResults, view: View): Promise<void> {
    const junit = renderJunit(results, view);
    for (const path of [join(view.out, 'junit.xml'), ...(this.#junit === undefined ? [] : [this.#junit])])
      await this.#tolerate(path, writeTextAtomically(path, junit));
    if (this.#github) {
      const locate = locateIn(process.env['GITHUB_WORKSPACE'] ?? process.cwd());
      process[this.progress].write(renderAnnotations(results, view, locate));
      const summary = process.env['GITHUB_STEP_SUMMARY'] ?? '';
      if (summary !== '')
        await this.#tolerate(summary, appendFile(summary, renderStepSummary(results, view)));
    }
    if (
      this.html &&
      pageOf(view.out) === undefined &&
      results.requirements.some(({ tests }) => tests.length > 0)
    )
      process.stderr.write(
        `ulogcheck: there is no HTML page; ${join(view.out, RUNNER_OUTPUT)} may tell why\n`,
      );
    process.stdout.write(this.#report(results, view));
  }

  #report(results: RunResults, view: View): string {
    switch (this.#format) {
      case 'terminal':
        return renderReport(results, view, this.style, pageOf(view.out));
      case 'ktap':
        return ktapBody(results, view);
      case 'json':
        return `${JSON.stringify(results, undefined, 2)}\n`;
    }
  }

  async #tolerate(path: string, writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } catch (error) {
      process.stderr.write(
        `ulogcheck: ${path}: cannot be written: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
  }
}

/** The page of a run, if it has one. */
export function pageOf(out: string): string | undefined {
  const path = join(out, PAGE_DIRECTORY, 'index.html');
  return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : path;
}
