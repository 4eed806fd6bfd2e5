import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../harness/setup/root.mjs';

/** What can prove something (docs/architecture.md, Verdicts); `log` is the kernel's log. */
export const EVIDENCE_KINDS = ['probe', 'kernel-double', 'drive-trace', 'ioctl', 'log', 'image'] as const;
/** One of {@link EVIDENCE_KINDS}. */
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** How binding a sentence is. */
export const LEVELS = ['MUST', 'SHOULD', 'QUIRK'] as const;
/** QUIRK: the sentence tells present behaviour of kernels; a kernel that differs has changed, not failed. */
export type Level = (typeof LEVELS)[number];

/** The side that a sentence binds; `both`: daemon and kernel together. */
export const SUBJECTS = ['daemon', 'kernel', 'drive', 'both'] as const;
/** One of {@link SUBJECTS}. */
export type Subject = (typeof SUBJECTS)[number];

/**
 * What a sentence rests on. profile: inferred, or a choice of ours where sources are silent; a subject that differs has
 * another profile, and is not wrong.
 */
export const BASES = ['standard', 'profile'] as const;
/** One of {@link BASES}. */
export type Basis = (typeof BASES)[number];

const REQUIREMENT_ID = /^[A-Z]+-\d{2,3}q?$/;

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const requirementSchema = z
  .strictObject({
    id: z
      .string()
      .regex(REQUIREMENT_ID, 'an id is a family and two or three digits, such as LUID-03 or TRN-12q'),
    subject: z.enum(SUBJECTS),
    level: z.enum(LEVELS),
    basis: z.enum(BASES).default('standard'),
    sentence: z.string().min(20).endsWith('.', 'a sentence ends with a full stop'),
    source: z.string().min(1),
    evidence: z.array(z.enum(EVIDENCE_KINDS)).min(1),
    knownDefect: z
      .strictObject({
        kernels: z.string().min(1),
        finding: z.string().min(1),
        shows: z.string().min(1).refine(isPattern, 'shows is a regular expression').optional(),
      })
      .optional(),
  })
  .refine((requirement) => requirement.id.endsWith('q') === (requirement.level === 'QUIRK'), {
    message: 'an id ends in q exactly when the level is QUIRK',
    path: ['level'],
  })
  .refine(({ basis, level }) => basis === 'standard' || level !== 'MUST', {
    message: 'a sentence whose basis is profile is no MUST: nobody can be demanded to share a choice of ours',
    path: ['level'],
  });

const familySchema = z.strictObject({
  family: z.string().regex(/^[A-Z]+$/),
  title: z.string().min(1),
  requirements: z.array(requirementSchema).min(1),
});

/** A defect that shipped kernels are known to have; `kernels` is a range such as `>=6.6 <7.4`. */
export interface KnownDefect {
  readonly kernels: string;
  readonly finding: string;
  /** A regular expression for what is seen in its failures; one that is unlike it is another defect. Undefined: any is it. */
  readonly shows?: string | undefined;
}

/** One testable sentence, and where it was written down. */
export interface Requirement {
  readonly id: string;
  /** The letters before the dash: `LUID`. */
  readonly family: string;
  readonly subject: Subject;
  readonly level: Level;
  readonly basis: Basis;
  readonly sentence: string;
  readonly source: string;
  /** The kinds of evidence that count for it. */
  readonly evidence: readonly EvidenceKind[];
  readonly knownDefect: KnownDefect | undefined;
  /** File relative to the package, and the line (from 1) where the entry begins. */
  readonly file: string;
  readonly line: number;
}

/** The requirements of one file. */
export interface Family {
  readonly name: string;
  readonly title: string;
  readonly file: string;
}

/** Every requirement, in the order of families and of their files. */
export interface Catalogue {
  readonly families: readonly Family[];
  readonly requirements: readonly Requirement[];
  readonly byId: ReadonlyMap<string, Requirement>;
  /** `sha256:` and the digest of the files, so that two results can tell whether they mean the same text. */
  readonly digest: string;
}

