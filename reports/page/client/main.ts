/** What the reader does, and what comes of it. */

filter.addEventListener('input', applyFilter);
filter.addEventListener('reset', () => setTimeout(applyFilter));
filter.addEventListener('submit', (event) => event.preventDefault());

matrix.tHead?.addEventListener('click', (event) => {
  const target = event.target as Element;
  const head = target.closest('th');
  const kernel = target.closest<HTMLElement>('button[data-kernel]');
  if (kernel !== null) openKernel(Number(kernel.dataset['kernel']), kernel);
  else if (head !== null && target.closest('.sort') !== null) sortBy(head);
});

/** Opens the cell that something in it was done to. */
function openFrom(target: EventTarget | null): void {
  const found = (target as Element).closest<HTMLButtonElement>('button[data-column]');
  const row = found?.closest('tr');
  if (found !== null && row != null) openCell(numberOf(row), Number(found.dataset['column']));
}
body.addEventListener('click', (event) => openFrom(event.target));

body.addEventListener('keydown', (event) => {
  const from = (event.target as Element).closest<HTMLButtonElement>('button[data-column]');
  const to = from === null ? null : neighbour(from, event.key);
  if (to === null) return;
  event.preventDefault();
  keepOneTabStop(to);
  to.focus();
  if (!detail.hidden) openFrom(to);
});

document.addEventListener('keydown', (event) => {
  const typing = (event.target as Element).matches('input, select, textarea');
  if (event.key === 'Escape' && !detail.hidden) closeDetail();
  if (event.key === '/' && !typing) {
    event.preventDefault();
    filter.querySelector<HTMLInputElement>('[name=text]')?.focus();
  }
});

/** The width of the detail, by mouse, finger or keys. */
function resize(width: number): void {
  const most = window.innerWidth - 260;
  detail.style.width = `${Math.max(300, Math.min(most, width))}px`;
}
border.addEventListener('pointerdown', (event) => {
  border.setPointerCapture(event.pointerId);
  const move = (moved: PointerEvent): void => resize(window.innerWidth - moved.clientX);
  border.addEventListener('pointermove', move);
  border.addEventListener('pointerup', () => border.removeEventListener('pointermove', move), { once: true });
});
border.addEventListener('keydown', (event) => {
  const step = event.key === 'ArrowLeft' ? 40 : event.key === 'ArrowRight' ? -40 : 0;
  if (step !== 0) resize(detail.getBoundingClientRect().width + step);
});

/** Opens what the address names: `#LUID-03@7.2.6`, or a requirement on the kernel where it is worst. */
function openAddress(): void {
  const [name = '', kernel = ''] = location.hash.slice(1).split('@').map(decodeURIComponent);
  const rowNumber = data.rows.findIndex((row) => row.name === name);
  const cells = data.rows[rowNumber]?.cells;
  if (cells === undefined) return;
  const worst = cells
    .map(({ word }, index) => ({ index, rank: WORST_FIRST.indexOf(word) }))
    .sort((a, b) => a.rank - b.rank)[0];
  const named = data.kernels.findIndex((one) => one.name === kernel);
  const column = named >= 0 ? named : (worst?.index ?? 0);
  openCell(rowNumber, column);
  cellButton(rowNumber, column)?.scrollIntoView({ block: 'center', inline: 'nearest' });
}
window.addEventListener('hashchange', openAddress);

applyFilter();
openAddress();
