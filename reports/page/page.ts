/** The page of a run: kernels and requirements as a table, with everything that leads to a verdict. */
import { createHash } from 'node:crypto';
import { changesOf } from '../../harness/results/changes.js';
import type { RunResults } from '../../harness/results/model.js';
import { defectsGone, goneText, INTERRUPTED, isNothingJudged, NOTHING_JUDGED } from '../explanation.js';
import { foldResults } from '../fold.js';
import { headline } from '../headline.js';
import { UNTESTED } from '../matrix.js';
import { printable } from '../printable.js';
import { duration } from '../style.js';
import { userlandText } from '../userland-text.js';
import { escapeHtml, scriptJson } from './html.js';
import type { PageCell, PageData, PageKernel, PageRow } from './page-types.js';
import { STYLE } from './style-sheet.js';

/** Words of cells with the sign that stands for each, so that nothing is told by colours alone; worst first. */
const WORDS = [
  ['fail', '✗', 'broken'],
  ['infra', '!', 'the host or the harness was at fault'],
  ['unknown', '?', 'tested, and yet nothing can be said'],
  ['known', '≈', 'a known defect of this kernel'],
  ['changed', 'Δ', 'a quirk that is not as recorded'],
  ['n/a', '∅', 'not applicable'],
  ['pass', '✓', 'seen to hold'],
  [UNTESTED, '·', 'no test in this run'],
] as const;

const SIGNS: ReadonlyMap<string, string> = new Map(WORDS.map(([word, sign]) => [word, sign]));

/** The class of a word: `–` and `n/a` are none. */
function classOf(word: string): string {
  return word === UNTESTED ? 'none' : word === 'n/a' ? 'na' : word;
}

function cellHtml(row: PageRow, cell: PageCell, kernel: PageKernel, column: number): string {
  const label = escapeHtml(
    `${row.name} on ${kernel.name}: ${cell.word === UNTESTED ? 'not tested' : cell.word}`,
  );
  const word = cell.word === 'pass' || cell.word === UNTESTED ? '' : ` ${escapeHtml(cell.word)}`;
  const sign = SIGNS.get(cell.word) ?? '';
  return (
    `<td class="${classOf(cell.word)}"><button type="button" tabindex="-1" data-column="${column}" ` +
    `aria-label="${label}"><span aria-hidden="true">${sign}${word}</span></button></td>`
  );
}

function rowHtml(row: PageRow, index: number, kernels: readonly PageKernel[]): string {
  const words = [...new Set(row.cells.map(({ word }) => word))].join(' ');
  const attributes = [
    `data-row="${index}"`,
    `data-words="${escapeHtml(words)}"`,
    `data-family="${escapeHtml(row.family)}"`,
    `data-level="${escapeHtml(row.level)}"`,
    ...(row.differs ? ['data-differs'] : []),
  ].join(' ');
  const mark = row.change === '' ? '' : `<span class="mark" title="${escapeHtml(row.change)}">Δ</span>`;
  return (
    `<tr ${attributes}><th scope="row">${escapeHtml(row.name)}${mark}</th>` +
    `<td class="level">${escapeHtml(row.level)}</td>` +
    `<td class="sentence" title="${escapeHtml(row.sentence)}">${escapeHtml(row.sentence)}</td>` +
    row.cells
      .map((cell, column) => {
        const kernel = kernels[column];
        return kernel === undefined ? '' : cellHtml(row, cell, kernel, column);
      })
      .join('') +
    '</tr>'
  );
}

function kernelHead({ name, state }: PageKernel, column: number, rows: readonly PageRow[]): string {
  const words = rows.map(({ cells }) => cells[column]?.word ?? UNTESTED).filter((word) => word !== UNTESTED);
  const passed = words.filter((word) => word === 'pass').length;
  const sum = state === 'tested' ? `${passed}/${words.length}` : state;
  return (
    `<th scope="col" class="kernel ${state === 'tested' ? '' : 'down'}" data-sort="${column}">` +
    `<button type="button" class="open" data-kernel="${column}" title="about this kernel">${escapeHtml(name)}</button>` +
    `<span class="sum">${escapeHtml(sum)}</span>` +
    `<button type="button" class="sort" aria-label="sort by ${escapeHtml(name)}">↕</button></th>`
  );
}

function option(text: string): string {
  return `<option>${escapeHtml(text)}</option>`;
}

