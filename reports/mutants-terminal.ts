import type { MutantResults, MutantVerdict } from '../harness/results/model.js';
import { duration, labelled, wrap, type Style } from './style.js';

function paintMutant(verdict: MutantVerdict, text: string, { colors }: Style): string {
  switch (verdict) {
    case 'killed':
      return colors.green(text);
    case 'survived':
    case 'infra':
      return colors.red(text);
    case 'weak':
      return colors.yellow(text);
    case 'notApplicable':
      return colors.dim(text);
  }
}

/** The table of mutants, and the line `N killed, N survived, N weak, N infra, N not applicable` last. */
export function renderMutants({ mutants }: MutantResults, style: Style): string {
  const nameWidth = Math.max(6, ...mutants.map(({ name }) => name.length));
  const idWidth = Math.max(6, ...mutants.map(({ breaks }) => breaks.length));
  const row = (mutant: string, breaks: string, kind: string, verdict: string, time: string): string =>
    `${mutant.padEnd(nameWidth)}  ${breaks.padEnd(idWidth)}  ${kind.padEnd(7)}  ${verdict}  ${time.padStart(8)}  `;
  const head = row('mutant', 'breaks', 'kind', 'verdict '.padEnd(8), 'time');
  const lines = ['', style.colors.bold(`${head}killed by, or why not`)];
  const room = Math.max(30, style.width - head.length);
  for (const { name, breaks, kind, verdict, killedBy, reason, durationMs } of mutants) {
    const shown = verdict === 'notApplicable' ? 'n/a' : verdict;
    const why = wrap(reason.replaceAll('\n', ' '), room).slice(0, 3);
    const [first = '', ...more] =
      killedBy === null ? why : [...wrap(killedBy, room), ...why.map(style.colors.dim)];
    lines.push(
      row(name, breaks, kind, paintMutant(verdict, shown.padEnd(8), style), duration(durationMs)) + first,
      ...more.map((line) => ' '.repeat(head.length) + line),
    );
  }
  const bad = mutants.filter(({ verdict }) => verdict === 'survived' || verdict === 'weak');
  for (const { name, breaks, reason } of bad) {
    lines.push('', `${style.colors.red('not caught')} ${style.colors.bold(name)} (${breaks})`);
    lines.push(...labelled('why', reason, 6, style));
  }
  const count = (verdict: MutantVerdict): number =>
    mutants.filter((mutant) => mutant.verdict === verdict).length;
  lines.push(
    '',
    `${count('killed')} killed, ${count('survived')} survived, ${count('weak')} weak, ${count('infra')} infra, ` +
      `${count('notApplicable')} not applicable`,
  );
  return `${lines.join('\n')}\n`;
}
