import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResults } from '../../harness/results/model.js';
import { isBad, programsOf } from '../../harness/results/programs.js';
import { writeTextAtomically } from '../../harness/results/write.js';
import type { View } from '../explanation.js';
import { embedFiles, type TestDirectory } from './embed.js';
import { pageData } from './page-data.js';
import { renderPage } from './page.js';

/** The page of a run, relative to its results. */
export const MATRIX_PAGE = 'matrix.html';

/** Characters of the page that hold files of tests, compressed. With what else is in it, it stays below 30 MB. */
const BUDGET = 24_000_000;

/** The page's own code, in the order in which it is put together; compiled with types of a browser. */
const CLIENT = ['files', 'table', 'detail', 'main'];

/** The directories of the tests of a run; a test that did not pass for one of its requirements did not pass. */
export function testDirectories(results: RunResults): TestDirectory[] {
  const passed = new Map<string, boolean>();
  const add = (directory: string, good: boolean): void => {
    if (directory !== '') passed.set(directory, (passed.get(directory) ?? true) && good);
  };
  for (const { tests } of results.requirements)
    for (const { directory, verdict } of tests) add(directory, verdict === 'pass');
  for (const { directory, verdict } of programsOf(results)) add(directory, !isBad(verdict));
  return [...passed].map(([directory, good]) => ({ directory, passed: good }));
}

/** The code of the page, as one script. */
export async function clientScript(): Promise<string> {
  const parts = await Promise.all(
    CLIENT.map(async (name) => await readFile(new URL(`client/${name}.js`, import.meta.url), 'utf8')),
  );
  const code = parts.map((text) => text.replace(/^\/\/# sourceMappingURL=.*$/m, '')).join('\n');
  return `(() => {\n'use strict';\n${code}\n})();`;
}

/** Writes the page of a run beside its results: one file that needs no other and no network. */
export async function writeMatrixPage(results: RunResults, view: View, budget = BUDGET): Promise<void> {
  const { blobs, files } = await embedFiles(view.out, testDirectories(results), budget);
  const data = pageData(results, view, (directory) => files.get(directory) ?? []);
  const text = renderPage(results, data, blobs, await clientScript());
  await writeTextAtomically(join(view.out, MATRIX_PAGE), text);
}
