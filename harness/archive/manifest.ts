import { posix } from 'node:path';
import { z } from 'zod';
import { entryKey, ENTRY_MANIFEST, type JsonValue } from '../cache/index.js';

/**
 * An archive of a part of the cache: a gzipped tar file. Its first member is the manifest (JSON, see
 * {@link Manifest}); the others are the regular files of the entries, `entries/KIND/KEY/PATH`, in the manifest's
 * order. Directories and symbolic links stand in the manifest only. Times, owners and the machine's name are in it
 * nowhere: the same cache gives the same bytes.
 */
export const MANIFEST_NAME = 'ulogcheck-cache.json';

/** Raised when an older ulogcheck could not read the archive. */
export const ARCHIVE_FORMAT = 1;

/**
 * Kinds of entries that mean the same on every machine. Left out is what was measured or frozen on one machine:
 * `kvm-probe`, and snapshots of running VMs.
 */
export const EXPORTED_KINDS = [
  'initramfs',
  'kernel',
  'layer',
  'packages',
  'root-image',
  'table-rewriter',
] as const;

/** The file is no archive that can be imported, or cannot be written; the message says why. Nothing was changed. */
export class ArchiveError extends Error {
  override name = 'ArchiveError';
}

const jsonSchema: z.ZodType<JsonValue> = z.json();
const modeSchema = z.int().min(0).max(0o777);
const memberSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('directory'), path: z.string(), mode: modeSchema }),
  z.strictObject({
    type: z.literal('file'),
    path: z.string(),
    mode: modeSchema,
    size: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.strictObject({ type: z.literal('link'), path: z.string(), target: z.string() }),
]);

const entrySchema = z.strictObject({
  kind: z.enum(EXPORTED_KINDS),
  key: z.string().regex(/^[0-9a-f]{32}$/),
  inputs: jsonSchema,
  /** Sorted by path, so that a directory comes before what lies in it. */
  members: z.array(memberSchema),
});

const plansSchema = z.strictObject({
  release: z.string().regex(/^[a-z]+(-[a-z]+)?$/),
  fetchedAt: z.number(),
  codename: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
  plans: z.record(z.string().regex(/^[0-9a-f]{32}$/), jsonSchema),
});

const manifestSchema = z.strictObject({
  format: z.literal(ARCHIVE_FORMAT),
  /** Version of the ulogcheck that wrote it. */
  version: z.string(),
  /** For whom it was made, as given on the command line. */
  asked: z.strictObject({
    kernel: z.string(),
    daemons: z.array(z.string()),
    userland: z.string(),
    lvm: z.exactOptional(z.enum(['stock', 'clustered'])),
  }),
  /** What names such as `stable` come down to. */
  packages: z.array(plansSchema),
  entries: z.array(entrySchema),
});

/** What lies in an entry. Paths are relative to it. */
export type ArchiveMember = z.infer<typeof memberSchema>;
/** One entry of the cache. */
export type ArchiveEntry = z.infer<typeof entrySchema>;
/** The first member of an archive. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads a manifest and checks all that can be checked without the files. Throws {@link ArchiveError}. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ArchiveError(`${MANIFEST_NAME} in it is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { data: head } = z.object({ format: z.number() }).safeParse(value);
  if (head !== undefined && head.format > ARCHIVE_FORMAT) {
    throw new ArchiveError(
      `it is of format ${head.format}, and this ulogcheck reads up to ${ARCHIVE_FORMAT}: use the ulogcheck that wrote it, or a newer one`,
    );
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new ArchiveError(`${MANIFEST_NAME} in it: ${z.prettifyError(parsed.error)}`);
  for (const entry of parsed.data.entries) checkEntry(entry);
  return parsed.data;
}

/** Path of a file of an entry in the archive. */
export function memberPath(entry: Pick<ArchiveEntry, 'kind' | 'key'>, path: string): string {
  return `entries/${entry.kind}/${entry.key}/${path}`;
}

function checkEntry(entry: ArchiveEntry): void {
  const name = `${entry.kind}/${entry.key}`;
  if (entryKey(entry.kind, entry.inputs) !== entry.key) {
    throw new ArchiveError(`entry ${name} is not named by what it was made from`);
  }
  const directories = new Set(['.']);
  const seen = new Set<string>();
  for (const member of entry.members) {
    const { path } = member;
    if (!isPlain(path) || path === ENTRY_MANIFEST) {
      throw new ArchiveError(`entry ${name}: ${JSON.stringify(path)} is no path inside an entry`);
    }
    // Also keeps every file from being written through a symbolic link.
    if (!directories.has(posix.dirname(path)) || seen.has(path)) {
      throw new ArchiveError(`entry ${name}: ${JSON.stringify(path)} does not lie in a directory of its own`);
    }
    seen.add(path);
    if (member.type === 'directory') directories.add(path);
    if (member.type === 'link' && !staysInside(path, member.target)) {
      throw new ArchiveError(`entry ${name}: the link ${path} leads out of it, to ${member.target}`);
    }
  }
}

function isPlain(path: string): boolean {
  return (
    !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/**
 * Whether a symbolic link of a tree leads to a place in the tree. `..` may only stand in front: behind the name of
 * another link it would not lead back to where it seems to.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const climbs = up < 0 ? parts.length : up;
  if (parts.slice(climbs).includes('..')) return false;
  return climbs < path.split('/').length;
}
