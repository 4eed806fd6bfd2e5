/** The data of the page, and the files of tests in it. These files share one scope: the page holds them as one script. */
type PageData = import('../page-types.js').PageData;
type PageRow = import('../page-types.js').PageRow;
type PageCell = import('../page-types.js').PageCell;
type PageTest = import('../page-types.js').PageTest;
type PageFile = import('../page-types.js').PageFile;
type PageFailure = import('../page-types.js').PageFailure;

/** An element that the page surely has. */
function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

const data = JSON.parse(byId('data').textContent) as PageData;

/** The text of a file that the page carries. Throws when it cannot be unpacked. */
async function textOf(blob: number): Promise<string> {
  const binary = atob(byId(`blob${blob}`).textContent);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return await new Response(stream).text();
}

/** A new element with a class and contents. Texts are texts, never markup. */
function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...contents: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...contents);
  return element;
}

/** A button that does something. */
function button(text: string, act: () => void, className = ''): HTMLButtonElement {
  const element = make('button', className, text);
  element.type = 'button';
  element.addEventListener('click', act);
  return element;
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function timeText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
