/** One profile file: read, checked, and with every source path resolved. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { profileSchema, type ProfileDocument } from './schema.js';

/** A history with a daemon of this name is judged as one in which the test decided the answers (docs/puppet.md). */
const PUPPET = 'puppet';

export type { ReadyCondition, StopRequest } from './schema.js';

/** A file or directory to lay into the guest. */
export interface ProfileFile {
  /** Absolute path on this machine; exists. */
  readonly from: string;
  /** Absolute path in the guest. */
  readonly to: string;
  /** Octal permissions such as "0755", or undefined: those of the source. */
  readonly mode: string | undefined;
  /** Globs of files of a directory that stay behind. */
  readonly exclude: readonly string[];
}

/** A checked profile; plain data, so that it can travel to workers as JSON. */
export type Profile = Omit<ProfileDocument, 'install'> & {
  /** Absolute path of the file that it was read from. */
  readonly path: string;
  readonly install: { readonly files: readonly ProfileFile[]; readonly packages: readonly string[] };
};

/** A profile that cannot be used: the message has one line per problem, each with file, line and key path. */
export class ProfileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ProfileError';
    this.problems = problems;
  }
}

/** Reads the profile at `path`. @throws ProfileError that lists everything wrong with it, missing files included. */
export async function loadProfileFile(path: string): Promise<Profile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new ProfileError([
      `${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  return parseProfile(text, resolve(path));
}

/** Checks the text of a profile that stands at the absolute path `path`. @throws ProfileError. */
export function parseProfile(text: string, path: string): Profile {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = yaml.errors;
  if (broken !== undefined) {
    // Later errors are mostly consequences of the first one.
    throw new ProfileError([`${path}:${lines.linePos(broken.pos[0]).line}: not YAML: ${broken.message}`]);
  }
  const document: unknown = yaml.toJS();
  const parsed = profileSchema.safeParse(document);
  const problem = (keys: readonly PropertyKey[], what: string): string =>
    `${path}${lineOf(yaml, lines, keys)}: ${keyPath(keys)}: ${what}`;
  if (!parsed.success) {
    throw new ProfileError(
      parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => problem([...issue.path, key], issue.message))
          : [problem(issue.path, `${issue.message}, found ${found(yaml, issue.path)}`)],
      ),
    );
  }
  return resolveProfile(parsed.data, path, problem);
}

/** What a schema cannot say: references between fields, patterns, and files that must exist. */
function resolveProfile(
  document: ProfileDocument,
  path: string,
  problem: (keys: readonly PropertyKey[], what: string) => string,
): Profile {
  const problems: string[] = [];
  const { ready, logs, name } = document;
  if (name === PUPPET) {
    problems.push(
      problem(['name'], `must not be "${PUPPET}", which stands for the suite's own in its results`),
    );
  }
  if ('log' in ready) {
    const names = logs.map((log) => log.name);
    if (!names.includes(ready.in)) {
      const known = names.length === 0 ? 'none' : names.join(', ');
      problems.push(
        problem(['ready', 'in'], `must be the name of a log, found "${ready.in}"; logs: ${known}`),
      );
    }
    try {
      new RegExp(ready.log);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push(
        problem(['ready', 'log'], `must be a regular expression, found "${ready.log}": ${message}`),
      );
    }
  }
  const names = document.selfTests.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index)
      problems.push(problem(['selfTests', index, 'name'], `must be unique, found "${name}" a second time`));
  }
  const files = document.install.files.map(({ from, to, mode, exclude }, index): ProfileFile => {
    const source = resolveSource(from, dirname(path));
    if (source === undefined || !existsSync(source)) {
      const looked = source === undefined ? `no node_modules above ${dirname(path)} has it` : `no ${source}`;
      problems.push(problem(['install', 'files', index, 'from'], `must exist, found "${from}": ${looked}`));
    }
    return { from: source ?? from, to, mode, exclude: exclude ?? [] };
  });
  if (problems.length > 0) throw new ProfileError(problems);
  return { ...document, path, install: { files, packages: document.install.packages } };
}

/** Absolute path of `from`; a package is looked for in every node_modules from the profile's directory up. */
function resolveSource(from: string, directory: string): string | undefined {
  if (!from.startsWith('package:')) return resolve(directory, from);
  const name = from.slice('package:'.length);
  for (let at = directory; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (at === dirname(at)) return undefined;
  }
}

/** `:LINE` of the deepest existing node at `keys`, or nothing. */
function lineOf(yaml: Document, lines: LineCounter, keys: readonly PropertyKey[]): string {
  for (let depth = keys.length; depth > 0; depth--) {
    const node = yaml.getIn(keys.slice(0, depth), true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    if (Array.isArray(range) && typeof range[0] === 'number') return `:${lines.linePos(range[0]).line}`;
  }
  return '';
}

/** `install.files[0].from` */
function keyPath(keys: readonly PropertyKey[]): string {
  if (keys.length === 0) return 'the whole file';
  return keys
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function found(yaml: Document, keys: readonly PropertyKey[]): string {
  const holder: unknown = yaml.toJS();
  let value = holder;
  for (const key of keys) {
    value = typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined;
  }
  if (value === undefined || value === null) return 'nothing';
  const shown = JSON.stringify(value);
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}
