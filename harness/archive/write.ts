import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, readlink, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Header, Pax } from 'tar';
import { CacheError, ENTRY_MANIFEST, type CacheUsage } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { exists } from '../setup/exists.js';
import { ownPath, releasePath, removeOwned } from '../setup/owned.mjs';
import {
  ARCHIVE_FORMAT,
  ArchiveError,
  EXPORTED_KINDS,
  MANIFEST_NAME,
  memberPath,
  staysInside,
  type ArchiveEntry,
  type ArchiveMember,
  type Manifest,
} from './manifest.js';

/** What goes into an archive besides its format. */
export interface ArchiveContents extends Pick<Manifest, 'version' | 'asked' | 'packages'> {
  /** Kinds that mean nothing on another machine are left out. */
  readonly entries: readonly CacheUsage[];
}

/** What was written. */
export interface WrittenArchive {
  readonly entries: number;
  /** Of the files in it, unpacked. */
  readonly contentBytes: number;
  readonly bytes: number;
  /** Of the archive, hexadecimal. */
  readonly sha256: string;
}

const BLOCK = 512;
/** Fast enough to keep up with a disk; the next levels cost much more time than they save space. */
const GZIP_LEVEL = 6;

/**
 * Writes entries of the cache into an archive: a new file, which appears whole or not at all, or a stream. The same
 * contents give the same bytes. Throws {@link ArchiveError} if the file is there already or cannot be made, and
 * CacheError when the disk is full.
 */
export async function writeArchive(
  contents: ArchiveContents,
  target: string | Writable,
  progress: ProgressSink = () => undefined,
): Promise<WrittenArchive> {
  if (typeof target !== 'string') return writeTo(contents, target, progress);
  if (await exists(target)) {
    throw new ArchiveError(`${target} is there already: remove it, or name another file`);
  }
  const partial = ownPath(`${target}.partial`);
  try {
    const handle = await open(partial, 'w').catch((error: unknown) => {
      throw new ArchiveError(`cannot write in ${dirname(target)}: ${(error as Error).message}`, {
        cause: error,
      });
    });
    const written = await writeTo(contents, handle.createWriteStream({ flush: true }), progress);
    await rename(partial, target);
    releasePath(partial);
    return written;
  } catch (error) {
    await removeOwned(partial);
    throw error;
  }
}

async function writeTo(
  { entries, ...head }: ArchiveContents,
  out: Writable,
  progress: ProgressSink,
): Promise<WrittenArchive> {
  const chosen = entries.filter(({ kind }) => exportedKind(kind) !== undefined);
  const listed = await withProgress(progress, 'build', `checksums of ${chosen.length} entries`, async () => {
    const all: ArchiveEntry[] = [];
    for (const { kind, key, inputs, path } of chosen) {
      const known = exportedKind(kind);
      if (known !== undefined) all.push({ kind: known, key, inputs, members: await list(path) });
    }
    return all;
  });
  const manifest: Manifest = { format: ARCHIVE_FORMAT, ...head, entries: listed };
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const blocks = Readable.from(
    tarOf(manifest, new Map(chosen.map(({ kind, key, path }) => [`${kind}/${key}`, path]))),
  );
  const contentBytes = sizeOf(listed);
  try {
    await withProgress(progress, 'build', `archive of ${(contentBytes / 1e6).toFixed(0)} MB`, () =>
      pipeline(blocks, createGzip({ level: GZIP_LEVEL }), count, out),
    );
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new CacheError(`the archive could not be written, and nothing of it was kept: ${message}`, {
        cause: error,
      });
    }
    throw error;
  }
  return { entries: listed.length, contentBytes, bytes, sha256: hash.digest('hex') };
}

function exportedKind(kind: string): ArchiveEntry['kind'] | undefined {
  return EXPORTED_KINDS.find((known) => known === kind);
}

/** Bytes of all files of the entries. */
export function sizeOf(entries: readonly ArchiveEntry[]): number {
  return entries
    .flatMap(({ members }) => members)
    .reduce((sum, member) => sum + (member.type === 'file' ? member.size : 0), 0);
}

/**
 * What lies in a directory, sorted. Links that lead out of it are left out: they would name another machine's files.
 */
async function list(root: string, inside = ''): Promise<ArchiveMember[]> {
  const members: ArchiveMember[] = [];
  const names = await readdir(join(root, inside));
  for (const name of names.sort()) {
    const path = inside === '' ? name : `${inside}/${name}`;
    if (path === ENTRY_MANIFEST) continue;
    const found = await lstat(join(root, path));
    const mode = found.mode & 0o777;
    if (found.isDirectory()) {
      members.push({ type: 'directory', path, mode }, ...(await list(root, path)));
    } else if (found.isSymbolicLink()) {
      const target = await readlink(join(root, path));
      if (staysInside(path, target)) members.push({ type: 'link', path, target });
    } else if (found.isFile()) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(join(root, path))) hash.update(chunk as Buffer);
      members.push({ type: 'file', path, mode, size: found.size, sha256: hash.digest('hex') });
    }
  }
  return members;
}

async function* tarOf(manifest: Manifest, paths: ReadonlyMap<string, string>): AsyncGenerator<Buffer> {
  const text = Buffer.from(`${JSON.stringify(manifest)}\n`);
  yield* header(MANIFEST_NAME, text.length);
  yield text;
  yield padding(text.length);
  for (const entry of manifest.entries) {
    const root = paths.get(`${entry.kind}/${entry.key}`) ?? '';
    for (const member of entry.members) {
      if (member.type !== 'file') continue;
      yield* header(memberPath(entry, member.path), member.size);
      for await (const chunk of createReadStream(join(root, member.path))) yield chunk as Buffer;
      yield padding(member.size);
    }
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The header of a regular file (ustar), behind a pax header if its path needs one. */
function* header(path: string, size: number): Generator<Buffer> {
  const fields = { path, size, mode: 0o644, uid: 0, gid: 0, type: 'File' as const, mtime: new Date(0) };
  const plain = new Header(fields);
  plain.encode();
  if (plain.needPax) yield new Pax({ path, size, mtime: new Date(0) }).encode();
  if (plain.block !== undefined) yield plain.block;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
