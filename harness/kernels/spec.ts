import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FLAVOURS, type Flavour } from './offers.js';

/** One argument of `--kernel` (docs/kernels.md has the grammar). */
export type KernelSpec = DebianSpec | PathSpec;

/** Kernels of Debian's mirror, or of the cache. */
export interface DebianSpec {
  /** As the user wrote it. */
  readonly text: string;
  readonly source: 'debian';
  readonly want: Want;
  /** Only kernels of this suite. */
  readonly suite: string | undefined;
  /** Written behind a colon; undefined for what `--flavour` says. */
  readonly flavour: Flavour | undefined;
}

/** Which of them. */
export type Want =
  /** What the newest stable release of Debian means by its newest kernel. */
  | { readonly kind: 'stable' }
  /** The newest that is no release candidate. */
  | { readonly kind: 'latest' }
  /** All that lie in the cache. */
  | { readonly kind: 'cached' }
  /** The newest of each series. */
  | { readonly kind: 'each' }
  /** The newest release of a series such as `6.12`. */
  | { readonly kind: 'series'; readonly series: string }
  /** The newest release candidate of a series. */
  | { readonly kind: 'candidate'; readonly series: string }
  /** All versions that match, each once. */
  | { readonly kind: 'glob'; readonly pattern: string }
  /** A version, a package version, a release with or without its flavour, or a package. */
  | { readonly kind: 'name'; readonly name: string };

/** A kernel from this machine. */
export interface PathSpec {
  readonly text: string;
  readonly source: 'path';
  readonly path: string;
}

/** The argument is no kernel, whatever there is to choose from; the message says what would be right. */
export class KernelSpecError extends Error {
  override name = 'KernelSpecError';
}

/** What a path leads to. */
export type PathKind = 'file' | 'directory' | undefined;

const SUITE = /^[a-z]+(-security|-backports)?$/;

/** Whether the words of the spec can mean nothing but a path. */
function looksLikePath(text: string): boolean {
  return /^(\.{1,2}$|\.{0,2}\/|~\/|~$)/.test(text) || text.endsWith('.deb');
}

/**
 * Parses the arguments of `--kernel`, each one or several specs with commas between them; `look` tells what is at a
 * path. Throws {@link KernelSpecError}.
 */
export function parseSpecs(words: readonly string[], look: (path: string) => PathKind): KernelSpec[] {
  const texts = words.flatMap((word) => {
    // A path may have a comma in it.
    if (word.includes(',') && look(expandHome(word)) !== undefined) return [word];
    return word.split(',').map((part) => part.trim());
  });
  return texts.map((text) => parseSpec(text, look));
}

/** {@link parseSpecs}, with what lies on this machine. */
export function readSpecs(words: readonly string[]): KernelSpec[] {
  return parseSpecs(words, (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? undefined : found.isDirectory() ? 'directory' : 'file';
  });
}

/** Parses one spec. Throws {@link KernelSpecError}. */
export function parseSpec(text: string, look: (path: string) => PathKind): KernelSpec {
  const path = expandHome(text);
  const isPath = looksLikePath(text) || (text.includes('/') && look(path) !== undefined);
  return isPath ? { text, source: 'path', path } : parseDebian(text);
}

function expandHome(text: string): string {
  return text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text;
}

function parseDebian(text: string): DebianSpec {
  const [, withoutFlavour = text, flavourText] = /^(.*?)(?::([^:]*))?$/.exec(text) ?? [];
  const flavour = FLAVOURS.find((known) => known === flavourText);
  if (flavourText !== undefined && flavour === undefined) {
    throw new KernelSpecError(`--kernel ${text}: "${flavourText}" is no flavour; say ${FLAVOURS.join(', ')}`);
  }
  const slash = withoutFlavour.indexOf('/');
  const suite = slash < 0 ? undefined : withoutFlavour.slice(0, slash);
  const rest = withoutFlavour.slice(slash + 1);
  if (!/^[A-Za-z0-9*?][A-Za-z0-9.+~_*?-]*$/.test(rest)) {
    throw new KernelSpecError(
      `--kernel ${text}: is no name of a kernel, and no file or directory is called so. Say stable, latest, a ` +
        'version such as 6.12.107 or 6.12.*, a release, a Debian version, or the path of a .deb or a kernel tree.',
    );
  }
  if (suite !== undefined && !SUITE.test(suite)) {
    throw new KernelSpecError(
      `--kernel ${text}: "${suite}" is no suite of Debian, and no file or directory is called ${withoutFlavour}`,
    );
  }
  const only = suite === 'debian' ? undefined : suite;
  return { text, source: 'debian', want: parseWant(rest, suite), suite: only, flavour };
}

function parseWant(rest: string, suite: string | undefined): Want {
  if (suite === undefined && rest === 'stable') return { kind: 'stable' };
  if (suite === undefined && rest === 'cached') return { kind: 'cached' };
  if (rest === 'latest') return { kind: 'latest' };
  if (suite !== undefined && rest === 'all') return { kind: 'glob', pattern: '*' };
  if (suite !== undefined && rest === 'each') return { kind: 'each' };
  if (/[*?]/.test(rest)) return { kind: 'glob', pattern: rest };
  const candidate = /^(\d+\.\d+)-rc$/.exec(rest)?.[1];
  if (candidate !== undefined) return { kind: 'candidate', series: candidate };
  if (/^\d+\.\d+$/.test(rest)) return { kind: 'series', series: rest };
  return { kind: 'name', name: rest };
}

/** Whether the pattern, of `*` and `?`, matches all of the text. */
export function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(text);
}

/** Whether the spec may come to several kernels. */
export function isPattern(spec: KernelSpec): boolean {
  if (spec.source === 'path') return false;
  switch (spec.want.kind) {
    case 'cached':
    case 'each':
    case 'glob':
      return true;
    case 'stable':
    case 'latest':
    case 'series':
    case 'candidate':
    case 'name':
      return false;
  }
}