function toolbar({ rows, kernels }: PageData): string {
  const words = new Set(rows.flatMap(({ cells }) => cells.map(({ word }) => word)));
  const count = (word: string): number =>
    rows.reduce((sum, { cells }) => sum + cells.filter((cell) => cell.word === word).length, 0);
  const chips = WORDS.filter(([word]) => words.has(word) && word !== UNTESTED).map(
    ([word, sign, meaning]) =>
      `<label class="chip ${classOf(word)}" title="${escapeHtml(meaning)}"><input type="checkbox" ` +
      `name="word" value="${escapeHtml(word)}">${sign} ${escapeHtml(word)} <b>${count(word)}</b></label>`,
  );
  const families = [...new Set(rows.map(({ family }) => family))];
  const levels = [...new Set(rows.map(({ level }) => level))];
  return `<form id="filter" role="search" aria-label="which rows are shown">
<input type="search" name="text" placeholder="id or text ( / )" aria-label="id or text" autocomplete="off">
<fieldset><legend class="away">rows with one of these verdicts</legend>${chips.join('')}</fieldset>
<select name="family" aria-label="family"><option value="">every family</option>${families.map(option).join('')}</select>
<select name="level" aria-label="level"><option value="">every level</option>${levels.map(option).join('')}</select>
${kernels.length > 1 ? '<label><input type="checkbox" name="differs"> differs between kernels</label>' : ''}
<label><input type="checkbox" name="tested" checked> with a test</label>
<button type="reset">all</button>
<output id="shown" aria-live="polite"></output>
</form>`;
}

/** Remarks on the run as a whole. */
function remarks(results: RunResults): string[] {
  const { run, kernels } = results;
  const gone = foldResults(defectsGone(results), results).map(
    ({ first, kernels: names }) => `${first.id}: ${goneText(first)} (${names.join(', ')})`,
  );
  return [
    ...(run.interrupted ? [INTERRUPTED] : []),
    ...run.errors,
    ...(isNothingJudged(results) ? [NOTHING_JUDGED] : []),
    ...kernels
      .filter(({ state }) => state !== 'tested')
      .map(({ label, state, reason }) => `${label} was not tested (${state}): ${reason}`),
    ...gone,
  ].map(printable);
}

function header(results: RunResults): string {
  const { run, requirements } = results;
  const userland = userlandText({ ...run.options, lvmVersion: requirements[0]?.lvmVersion });
  const facts = [
    ['userland', userland],
    ['tier', run.options.tier],
    ['started', run.started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
    ['took', duration(run.durationMs)],
    ['seed', String(run.seed)],
    ['suite', `${run.suite.name} ${run.suite.version}`],
    ['qemu', run.qemu],
    ['host', `${run.host.system}, ${run.host.cpus} CPUs`],
  ] as const;
  const list = facts.map(
    ([label, text]) => `<div><dt>${label}</dt><dd title="${escapeHtml(text)}">${escapeHtml(text)}</dd></div>`,
  );
  const notes = remarks(results).map((text) => `<li>${escapeHtml(text)}</li>`);
  const changes = changesOf(results).map(
    ({ text, id }) =>
      `<li><a href="#${escapeHtml(encodeURIComponent(id))}">${escapeHtml(id)}</a>${escapeHtml(printable(text).slice(id.length))}</li>`,
  );
  const folded = (title: string, items: readonly string[], kind: string): string =>
    items.length === 0
      ? ''
      : `<details class="${kind}"${items.length > 3 ? '' : ' open'}><summary>${title} (${items.length})</summary><ul>${items.join('')}</ul></details>`;
  return `<header><h1>${escapeHtml(headline(results))}</h1><dl>${list.join('')}</dl>
${folded('about this run', notes, 'notes')}${folded('changed between kernels', changes, 'changes')}</header>`;
}

function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/**
 * The page of a run as one HTML document that loads nothing: `data` is what it shows, `blobs` are files of tests as base64
 * of gzip, which its own code unpacks when they are asked for, `script` is that code. Without it, the table is there.
 */
export function renderPage(
  results: RunResults,
  data: PageData,
  blobs: readonly string[],
  script: string,
): string {
  const { kernels, rows } = data;
  const policy =
    `default-src 'none'; style-src ${sourceHash(STYLE)}; script-src ${sourceHash(script)}; ` +
    "base-uri 'none'; form-action 'none'";
  const heads = kernels.map((kernel, column) => kernelHead(kernel, column, rows));
  const sortable = (key: string, text: string): string =>
    `<th scope="col" class="${key}" data-sort="${key}"><button type="button" class="sort">${text}</button></th>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ulogcheck: ${escapeHtml(headline(results))}</title>
<style>${STYLE}</style>
</head>
<body>
${header(results)}
${toolbar(data)}
<main>
<div id="pane" tabindex="-1">
<table id="matrix">
<caption class="away">Verdicts: a row for each requirement, a column for each kernel. Arrow keys move, Enter opens.</caption>
<thead><tr>${sortable('name', 'requirement')}${sortable('level', 'level')}${sortable('sentence', 'sentence')}${heads.join('')}</tr></thead>
<tbody>
${rows.map((row, index) => rowHtml(row, index, kernels)).join('\n')}
</tbody>
</table>
</div>
<div id="border" role="separator" aria-orientation="vertical" aria-label="width of the evidence" tabindex="0" hidden></div>
<aside id="detail" aria-label="evidence" tabindex="-1" hidden></aside>
</main>
<noscript><p>Without JavaScript this page shows the table only. The evidence is in the directory of the results.</p></noscript>
<script type="application/json" id="data">${scriptJson(data)}</script>
${blobs.map((text, index) => `<script type="application/gzip" id="blob${index}">${text}</script>`).join('\n')}
<script>${script}</script>
</body>
</html>
`;
}
