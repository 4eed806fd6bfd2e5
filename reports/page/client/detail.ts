/** The evidence of one cell, or what is known of a kernel. */

const detail = byId('detail');
const border = byId('border');

/** As many lines of a file are shown at once; more would make the page slow. */
const LINES = 20_000;

const CLASSES: Readonly<Record<string, string>> = { 'n/a': 'na', '–': 'none', 'not-applicable': 'na' };

function wordBadge(word: string): HTMLElement {
  return make('span', `word ${CLASSES[word] ?? word}`, word === '–' ? 'not tested' : word);
}

function facts(entries: readonly (readonly [string, string | Node])[]): HTMLElement {
  const list = make('dl', 'facts');
  for (const [label, content] of entries)
    if (content !== '') list.append(make('dt', '', label), make('dd', '', content));
  return list;
}

/** Whether a line of a file is one of those that show a failure. */
function isTelling(line: string, file: PageFile, failures: readonly PageFailure[]): boolean {
  if (file.name.endsWith('.jsonl')) {
    const number = /"n":(\d+)/.exec(line)?.[1];
    return number !== undefined && failures.some(({ events }) => events.includes(Number(number)));
  }
  const text = line.trim();
  return text !== '' && failures.some(({ lines }) => lines.some((one) => one.trim() === text));
}

/** Fills a viewer with the lines of a file that contain a text. */
function showLines(
  place: HTMLElement,
  count: HTMLElement,
  lines: readonly string[],
  wanted: string,
  isHit: (line: string) => boolean,
): void {
  const needle = wanted.trim().toLowerCase();
  const matching = needle === '' ? lines : lines.filter((line) => line.toLowerCase().includes(needle));
  const shown = matching.slice(0, LINES);
  place.replaceChildren(...shown.map((line) => make('span', isHit(line) ? 'line hit' : 'line', line)));
  const cut = shown.length < matching.length ? `, the first ${shown.length} of them shown` : '';
  count.textContent = `${matching.length} of ${lines.length} lines${cut}`;
}

/** A file of a test, with a field to look for lines in it. */
async function openFile(
  viewer: HTMLElement,
  file: PageFile,
  failures: readonly PageFailure[],
): Promise<void> {
  if (file.blob === null) {
    viewer.replaceChildren(
      make(
        'p',
        'soft',
        'This file is too long for the page. It is beside it, in the directory of the results: ',
      ),
      make('code', '', file.path),
    );
    return;
  }
  viewer.replaceChildren(make('p', 'soft', 'unpacking …'));
  const text = await textOf(file.blob);
  const lines = text.replace(/\n$/, '').split('\n');
  const count = make('span', 'soft');
  const place = make('pre');
  place.tabIndex = 0;
  place.setAttribute('aria-label', file.name);
  const input = make('input');
  input.type = 'search';
  input.placeholder = 'lines with this text';
  input.setAttribute('aria-label', `lines of ${file.name} with this text`);
  const isHit = (line: string): boolean => isTelling(line, file, failures);
  input.addEventListener('input', () => showLines(place, count, lines, input.value, isHit));
  viewer.replaceChildren(make('div', 'bar', input, count, make('span', 'soft', file.path)), place);
  showLines(place, count, lines, '', isHit);
  place.querySelector('.hit')?.scrollIntoView({ block: 'center' });
  viewer.scrollIntoView({ block: 'nearest' });
}

function testBox(number: number, verdict: string, cell: PageCell): HTMLElement {
  const test = data.tests[number];
  const box = make('section', 'test');
  if (test === undefined) return box;
  const failures = cell.failures.filter((failure) => failure.test === test.title);
  const viewer = make('div', 'viewer');
  const tabs = make('div', 'tabs');
  for (const file of test.files) {
    const tab = button(`${file.name} (${sizeText(file.bytes)})`, () => {
      const wasOpen = tab.getAttribute('aria-expanded') === 'true';
      for (const other of tabs.children) other.setAttribute('aria-expanded', 'false');
      if (wasOpen) {
        viewer.replaceChildren();
        return;
      }
      tab.setAttribute('aria-expanded', 'true');
      openFile(viewer, file, failures).catch((error: unknown) => {
        viewer.replaceChildren(make('p', 'fail', `${file.path} cannot be unpacked: ${String(error)}`));
      });
    });
    tab.setAttribute('aria-expanded', 'false');
    tabs.append(tab);
  }
  const time = test.durationMs === null ? '' : ` ${timeText(test.durationMs)}`;
  box.append(
    make('div', 'title', wordBadge(verdict), ' ', test.title, make('span', 'soft', time)),
    facts([
      ['defined in', test.file],
      ['again', make('code', '', test.again)],
    ]),
  );
  if (test.files.length > 0) box.append(tabs, viewer);
  else box.append(make('p', 'soft', 'It left no files.'));
  return box;
}

