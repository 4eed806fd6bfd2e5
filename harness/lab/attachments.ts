import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file as Playwright's report takes it. */
export interface FileAttachment {
  readonly name: string;
  readonly path: string;
  readonly contentType: string;
}

/** What a test leaves for people, in the order in which they look at it; other files of these kinds follow. */
const FIRST = ['timeline.txt', 'console.log', 'daemon.log', 'history.jsonl', 'outcome.json'];

/** Shown by a browser instead of downloaded. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.txt': 'text/plain; charset=utf-8',
  '.log': 'text/plain; charset=utf-8',
  '.jsonl': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};

/** A larger file is for the directory of the results, not for a copy of it in the report. */
const LARGEST = 32 * 2 ** 20;

/** The files in the directory of a test that its page shows; none when there is no directory. */
export async function attachmentsIn(directory: string): Promise<FileAttachment[]> {
  const names = await readdir(directory).catch(() => []);
  const place = (name: string): number => {
    const index = FIRST.indexOf(name);
    return index === -1 ? FIRST.length : index;
  };
  const found: FileAttachment[] = [];
  for (const name of names.toSorted((a, b) => place(a) - place(b) || a.localeCompare(b))) {
    const contentType = CONTENT_TYPES[extname(name)];
    const path = join(directory, name);
    if (contentType === undefined) continue;
    const file = await stat(path).catch(() => undefined);
    if (file?.isFile() === true && file.size <= LARGEST) found.push({ name, path, contentType });
  }
  return found;
}
