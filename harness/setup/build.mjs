import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHash } from './npm-packages.mjs';
import { runOwned } from './owned.mjs';
import { nodePath, projectRoot } from './root.mjs';

/** Tells from which sources dist/ was compiled, and what tsc said. Written last. */
const stamp = join(projectRoot, 'dist/.build-stamp.json');

/** Set by who has just compiled dist/, for what it starts. */
export const BUILT_VARIABLE = 'ULOGCHECK_BUILT';

/** Generated output of runs, below a directory with sources. */
const NOT_SOURCES = join('reports', 'out');

/**
 * All files below a directory, relative to the project's root. A directory that is missing has none.
 * @param {string} path relative to the project's root
 * @returns {string[]}
 */
function files(path) {
  if (path === NOT_SOURCES || !existsSync(join(projectRoot, path))) return [];
  if (statSync(join(projectRoot, path)).isFile()) return [path];
  return readdirSync(join(projectRoot, path), { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : files(inside);
    return entry.isFile() ? [inside] : [];
  });
}

/**
 * What tsc is told to compile, each with options of its own: everything that Node runs, and what runs in the page of a
 * run, which knows a browser's types. A directory with a tsconfig.json, and where tsc keeps what it knows of it.
 */
const PROJECTS = /** @type {const} */ ([
  { path: '.', memory: 'dist/.tsbuildinfo' },
  { path: 'reports/page/client', memory: 'dist/.tsbuildinfo-page' },
]).filter(({ path }) => existsSync(join(projectRoot, path, 'tsconfig.json')));

/** What tsconfig.json includes: directories and files with sources. @returns {string[]} */
function sourceRoots() {
  /** @type {unknown} */
  const config = JSON.parse(readFileSync(join(projectRoot, 'tsconfig.json'), 'utf8'));
  return /** @type {{ include: string[] }} */ (config).include;
}

/**
 * The sources that tsc compiles.
 * @returns {string[]} relative to the project's root
 */
export function sources() {
  return sourceRoots()
    .flatMap(files)
    .filter((path) => /\.[cm]?[jt]s$/.test(path) && !/\.d\.[cm]?ts$/.test(path));
}

/**
 * The file that tsc makes of a source.
 * @param {string} source
 */
function output(source) {
  return join('dist', source.replace(/ts$/, 'js'));
}

/**
 * Changes whenever a source, the compiler or its options do. By size and time, not content: it is made at every
 * start, and tsc looks at the contents itself.
 * @param {readonly string[]} list
 */
function fingerprint(list) {
  const hash = createHash('sha256').update(lockHash());
  for (const { path } of PROJECTS) hash.update(readFileSync(join(projectRoot, path, 'tsconfig.json')));
  for (const path of list) {
    const { size, mtimeMs } = statSync(join(projectRoot, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * What the last complete compilation left in the stamp.
 * @typedef {object} Stamp
 * @property {string} sources their fingerprint
 * @property {readonly string[]} outputs what tsc made, relative to the project's root
 * @property {string} errors what tsc said against the sources, empty if nothing
 */

/**
 * The stamp, unless there is none or some of what it lists is gone.
 * @returns {Stamp | undefined}
 */
function lastBuild() {
  try {
    /** @type {unknown} */
    const parsed = JSON.parse(readFileSync(stamp, 'utf8'));
    const last = /** @type {Stamp} */ (parsed);
    return last.outputs.every((path) => existsSync(join(projectRoot, path))) ? last : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What the last compilation said, if dist/ is that of the sources as they are.
 * @returns {{ errors: string } | undefined}
 */
export function built() {
  const last = lastBuild();
  return last?.sources === fingerprint(sources()) ? last : undefined;
}

/**
 * What tsc made of sources that are gone.
 * @param {readonly string[]} list the sources that there are
 * @returns {string[]} relative to the project's root
 */
function orphans(list) {
  const expected = new Set(list.map(output));
  return sourceRoots()
    .flatMap((root) => files(join('dist', root)))
    .filter((path) => /\.[cm]?js(\.map)?$/.test(path) && !expected.has(path.replace(/\.map$/, '')));
}

/** @param {string} path relative to the project's root */
function modified(path) {
  return statSync(join(projectRoot, path), { throwIfNoEntry: false })?.mtimeMs;
}

/**
 * A file that shows that dist/ is not that of the sources as they are: a source that was changed after it was
 * compiled, or what was compiled of one that is gone. By the stamp or, since a tsc of somebody's own does not know
 * of it, by the times of the files.
 * @returns {string | undefined} relative to the project's root
 */
export function staleFile() {
  if (built() !== undefined) return undefined;
  const list = sources();
  const changed = list.find((path) => (modified(path) ?? 0) > (modified(output(path)) ?? -1));
  return changed ?? orphans(list)[0];
}

/** A cold compilation takes ten seconds or so on a slow machine. */
const DEADLINE_MS = 5 * 60_000;

/**
 * Compiles the sources into dist/, as far as they changed, and removes from dist/ what has no source any more
 * (a test that was deleted must not go on running). Type errors are no failure here: see `built`.
 * @param {number} lock descriptor of the lock on the checkout, which tsc holds too
 */
export async function build(lock) {
  // tsc would not make again what is gone, nor what a killed tsc wrote half, if the source did not change.
  if (lastBuild() === undefined)
    for (const { memory } of PROJECTS) rmSync(join(projectRoot, memory), { force: true });
  rmSync(stamp, { force: true });
  const list = sources();
  const before = fingerprint(list);
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
  let errors = '';
  for (const { path } of PROJECTS) {
    const { status, stdout } = await runOwned([nodePath, tsc, '-p', path, '--pretty', 'false'], {
      cwd: projectRoot,
      deadlineMs: DEADLINE_MS,
      allow: [0, 1, 2], // 1, 2: errors in the sources
      fds: [lock],
    });
    if (status !== 0) errors += stdout;
  }
  for (const path of orphans(list)) rmSync(join(projectRoot, path));
  /** @type {Stamp} */
  const made = {
    sources: before,
    outputs: list.map(output).filter((path) => existsSync(join(projectRoot, path))),
    errors,
  };
  writeFileSync(`${stamp}.new`, JSON.stringify(made));
  renameSync(`${stamp}.new`, stamp);
}
