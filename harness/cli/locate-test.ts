import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Locate, Place } from '../../reports/github.js';
import { projectRoot } from '../setup/root.mjs';

/** The line, from 1, on which a spec file gives the title; else the one where its first test begins; else the first. */
export function lineOfTest(source: string, title: string): number {
  const lines = source.split('\n');
  // As prettier writes string literals.
  const escaped = title.replaceAll('\\', '\\\\');
  const spellings = [title, escaped, escaped.replaceAll("'", "\\'")];
  const titled = lines.findIndex((line) => spellings.some((spelling) => line.includes(spelling)));
  return (
    (titled >= 0
      ? titled
      : Math.max(
          0,
          lines.findIndex((line) => line.includes('conformanceTest(')),
        )) + 1
  );
}

/** Where tests are defined, for annotations on the files of `workspace`; elsewhere GitHub knows no file. */
export function locateIn(workspace: string, root = projectRoot): Locate {
  return (file, title): Place | undefined => {
    const path = join(root, file);
    const shown = relative(workspace, path);
    if (shown.startsWith('..')) return undefined;
    try {
      return { file: shown, line: lineOfTest(readFileSync(path, 'utf8'), title) };
    } catch {
      return undefined;
    }
  };
}
