import { join } from 'node:path';
import { kernelNames } from '../harness/results/kernel-order.js';
import type { ProgramRunResult, RunResults, Verdict } from '../harness/results/model.js';
import { isBad, programEntries, programsOf, type ProgramEntry } from '../harness/results/programs.js';
import { oneLine, printable } from './printable.js';
import { duration, labelled, paint, type Style } from './style.js';

const LABEL = 10;
/** As many lines of what a program says about a result are shown, the last ones. */
const DIAGNOSTIC_LINES = 12;
/** As many results of one program are shown in detail. */
const DETAILED = 20;

function counted({ results, problems }: ProgramRunResult): string {
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  const parts = (
    [
      ['pass', 'pass'],
      ['fail', 'fail'],
      ['unknown', 'unknown'],
      ['infra', 'infra'],
      ['not-applicable', 'not applicable'],
    ] as const
  ).flatMap(([verdict, text]) => (count(verdict) === 0 ? [] : [`${count(verdict)} ${text}`]));
  const bad = problems.filter(({ verdict }) => isBad(verdict)).length;
  const wrong = bad === 0 ? '' : `; ${bad} problem${bad === 1 ? '' : 's'} of the program as a whole`;
  const number = `${results.length} result${results.length === 1 ? '' : 's'}`;
  return `${number}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}${wrong}`;
}

/** The title, and the kernel where a run has several. */
function nameOf({ test, kernel }: ProgramRunResult, { kernels }: Pick<RunResults, 'kernels'>): string {
  return kernels.length === 1 ? test : `${test} on ${kernelNames(kernels).get(kernel) ?? kernel}`;
}

function overview(results: Pick<RunResults, 'programs' | 'kernels'>, style: Style): string[] {
  const programs = programsOf(results);
  if (programs.length === 0) return [];
  return [
    style.colors.bold('programs'),
    ...programs.map((program) => {
      const verdict = program.verdict === 'not-applicable' ? 'n/a' : program.verdict;
      const painted = paint(program.verdict, verdict.padEnd(7), style);
      return `  ${painted}  ${nameOf(program, results)}: ${counted(program)} (${duration(program.durationMs)})`;
    }),
  ];
}

function entryLines({ result, path, verdict, reason, diagnostic }: ProgramEntry, style: Style): string[] {
  const name = oneLine(result === undefined ? 'the program as a whole' : path.slice(1).join(' > '));
  const lines = [`  ${paint(verdict, verdict, style)} ${style.colors.bold(name)}`];
  if (reason !== '') lines.push(...labelled('reason', printable(reason), LABEL, style, '    '));
  const said = diagnostic === '' ? [] : printable(diagnostic).split('\n');
  if (said.length > DIAGNOSTIC_LINES)
    lines.push(`    … ${said.length - DIAGNOSTIC_LINES} lines more in program.log`);
  lines.push(...said.slice(-DIAGNOSTIC_LINES).map((line) => `    | ${line}`));
  return lines;
}

/**
 * The programs of a run: a line with counts for each, then what is not as it should be, in detail, with the command
 * that runs the program again.
 */
export function renderPrograms(
  results: Pick<RunResults, 'programs' | 'kernels'>,
  out: string,
  reproduce: (title: string, kernel: string) => string,
  style: Style,
): string[][] {
  const bad = programEntries(results).filter(({ verdict }) => isBad(verdict));
  const details = programsOf(results).flatMap((program) => {
    const own = bad.filter((entry) => entry.program === program);
    if (own.length === 0) return [];
    const more = own.length - DETAILED;
    const line = (label: string, text: string): string => `  ${label.padEnd(LABEL)}${text}`;
    return [
      [
        `${paint(program.verdict, program.verdict, style)} ${style.colors.bold(nameOf(program, results))}`,
        ...own.slice(0, DETAILED).flatMap((entry) => entryLines(entry, style)),
        ...(more > 0 ? [`  … and ${more} more in results.json`] : []),
        line('test', program.file),
        ...(program.directory === '' ? [] : [line('output', join(out, program.directory, 'program.log'))]),
        line('again', reproduce(program.test, program.kernel)),
      ],
    ];
  });
  return [overview(results, style), ...details];
}
