/** The table: which rows are shown, in which order, and how the keyboard moves in it. */

const filter = byId('filter') as HTMLFormElement;
const matrix = byId('matrix') as HTMLTableElement;
const body = matrix.tBodies[0] ?? matrix.createTBody();
const tableRows = [...body.rows];

/** What each row is searched for. */
const haystacks = data.rows.map((row) =>
  [
    ...[row.name, row.sentence, row.level, row.subject, row.change],
    ...row.cells.flatMap(({ reason, tests }) => [
      reason,
      ...tests.map(([number]) => data.tests[number]?.title ?? ''),
    ]),
  ]
    .join('\n')
    .toLowerCase(),
);

/** The number of a row in the data. */
function numberOf(row: HTMLTableRowElement): number {
  return Number(row.dataset['row']);
}

/** What a field of the form says; never a file. */
function fieldOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

function isShown(row: HTMLTableRowElement, wanted: FormData): boolean {
  const { words = '', family = '', level = '' } = row.dataset;
  const present = words.split(' ');
  const text = fieldOf(wanted, 'text').trim().toLowerCase();
  const chosen = wanted.getAll('word');
  return (
    text.split(/\s+/).every((word) => (haystacks[numberOf(row)] ?? '').includes(word)) &&
    (chosen.length === 0 || chosen.some((word) => typeof word === 'string' && present.includes(word))) &&
    ['', family].includes(fieldOf(wanted, 'family')) &&
    ['', level].includes(fieldOf(wanted, 'level')) &&
    (wanted.get('differs') === null || row.dataset['differs'] !== undefined) &&
    (wanted.get('tested') === null || present.some((word) => word !== '–'))
  );
}

/** Shows the rows that the form asks for. */
function applyFilter(): void {
  const wanted = new FormData(filter);
  let count = 0;
  for (const row of tableRows) {
    row.hidden = !isShown(row, wanted);
    if (!row.hidden) count += 1;
  }
  byId('shown').textContent = `${count} of ${tableRows.length} rows`;
  keepOneTabStop();
}

const WORST_FIRST = ['fail', 'infra', 'unknown', 'known', 'changed', 'n/a', 'pass', '–'];
const LEVELS = ['MUST', 'SHOULD', 'QUIRK', 'profile', 'program'];

/** What a row is sorted by. */
function sortKey(row: PageRow, key: string): number | string {
  switch (key) {
    case 'name':
      return 0; // The order of the catalogue.
    case 'level':
      return LEVELS.indexOf(row.level);
    case 'sentence':
      return row.sentence;
    default:
      return WORST_FIRST.indexOf(row.cells[Number(key)]?.word ?? '–');
  }
}

/** Sorts by the column of a head; once more turns it round. */
function sortBy(head: HTMLTableCellElement): void {
  const down = head.getAttribute('aria-sort') === 'ascending';
  for (const other of matrix.querySelectorAll('th[aria-sort]')) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const key = head.dataset['sort'] ?? 'name';
  const compare = (a: HTMLTableRowElement, b: HTMLTableRowElement): number => {
    const [rowA, rowB] = [data.rows[numberOf(a)], data.rows[numberOf(b)]];
    if (rowA === undefined || rowB === undefined) return 0;
    const [left, right] = [sortKey(rowA, key), sortKey(rowB, key)];
    const order = left < right ? -1 : left > right ? 1 : numberOf(a) - numberOf(b);
    return down ? -order : order;
  };
  body.append(...tableRows.toSorted(compare));
  keepOneTabStop();
}

/** The button of a cell. */
function cellButton(row: number, column: number): HTMLButtonElement | null {
  return body.querySelector(`tr[data-row="${row}"] button[data-column="${column}"]`);
}

/** Tab reaches the table once; within it the arrow keys move. */
function keepOneTabStop(stop?: HTMLButtonElement): void {
  const old = [...body.querySelectorAll<HTMLButtonElement>('button[tabindex="0"]')];
  const kept = stop ?? old.find((element) => element.closest('tr')?.hidden === false);
  for (const element of old) element.tabIndex = -1;
  const first = kept ?? body.querySelector<HTMLButtonElement>('tr:not([hidden]) button');
  if (first !== null) first.tabIndex = 0;
}

/** The cell that an arrow key leads to. */
function neighbour(from: HTMLButtonElement, key: string): HTMLButtonElement | null {
  const column = Number(from.dataset['column']);
  const inRow = (row: Element | null | undefined, place: number): HTMLButtonElement | null =>
    row?.querySelector(`button[data-column="${place}"]`) ?? null;
  const row = from.closest('tr');
  const visible = [...body.rows].filter((one) => !one.hidden);
  const index = row === null ? -1 : visible.indexOf(row);
  switch (key) {
    case 'ArrowLeft':
      return inRow(row, column - 1);
    case 'ArrowRight':
      return inRow(row, column + 1);
    case 'ArrowUp':
      return inRow(visible[index - 1], column);
    case 'ArrowDown':
      return inRow(visible[index + 1], column);
    case 'Home':
      return inRow(row, 0);
    case 'End':
      return inRow(row, data.kernels.length - 1);
    case 'PageUp':
      return inRow(visible[Math.max(0, index - 20)], column);
    case 'PageDown':
      return inRow(visible[Math.min(visible.length - 1, index + 20)], column);
    default:
      return null;
  }
}
