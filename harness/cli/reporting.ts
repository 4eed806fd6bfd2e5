import { statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { View } from '../../reports/explanation.js';
import { renderAnnotations } from '../../reports/github.js';
import { renderJunit } from '../../reports/junit.js';
import { MATRIX_PAGE, writeMatrixPage } from '../../reports/page/write-page.js';
import { ktapBailOut, ktapBody, ktapHead } from '../../reports/ktap.js';
import { renderStepSummary } from '../../reports/step-summary.js';
import { styleOf, type Style } from '../../reports/style.js';
import { renderReport } from '../../reports/terminal.js';
import { PAGE_DIRECTORY } from '../plan/run-plan.js';
import type { RunResults } from '../results/model.js';
import { writeTextAtomically } from '../results/write.js';
import { UsageError } from './errors.js';
import { addExpectationOptions, Expectation, type ExpectationOptions } from './expectation.js';
import { locateIn } from './locate-test.js';
import { oneOf } from './options.js';

/** What a run may print on stdout. */
const RUN_FORMATS = ['terminal', 'ktap', 'json'] as const;

/** The options of `ulogcheck run` that say what is reported where, and what is expected. */
export interface ReportingOptions extends ExpectationOptions {
  readonly format: (typeof RUN_FORMATS)[number];
  readonly junit?: string;
  /** Without it: as GITHUB_ACTIONS says. */
  readonly github?: boolean;
  readonly html: boolean;
}

/** Adds the options of {@link ReportingOptions}. */
export function addReportingOptions(command: Command): Command {
  return addExpectationOptions(command)
    .addOption(
      new Option('--format <format>', 'what stdout carries: terminal, ktap, or json (results.json)')
        .default('terminal')
        .argParser(oneOf(RUN_FORMATS)),
    )
    .option('--junit <file>', 'write JUnit XML there too (it is always in the results directory)')
    .option('--github', 'print annotations for GitHub Actions (default: if GITHUB_ACTIONS is true)')
    .option('--no-github', 'print none')
    .option('--no-html', 'make no HTML pages of the run');
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
  readonly #expectation: Expectation;
  #begun = false;

  /** Throws {@link UsageError}, and `BaselineError` for a baseline that is none. */
  constructor(options: ReportingOptions, env: NodeJS.ProcessEnv = process.env) {
    this.#format = options.format;
    this.#junit = checkJunitPath(options.junit);
    this.#github = options.github ?? env['GITHUB_ACTIONS'] === 'true';
    this.#expectation = new Expectation(options);
    this.html = options.html;
    this.progress = options.format === 'terminal' ? 'stdout' : 'stderr';
    this.style = styleOf(process[this.progress]);
  }

  /**
   * Whether Playwright shall make its page of the run. It holds a copy of every file of every test, which is too much
   * for several kernels, and knows nothing of them; our own page has all of it in a tenth of the bytes.
   */
  runnerPage(kernels: number): boolean {
    return this.html && kernels === 1;
  }

  /** Says before anything is run how many requirements and programs will be reported, on each of how many kernels. */
  begin(entries: number, kernels = 1): void {
    this.#begun = true;
    if (this.#format === 'ktap') process.stdout.write(ktapHead(entries, kernels));
  }

  /** Says that there will be no results, because of `error`, which the caller explains on stderr. */
  abandon(error: unknown): void {
    if (this.#format !== 'ktap') return;
    if (!this.#begun) process.stdout.write(ktapHead(0));
    process.stdout.write(ktapBailOut(error instanceof Error ? error.message : String(error)));
  }

  /**
   * Writes the files, then prints, and returns the exit status: by the baseline where one is given. Files that cannot be
   * written are named on stderr; the report is printed anyway.
   */
  async end(results: RunResults, view: View): Promise<number> {
    const junit = renderJunit(results, view);
    for (const path of [join(view.out, 'junit.xml'), ...(this.#junit === undefined ? [] : [this.#junit])])
      await this.#tolerate(path, writeTextAtomically(path, junit));
    if (this.html && results.requirements.some(({ tests }) => tests.length > 0))
      await this.#tolerate(join(view.out, MATRIX_PAGE), writeMatrixPage(results, view));
    const { status, text, comparison } = await this.#expectation.conclude(results, this.style);
    if (this.#github) {
      const locate = locateIn(process.env['GITHUB_WORKSPACE'] ?? process.cwd());
      process[this.progress].write(renderAnnotations(results, view, locate, comparison));
      const summary = process.env['GITHUB_STEP_SUMMARY'] ?? '';
      if (summary !== '')
        await this.#tolerate(summary, appendFile(summary, renderStepSummary(results, view, comparison)));
    }
    if (this.#format !== 'terminal') process.stderr.write(text);
    process.stdout.write(this.#report(results, view, text));
    return status;
  }

  #report(results: RunResults, view: View, verdict: string): string {
    switch (this.#format) {
      case 'terminal':
        return renderReport(results, view, this.style, { pages: pagesOf(view.out), verdict });
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

/** The pages of a run, as far as they were made. */
export function pagesOf(out: string): string[] {
  return [join(out, MATRIX_PAGE), join(out, PAGE_DIRECTORY, 'index.html')].filter(
    (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
  );
}
