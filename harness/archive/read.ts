import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, open, readdir, rename, statfs, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { CacheError, type Cache } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { importPlans } from '../setup/packages-states.js';
import {
  ArchiveError,
  MANIFEST_NAME,
  memberPath,
  parseManifest,
  type ArchiveEntry,
  type ArchiveMember,
  type Manifest,
} from './manifest.js';
import { sizeOf } from './write.js';

/** What an import did. */
export interface ImportedArchive {
  readonly manifest: Manifest;
  /** Entries that the cache had already; they were not touched. */
  readonly kept: number;
  readonly added: number;
}

/** Bytes; the manifest of a run with everything is about 2 MB. */
const LARGEST_MANIFEST = 64 << 20;

/**
 * Reads an archive into the cache. All of it is unpacked and checked, file by file, before the first entry appears
 * in the cache; a name such as `stable` is known only when the last one has. Throws {@link ArchiveError} for what
 * is no archive, is damaged or of a newer format, and CacheError when the disk is full: then nothing was changed.
 */
export async function readArchive(
  cache: Cache,
  source: string | Readable,
  progress: ProgressSink = () => undefined,
): Promise<ImportedArchive> {
  const name = typeof source === 'string' ? source : 'the standard input';
  try {
    if (typeof source !== 'string') return await importStream(cache, source, name, progress);
    await using handle = await open(source);
    return await importStream(cache, handle.createReadStream(), name, progress);
  } catch (error) {
    throw explained(error, name, cache.directory);
  }
}

async function importStream(
  cache: Cache,
  stream: Readable,
  name: string,
  progress: ProgressSink,
): Promise<ImportedArchive> {
  return cache.withScratch('import', 'what is imported', async (scratch) => {
    const unpacking = new Unpacking(cache, scratch);
    await withProgress(progress, 'build', `unpack and check ${name}`, () => unpack(stream, unpacking));
    const { manifest, missing } = unpacking.complete();
    for (const entry of missing) await place(cache, entry, unpacking.staged(entry));
    for (const plans of manifest.packages) await importPlans(cache, plans);
    return { manifest, added: missing.length, kept: manifest.entries.length - missing.length };
  });
}

/** Checks the members of an archive as they come, and lays the entries that are missing into a scratch directory. */
class Unpacking {
  #manifest: Manifest | undefined;
  #missing: ArchiveEntry[] = [];
  /** The files that are still to come, last one first. */
  #expected: { entry: ArchiveEntry; file: ArchiveMember & { type: 'file' }; wanted: boolean }[] = [];

  constructor(
    private readonly cache: Cache,
    private readonly scratch: string,
  ) {}

  /** Where an entry is laid. */
  staged({ kind, key }: ArchiveEntry): string {
    return join(this.scratch, `${kind}-${key}`);
  }

