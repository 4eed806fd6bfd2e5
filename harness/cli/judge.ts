import type { Command } from 'commander';
import { loadCatalogue, type Catalogue } from '../../conformance/requirements/catalogue.js';
import { labelled, paint, ranges, styleOf, type Style } from '../../reports/style.js';
import { readHistory, renderTimeline, type History, type HistoryHeader } from '../history/index.js';
import { judgeHistory, type Deviation } from '../oracle/index.js';
import { discoverTests } from '../plan/discover.js';
import { EXIT } from '../results/exit-status.js';
import { hasProgram, judgeProgram } from '../results/judge-program.js';
import { judge, type Judged } from '../results/judgement.js';
import type { Judgement, ProgramOutcome } from '../results/model.js';
import { isBad, programVerdict } from '../results/programs.js';
import { UsageError } from './errors.js';

const LABEL = 10;

function detailLines(judgement: Judgement, style: Style): string[] {
  const { failures = [], reason, verdict } = judgement;
  if (failures.length === 0) return verdict === 'pass' ? [] : labelled('reason', reason, LABEL, style);
  return failures.flatMap(({ by, expected, seen, events, lines = [] }) => [
    ...labelled('expected', expected, LABEL, style),
    ...labelled('seen', seen, LABEL, style),
    ...labelled('events', `${events.length === 0 ? 'none' : ranges(events)} (by the ${by})`, LABEL, style),
    ...lines.map((line) => ' '.repeat(2 + LABEL) + line),
  ]);
}

/** Whether there is nothing in it that the oracle judges. */
function isSilent(history: History): boolean {
  return history.exchanges().length === 0 && history.diskEvents().length === 0;
}

/** The sides that are not under test, with their verb. */
function othersThan(underTest: HistoryHeader['underTest']): string {
  switch (underTest) {
    case 'daemon':
      return 'the kernel is';
    case 'kernel':
      return 'the daemon is';
    case 'drive':
      return 'daemon and kernel are';
  }
}

