import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { View } from '../../reports/explanation.js';
import { renderAnnotations } from '../../reports/github.js';
import { renderJunit } from '../../reports/junit.js';
import { ktapBody, ktapHead } from '../../reports/ktap.js';
import { programsOf } from '../results/programs.js';
import { renderStepSummary } from '../../reports/step-summary.js';
import { styleOf } from '../../reports/style.js';
import { renderReport } from '../../reports/terminal.js';
import { EXIT } from '../results/exit-status.js';
import type { RunResults } from '../results/model.js';
import { readResults } from '../results/read.js';
import { againOf } from './again.js';
import { locateIn } from './locate-test.js';
import { oneOf } from './options.js';
import { pagesOf } from './reporting.js';
import { loadSuite } from './suite.js';

const FORMATS = ['terminal', 'ktap', 'junit', 'github', 'markdown'] as const;
type Format = (typeof FORMATS)[number];

function render(format: Format, results: RunResults, view: View): string {
  switch (format) {
    case 'terminal':
      return renderReport(results, view, styleOf(process.stdout), { pages: pagesOf(view.out) });
    case 'ktap':
      return (
        ktapHead(
          results.requirements.filter(({ selected }) => selected).length + programsOf(results).length,
          results.kernels.length,
        ) + ktapBody(results, view)
      );
    case 'junit':
      return renderJunit(results, view);
    case 'github':
      return renderAnnotations(results, view, locateIn(process.env['GITHUB_WORKSPACE'] ?? process.cwd()));
    case 'markdown':
      return renderStepSummary(results, view);
  }
}

/** Defines `ulogcheck report`: the report of a run that ended earlier, in any format. */
export function addReport(program: Command, finish: (status: number) => void): void {
  program
    .command('report')
    .argument('[directory]', 'results directory of a run', join('reports', 'out', 'latest'))
    .description('print the report of an earlier run again, in any format')
    .addOption(
      new Option(
        '--format <format>',
        'terminal, ktap, junit, github (annotations) or markdown (step summary)',
      )
        .default('terminal')
        .argParser(oneOf(FORMATS)),
    )
    .action(async (directory: string, options: { readonly format: Format }) => {
      const out = resolve(directory);
      const results = await readResults(out);
      const again = againOf(results.run.options.tier, await loadSuite());
      process.stdout.write(render(options.format, results, { out, again }));
      finish(EXIT.ok);
    });
}