  async take(member: ReadEntry): Promise<void> {
    if (member.type !== 'File' && member.type !== 'OldFile') {
      throw new ArchiveError(`${member.path} in it is a ${member.type}: only regular files belong there`);
    }
    if (this.#manifest === undefined) return this.#begin(member);
    const next = this.#expected.pop();
    const path = next === undefined ? 'the end' : memberPath(next.entry, next.file.path);
    if (next === undefined || member.path !== path || member.size !== next.file.size) {
      throw new ArchiveError(`${member.path} (${member.size} bytes) in it stands where ${path} should be`);
    }
    const hash = createHash('sha256');
    const target = join(this.staged(next.entry), next.file.path);
    await using handle = next.wanted ? await open(target, 'wx', 0o600) : undefined;
    for await (const chunk of member) {
      hash.update(chunk);
      await handle?.appendFile(chunk);
    }
    if (hash.digest('hex') !== next.file.sha256) {
      throw new ArchiveError(`${member.path} in it is damaged: its checksum is not that of the manifest`);
    }
    await handle?.chmod(next.file.mode);
  }

  /** Ends the unpacking: links are made last, so that nothing was written through one. */
  complete(): { manifest: Manifest; missing: readonly ArchiveEntry[] } {
    const next = this.#expected.at(-1);
    if (this.#manifest === undefined || next !== undefined) {
      const where = next === undefined ? MANIFEST_NAME : memberPath(next.entry, next.file.path);
      throw new ArchiveError(`it is cut off: ${where} is not there`);
    }
    return { manifest: this.#manifest, missing: this.#missing };
  }

  async #begin(member: ReadEntry): Promise<void> {
    if (member.path !== MANIFEST_NAME || member.size > LARGEST_MANIFEST) {
      throw new ArchiveError(
        `it was not written by \`ulogcheck cache export\`: it begins with ${member.path}, not with ${MANIFEST_NAME}`,
      );
    }
    const chunks: Buffer[] = [];
    for await (const chunk of member) chunks.push(Buffer.from(chunk));
    const manifest = parseManifest(Buffer.concat(chunks).toString('utf8'));
    for (const entry of manifest.entries) {
      const there = await this.cache.peek(entry.kind, entry.inputs);
      if (there === undefined) this.#missing.push(entry);
      for (const file of entry.members) {
        if (file.type === 'file') this.#expected.push({ entry, file, wanted: there === undefined });
      }
    }
    this.#expected.reverse();
    await this.#checkSpace();
    for (const entry of this.#missing) await this.#layDirectories(entry);
    this.#manifest = manifest;
  }

  async #checkSpace(): Promise<void> {
    const needed = sizeOf(this.#missing);
    const { bavail, bsize } = await statfs(this.scratch);
    if (needed <= bavail * bsize) return;
    throw new CacheError(
      `${(needed / 1e6).toFixed(0)} MB are needed for the import, and ${((bavail * bsize) / 1e6).toFixed(0)} MB are free at ` +
        `${this.cache.directory}: run \`ulogcheck clean\`, or set ULOGCHECK_CACHE to a larger disk`,
    );
  }

  async #layDirectories(entry: ArchiveEntry): Promise<void> {
    await mkdir(this.staged(entry));
    for (const member of entry.members) {
      if (member.type !== 'directory') continue;
      const path = join(this.staged(entry), member.path);
      await mkdir(path);
      // Its owner must be able to work in it, whatever the package says.
      await chmod(path, member.mode | 0o700);
    }
  }
}

/** Feeds a stream through gunzip and the tar parser, one member after the other. */
async function unpack(stream: Readable, unpacking: Unpacking): Promise<void> {
  let failure: unknown;
  let members = Promise.resolve();
  const fail = (error: unknown): void => {
    failure ??= error;
    parser.emit('drain');
  };
  const parser = new Parser({
    strict: true,
    onReadEntry: (member) => {
      members = members.then(async () => {
        if (failure !== undefined) return;
        await unpacking.take(member).catch(fail);
      });
    },
  });
  parser.on('error', fail);
  parser.on('ignoredEntry', (member: ReadEntry) =>
    fail(new ArchiveError(`${member.path} in it is a ${member.type}: only regular files belong there`)),
  );
  const feed = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      const room = parser.write(chunk);
      if (failure === undefined && !room) await once(parser, 'drain');
      if (failure !== undefined) throw failure as Error;
    }
    const ended = once(parser, 'end');
    ended.catch(() => undefined);
    parser.end();
    await Promise.race([ended, untilFailure(parser, () => failure)]);
    await members;
  };
  // What ends the pipeline early is reported by it as an abortion of the streams before.
  await pipeline(stream, createGunzip(), feed).catch(fail);
  if (failure !== undefined) throw failure as Error;
}

async function untilFailure(parser: Parser, failure: () => unknown): Promise<void> {
  while (failure() === undefined) await once(parser, 'drain');
}

/** Moves a checked entry into the cache; keeps what another run has put there meanwhile. */
async function place(cache: Cache, entry: ArchiveEntry, staged: string): Promise<void> {
  await cache.entry(entry.kind, entry.inputs, async (directory) => {
    for (const name of await readdir(staged)) await rename(join(staged, name), join(directory, name));
    for (const member of entry.members) {
      if (member.type === 'link') await symlink(member.target, join(directory, member.path));
    }
  });
}

function explained(error: unknown, name: string, directory: string): unknown {
  if (error instanceof ArchiveError)
    return new ArchiveError(`${name} cannot be imported: ${error.message}`, { cause: error });
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new CacheError(
        `no space for the import at ${directory}, and nothing was kept of it: ${message}`,
        {
          cause: error,
        },
      );
    case 'ENOENT':
    case 'EISDIR':
    case 'EACCES':
      return new ArchiveError(`${name} cannot be read: ${message}`, { cause: error });
    case 'Z_BUF_ERROR':
      return new ArchiveError(`${name} cannot be imported: it is cut off`, { cause: error });
    case 'Z_DATA_ERROR':
      return new ArchiveError(`${name} cannot be imported: it is damaged, or no gzip file (${message})`, {
        cause: error,
      });
    default:
      break;
  }
  if (/^TAR_/.test((error as { tarCode?: string }).tarCode ?? code ?? '')) {
    return new ArchiveError(`${name} cannot be imported: it is no tar file, or damaged (${message})`, {
      cause: error,
    });
  }
  return error;
}