/** Verdicts on a history with the deviations behind them; `known` tells whether a test's expectations took part. */
function renderJudged(
  history: History,
  judged: Judged,
  known: boolean,
  catalogue: Catalogue,
  style: Style,
): string {
  const { colors } = style;
  const { header } = history;
  const lines = [
    colors.bold(header.test),
    `kernel ${header.kernel}, daemon ${header.daemon}; under test: the ${header.underTest}`,
  ];
  if (!known) lines.push(colors.dim('no test of this suite has this title: the oracle alone judges'));
  lines.push('');
  for (const judgement of judged.judgements) {
    const requirement = catalogue.byId.get(judgement.id);
    const verdict = paint(judgement.verdict, judgement.verdict.padEnd(8), style);
    lines.push(
      ...labelled(judgement.id, requirement?.sentence ?? '', LABEL, style, `${verdict}  `).slice(0, 1),
    );
    lines.push(...labelled('', requirement?.sentence ?? '', LABEL, style, ' '.repeat(10)).slice(1));
    lines.push(...detailLines(judgement, style));
  }
  if (judged.judgements.length === 0) {
    lines.push(
      isSilent(history)
        ? 'there is no exchange of kernel and daemon that the oracle could judge'
        : `the oracle sees nothing wrong with the ${header.underTest}`,
    );
  }
  if (!known && !judged.judgements.some(({ verdict }) => verdict === 'infra'))
    lines.push('only the oracle judged: no requirement was found to pass');
  for (const { finding, title, event, allowed } of judged.findings)
    lines.push(
      `${finding} (event ${event}): ${title}${allowed === undefined ? '' : ` (allowed: ${allowed})`}`,
    );
  if (judged.notes.length > 0) {
    lines.push('', colors.dim(`notes: ${othersThan(header.underTest)} not under test here`));
    for (const { id, expected, seen, events } of judged.notes) {
      lines.push(
        ...labelled(id, `expected ${expected}; seen ${seen} (events ${ranges(events)})`, LABEL, style),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/**
 * What the oracle alone can say: what is broken, and whether the recording can be trusted. It cannot say that
 * anything holds, since nobody tells what the history was to show.
 */
function judgeByOracle(history: History, deviations: readonly Deviation[], catalogue: Catalogue): Judged {
  const { test: title, ids, underTest } = history.header;
  const nobody = { title, underTest, situation: () => [], expect: () => undefined };
  const named = ids.length === 0 ? ['history'] : ids;
  const judged = judge({ ...nobody, ids: named }, history, deviations, catalogue);
  return { ...judged, judgements: judged.judgements.filter(({ verdict }) => verdict !== 'unknown') };
}

/**
 * The exit status: 1 a MUST failed, 69 the recording has gaps, 2 unknown, or the kernel reported something about itself
 * that is not allowed, 0. For the oracle alone a history without anything that it judges is unknown too.
 */
function judgedStatus(
  history: History,
  { judgements, findings }: Judged,
  known: boolean,
  catalogue: Catalogue,
): number {
  const of = (verdict: Judgement['verdict']): boolean =>
    judgements.some(
      (judgement) => judgement.verdict === verdict && catalogue.byId.get(judgement.id)?.level === 'MUST',
    );
  if (of('fail')) return EXIT.failed;
  if (judgements.some(({ verdict }) => verdict === 'infra')) return EXIT.infra;
  const silent = !known && isSilent(history);
  const found = findings.some(({ allowed }) => allowed === undefined);
  return silent || found || of('unknown') ? EXIT.unknown : EXIT.ok;
}

/** The results of a program with what is wrong with them, and what the oracle saw meanwhile. */
function renderProgram(history: History, program: ProgramOutcome, judged: Judged, style: Style): string {
  const { header } = history;
  const lines = [style.colors.bold(header.test), `kernel ${header.kernel}, daemon ${header.daemon}`, ''];
  for (const { path, verdict, reason } of program.results) {
    const text = `${path.join(' > ')}${reason === '' ? '' : `: ${reason}`}`;
    lines.push(`  ${paint(verdict, verdict.padEnd(14), style)}  ${text}`);
  }
  for (const { kind, verdict, text } of program.problems)
    lines.push(`  ${paint(verdict, verdict.padEnd(14), style)}  (${kind}) ${text}`);
  for (const { id, verdict, reason } of judged.judgements)
    lines.push(`  ${paint(verdict, verdict.padEnd(14), style)}  ${id}, seen by the oracle: ${reason}`);
  return `${lines.join('\n')}\n`;
}

/** As {@link judgedStatus}, for a program, beside which the oracle may have seen a MUST broken. */
export function programStatus(program: ProgramOutcome, brokenMust: boolean): number {
  if (brokenMust) return EXIT.failed;
  const verdict = programVerdict(program);
  if (verdict === 'fail') return EXIT.failed;
  // Nothing but skipped results: nothing was judged.
  if (verdict === 'infra' || verdict === 'not-applicable') return EXIT.infra;
  return isBad(verdict) ? EXIT.unknown : EXIT.ok;
}

async function load(path: string): Promise<History> {
  try {
    return await readHistory(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const remedy = 'Give the history.jsonl of a test, such as reports/out/latest/tests/<test>/history.jsonl.';
    throw new UsageError(`${path}: cannot be read (${code}). ${remedy}`, { cause: error });
  }
}

/** Defines `ulogcheck judge`. */
export function addJudge(program: Command, finish: (status: number) => void): void {
  program
    .command('judge <history>')
    .description('judge a recorded history offline: the oracle, and the expectations of its test')
    .option('--timeline', 'show the history too, with what is wrong marked in it', false)
    .action(async (path: string, options: { readonly timeline: boolean }) => {
      const history = await load(path);
      const catalogue = loadCatalogue();
      const tests = await discoverTests();
      const deviations = judgeHistory(history);
      const test = tests.find(({ title }) => title === history.header.test);
      const judged =
        test === undefined
          ? judgeByOracle(history, deviations, catalogue)
          : judge(test, history, deviations, catalogue);
      if (options.timeline) {
        const failures = judged.judgements.flatMap(({ id, failures: own = [] }) =>
          own.map((failure) => ({ id, ...failure })),
        );
        const notes = failures.map(({ id, events, expected, seen }) => ({
          events,
          text: `${id}: expected ${expected}; seen ${seen}`,
        }));
        process.stdout.write(`${renderTimeline(history, notes)}\n`);
      }
      const style = styleOf(process.stdout);
      if (hasProgram(history)) {
        const program = judgeProgram(history, test);
        process.stdout.write(renderProgram(history, program, judged, style));
        finish(programStatus(program, judgedStatus(history, judged, true, catalogue) === EXIT.failed));
        return;
      }
      process.stdout.write(renderJudged(history, judged, test !== undefined, catalogue, style));
      finish(judgedStatus(history, judged, test !== undefined, catalogue));
    });
}
