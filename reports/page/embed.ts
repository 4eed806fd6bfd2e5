/** The files of tests, compressed, as the page of a run carries them. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PageFile } from './page-types.js';

const compress = promisify(gzip);

/** A directory of a test, relative to the results, and whether the test passed. */
export interface TestDirectory {
  readonly directory: string;
  readonly passed: boolean;
}

/** What {@link embedFiles} gives. */
export interface Embedded {
  /** Base64 of gzip; a file's number is its place. */
  readonly blobs: readonly string[];
  /** By directory of the test, the most telling first. */
  readonly files: ReadonlyMap<string, readonly PageFile[]>;
}

/** Names that people look for first; everything else comes behind, by name. */
const FIRST = ['timeline.txt', 'program.log', 'console.log', 'daemon.log', 'history.jsonl'];
/** What is text; a dump of memory is not. */
const TEXT = /\.(?:txt|log|jsonl)$/;
/** A longer file would not open in a browser. Bytes. */
const LONGEST = 64 * 2 ** 20;
/** So many files are read and compressed at a time. */
const AT_A_TIME = 8;

interface Found {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Files of less rank come into the page first. */
  readonly rank: number;
  blob: number | null;
}

function placeOf(name: string): number {
  const place = FIRST.indexOf(name);
  return place === -1 ? FIRST.length : place;
}

/** The text files of a test; those of further nodes are in directories of their own. None when there is no directory. */
async function textFiles(out: string, { directory, passed }: TestDirectory): Promise<Found[]> {
  const entries = await readdir(join(out, directory), { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => {
        const inside = await readdir(join(out, directory, name)).catch(() => []);
        return inside.map((file) => join(name, file));
      }),
  );
  const names = [...entries.filter((entry) => entry.isFile()).map(({ name }) => name), ...nested.flat()]
    .filter((name) => TEXT.test(name))
    .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  const found = await Promise.all(
    names.map(async (name): Promise<Found | undefined> => {
      const path = join(directory, name);
      const bytes = (await stat(join(out, path)).catch(() => undefined))?.size;
      if (bytes === undefined) return undefined;
      // Histories are by far the longest, and those of tests that passed the least wanted.
      return { name, path, bytes, rank: name.endsWith('.jsonl') ? (passed ? 2 : 1) : 0, blob: null };
    }),
  );
  return found.filter((file) => file !== undefined);
}

/**
 * Reads and compresses the text files of tests: first all that is no history, then the histories of tests that did not
 * pass, then those of the others, the shortest first, as long as no more than `budget` characters come together. What
 * does not fit, or cannot be read, is named without a block.
 */
export async function embedFiles(
  out: string,
  tests: readonly TestDirectory[],
  budget: number,
): Promise<Embedded> {
  const files = new Map<string, Found[]>();
  for (const test of tests) files.set(test.directory, await textFiles(out, test));
  const queue = [...files.values()]
    .flat()
    .filter(({ bytes }) => bytes <= LONGEST)
    .sort((a, b) => a.rank - b.rank || a.bytes - b.bytes);
  const blobs: string[] = [];
  let room = budget;
  for (let from = 0; from < queue.length && room > 0; from += AT_A_TIME) {
    const batch = queue.slice(from, from + AT_A_TIME);
    const packed = await Promise.all(
      batch.map(async ({ path }) => {
        const content = await readFile(join(out, path)).catch(() => undefined);
        return content === undefined ? undefined : (await compress(content)).toString('base64');
      }),
    );
    for (const [index, text] of packed.entries()) {
      const file = batch[index];
      if (file === undefined || text === undefined || text.length > room) continue;
      file.blob = blobs.length;
      blobs.push(text);
      room -= text.length;
    }
  }
  const shown = ({ name, path, bytes, blob }: Found): PageFile => ({ name, path, bytes, blob });
  return { blobs, files: new Map([...files].map(([directory, found]) => [directory, found.map(shown)])) };
}