function failureBox({ by, test, expected, seen, events, lines }: PageFailure): HTMLElement {
  const box = make('div', 'failure');
  box.append(
    facts([
      ['expected', expected],
      ['seen', seen === '' ? '(nothing)' : seen],
      ['events', events.join(', ')],
      ['says', `${by}, in “${test}”`],
    ]),
  );
  if (lines.length > 0) box.append(make('pre', '', lines.join('\n')));
  return box;
}

/** The same requirement on all kernels, to go from one to the other. */
function strip(row: PageRow, rowNumber: number, column: number): HTMLElement {
  const place = make('div', 'strip');
  for (const [index, cell] of row.cells.entries()) {
    const name = data.kernels[index]?.name ?? '';
    const step = button(
      `${name} ${cell.word}`,
      () => openCell(rowNumber, index),
      CLASSES[cell.word] ?? cell.word,
    );
    if (index === column) step.setAttribute('aria-current', 'true');
    place.append(step);
  }
  return place;
}

/** What opened the detail, to go back to when it is closed. */
let openedBy: HTMLElement | null = null;

function show(...contents: Node[]): void {
  const close = button('close', closeDetail, 'close');
  close.title = 'Esc';
  detail.replaceChildren(close, ...contents);
  detail.hidden = false;
  border.hidden = false;
  // The detail tells the sentence; without it more kernels fit beside.
  matrix.classList.add('beside');
  detail.scrollTop = 0;
}

function closeDetail(): void {
  detail.hidden = true;
  border.hidden = true;
  matrix.classList.remove('beside');
  for (const current of body.querySelectorAll('[aria-current]')) current.removeAttribute('aria-current');
  history.replaceState(null, '', '#');
  openedBy?.focus();
}

/** Shows all that is known about one requirement on one kernel. */
function openCell(rowNumber: number, column: number): void {
  const [row, kernel] = [data.rows[rowNumber], data.kernels[column]];
  const cell = row?.cells[column];
  if (row === undefined || cell === undefined || kernel === undefined) return;
  for (const current of body.querySelectorAll('[aria-current]')) current.removeAttribute('aria-current');
  const here = cellButton(rowNumber, column);
  here?.setAttribute('aria-current', 'true');
  if (here !== null) keepOneTabStop(here);
  openedBy = here;
  const level = [row.level, row.subject === '' ? '' : `binds the ${row.subject}`].filter(
    (text) => text !== '',
  );
  show(
    make('h2', '', `${row.name} on ${kernel.name} `, wordBadge(cell.word)),
    make('p', 'soft', level.join(', ')),
    make('p', '', row.sentence),
    ...(data.kernels.length > 1 ? [strip(row, rowNumber, column)] : []),
    facts([
      ['changed', row.change],
      ['known defect', cell.known ?? ''],
      ['reason', cell.failures.length > 0 && row.level !== 'program' ? '' : cell.reason],
      ['observed', cell.failures.length > 0 ? '' : cell.observed],
    ]),
    ...cell.failures.map(failureBox),
    ...(cell.tests.length > 0 ? [make('h3', '', 'tests')] : []),
    ...cell.tests.map(([number, verdict]) => testBox(number, verdict, cell)),
  );
  history.replaceState(null, '', `#${encodeURIComponent(row.name)}@${encodeURIComponent(kernel.name)}`);
}

/** Shows what is known of a kernel. */
function openKernel(column: number, from: HTMLElement): void {
  const kernel = data.kernels[column];
  if (kernel === undefined) return;
  openedBy = from;
  const bad = data.rows.flatMap((row, index) => {
    const word = row.cells[column]?.word ?? '–';
    return word === 'pass' || word === '–' ? [] : [{ row, index, word }];
  });
  const list = make('div', 'strip');
  for (const { row, index, word } of bad)
    list.append(button(`${row.name} ${word}`, () => openCell(index, column), CLASSES[word] ?? word));
  show(
    make('h2', '', `kernel ${kernel.name} `, wordBadge(kernel.state)),
    ...(kernel.reason === '' ? [] : [make('p', '', kernel.reason)]),
    facts(kernel.facts),
    ...(bad.length > 0 ? [make('h3', '', `not passed (${bad.length})`), list] : []),
    ...(kernel.findings.length > 0 ? [make('h3', '', 'what it reported about itself')] : []),
    ...kernel.findings.flatMap(({ title, test, allowed, text }) => [
      make(
        'p',
        allowed === null ? 'fail' : 'soft',
        `${title}${allowed === null ? '' : ` (allowed: ${allowed})`}`,
      ),
      make('p', 'soft', `in “${test}”`),
      make('pre', '', text),
    ]),
  );
}
