import type { Command } from 'commander';
import { styleOf, wrap, type Style } from '../../reports/style.js';
import { EXIT } from '../results/exit-status.js';
import { CHECKS, type Check, type Diagnosis } from './doctor-checks.js';

const NAME = 16;

/** One line for each check, with the remedy below a problem; the count of problems last. */
export function renderDiagnoses(diagnoses: readonly Diagnosis[], style: Style): string {
  const { colors } = style;
  const lines: string[] = [];
  for (const { name, found, remedy } of diagnoses) {
    const mark = remedy === undefined ? colors.green('ok     ') : colors.red('problem');
    const indent = ' '.repeat(8 + NAME);
    const [first = '', ...more] = wrap(found, style.width - indent.length);
    lines.push(`${mark} ${name.padEnd(NAME)}${first}`, ...more.map((line) => indent + line));
    if (remedy !== undefined)
      lines.push(...wrap(`remedy: ${remedy}`, style.width - indent.length).map((line) => indent + line));
  }
  const problems = diagnoses.filter(({ remedy }) => remedy !== undefined).length;
  lines.push(
    '',
    problems === 0
      ? 'nothing is in the way of a run'
      : `${problems} of ${diagnoses.length} checks found a problem`,
  );
  return `${lines.join('\n')}\n`;
}

/** Runs the checks one after the other; one that throws is a problem with the error as its text. */
export async function diagnose(checks: readonly Check[]): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = [];
  for (const { name, look } of checks) {
    try {
      diagnoses.push({ name, ...(await look()) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      diagnoses.push({ name, found: text, remedy: 'see the text above; it says what is missing' });
    }
  }
  return diagnoses;
}

/** Defines `ulogcheck doctor`. */
export function addDoctor(program: Command, finish: (status: number) => void): void {
  program
    .command('doctor')
    .description('check that this machine has what a run needs')
    .action(async () => {
      const diagnoses = await diagnose(CHECKS);
      process.stdout.write(renderDiagnoses(diagnoses, styleOf(process.stdout)));
      finish(diagnoses.some(({ remedy }) => remedy !== undefined) ? EXIT.infra : EXIT.ok);
    });
}