/** The catalogue is wrong; the message names file and line. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
}

/** The order in which families are shown: the order of the specification. */
const FAMILY_ORDER = [
  'TRN',
  'CTR',
  'LUID',
  'FLUSH',
  'SYNC',
  'STAT',
  'SUSP',
  'CLUS',
  'DISK',
  'RECOV',
  'ERR',
  'LVM',
  'IDM',
];

function familyRank(name: string): number {
  const rank = FAMILY_ORDER.indexOf(name);
  return rank === -1 ? FAMILY_ORDER.length : rank;
}

/** The line (from 1) of the deepest node that `path` reaches. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      next = pair?.value;
      if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset;
    } else if (isSeq(node) && typeof step === 'number') {
      next = node.items[step];
      if (isMap(next)) offset = next.range?.[0] ?? offset;
    }
    if (next === undefined) break;
    node = next;
  }
  return lines.linePos(offset).line;
}

function describePath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

/** Parses one family file; `file` is the name used in errors. Throws {@link CatalogueError}. */
export function parseFamily(
  text: string,
  file: string,
): { readonly family: Family; readonly requirements: readonly Requirement[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    throw new CatalogueError(
      `${file}:${lines.linePos(syntax.pos[0]).line}: not valid YAML: ${syntax.message}`,
    );
  }
  const parsed = familySchema.safeParse(document.toJS());
  if (!parsed.success) {
    const first = parsed.error.issues[0];
    const path = first?.path ?? [];
    const where = path.length === 0 ? '' : `${describePath(path)}: `;
    throw new CatalogueError(
      `${file}:${lineOf(document, lines, path)}: ${where}${first?.message ?? 'not a requirements file'}`,
    );
  }
  const { family, title, requirements } = parsed.data;
  const located = requirements.map((requirement, index): Requirement => {
    const line = lineOf(document, lines, ['requirements', index, 'id']);
    if (!requirement.id.startsWith(`${family}-`)) {
      throw new CatalogueError(
        `${file}:${line}: ${requirement.id} does not belong to the family ${family} of this file`,
      );
    }
    return { ...requirement, family, knownDefect: requirement.knownDefect, file, line };
  });
  return { family: { name: family, title, file }, requirements: located };
}

/**
 * Reads every `*.yaml` of `directory`. `root` is what the file names in errors are relative to. Throws
 * {@link CatalogueError} for a file that is not as the schema says and for an id or family given twice.
 */
export function readCatalogue(directory: string, root: string): Catalogue {
  const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
  if (names.length === 0) throw new CatalogueError(`${directory}: no requirements (*.yaml) here`);
  const hash = createHash('sha256');
  const files = names.sort().map((name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    hash.update(`${name}\0${text}\0`);
    return parseFamily(text, relative(root, join(directory, name)));
  });
  files.sort((a, b) => familyRank(a.family.name) - familyRank(b.family.name));

  const families = new Map<string, Family>();
  const byId = new Map<string, Requirement>();
  for (const { family, requirements } of files) {
    const twin = families.get(family.name);
    if (twin !== undefined) {
      throw new CatalogueError(`${family.file}: the family ${family.name} already has the file ${twin.file}`);
    }
    families.set(family.name, family);
    for (const requirement of requirements) {
      const earlier = byId.get(requirement.id);
      if (earlier !== undefined) {
        throw new CatalogueError(
          `${requirement.file}:${requirement.line}: ${requirement.id} is already defined at ${earlier.file}:${earlier.line}`,
        );
      }
      byId.set(requirement.id, requirement);
    }
  }
  return {
    families: [...families.values()],
    requirements: [...byId.values()],
    byId,
    digest: `sha256:${hash.digest('hex')}`,
  };
}

let loaded: Catalogue | undefined;

/** The project's own catalogue, read once per process. Throws {@link CatalogueError}. */
export function loadCatalogue(): Catalogue {
  if (loaded === undefined) {
    loaded = readCatalogue(join(projectRoot, 'conformance', 'requirements'), projectRoot);
  }
  return loaded;
}
