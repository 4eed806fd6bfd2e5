/** The directory with the state files of all instances, and the lock that keeps a second daemon out. */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { EventSink } from './event.js';
import type { InstanceMemory } from './instance-memory.js';
import { SystemCallError } from './libc.js';
import { Errno, LogError, StateDirectoryError } from './log-error.js';
import { allocateFile, lockFile, type MappedFile, mapFile } from './mapped-file.js';
import { RegionBitmap } from './region-bitmap.js';
import type { InstanceRequest } from './resources.js';
import {
  decodeIdentity,
  encodeIdentity,
  MappedState,
  type StateIdentity,
  stateFileSize,
} from './state-file.js';

const SUFFIX = '.log';
const UNFINISHED = '.new';
const LOCK = 'lock';
/** statfs(2): a file system that is nothing but memory. */
const TMPFS_MAGIC = 0x0102_1994;

/** The id of the running kernel, new at each boot. */
function currentBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** Keeps the memory of instances in files, for the daemon that comes after this one. */
export class StateDirectory implements Disposable {
  readonly #path: string;
  readonly #bootId: string;
  readonly #log: EventSink;
  #lockFd: number | undefined;

  private constructor(path: string, bootId: string, log: EventSink) {
    this.#path = path;
    this.#bootId = bootId;
    this.#log = log;
  }

  /**
   * Makes the directory if need be (its parent must exist), locks it for the life of the process, and drops what earlier boots left in it.
   * @throws StateDirectoryError.
   */
  static open(path: string, log: EventSink, bootId = currentBootId()): StateDirectory {
    const directory = new StateDirectory(path, bootId, log);
    try {
      // Not recursive: Node's version of that never ends on some file systems (/proc).
      if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
      directory.#requireOwn();
      directory.#lock();
      directory.#sweep();
    } catch (error) {
      directory[Symbol.dispose]();
      if (error instanceof StateDirectoryError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new StateDirectoryError('unusable', `state directory ${path}: ${message}`);
    }
    return directory;
  }

  /** Lets the next daemon in; the files stay. */
  [Symbol.dispose](): void {
    if (this.#lockFd !== undefined) closeSync(this.#lockFd);
    this.#lockFd = undefined;
  }

  /**
   * The memory of an instance: with `rebuild` what an earlier daemon of this boot knew of this very log, if it left
   * that behind; otherwise new memory, which replaces whatever is there.
   * @throws LogError ENOSPC when the file system is full.
   */
  open({ uuid, luid, parameters, rebuild }: InstanceRequest): InstanceMemory {
    const { text, regionCount } = parameters;
    const identity: StateIdentity = { bootId: this.#bootId, uuid, luid, text, regionCount };
    const file = join(this.#path, fileName(uuid, luid));
    return (rebuild ? this.#restore(file, identity) : undefined) ?? this.#create(file, identity);
  }

  #create(file: string, identity: StateIdentity): InstanceMemory {
    const size = stateFileSize(identity.regionCount);
    const unfinished = `${file}${UNFINISHED}`;
    try {
      const fd = openSync(unfinished, 'w+', 0o600);
      try {
        allocateFile(fd, size);
        writeSync(fd, encodeIdentity(identity), 0, undefined, 0);
        const mapped = mapFile(fd, size);
        renameSync(unfinished, file);
        return memoryOf(mapped, file, identity, false);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (error instanceof RangeError) throw error;
      removeIfThere(unfinished);
      const errno =
        error instanceof SystemCallError && error.errno === Errno.ENOSPC ? Errno.ENOSPC : Errno.EIO;
      const message = error instanceof Error ? error.message : String(error);
      throw new LogError(errno, `state file of ${size} bytes in ${this.#path}: ${message}`);
    }
  }

  /** Undefined when there is nothing to restore. */
  #restore(file: string, identity: StateIdentity): InstanceMemory | undefined {
    let fd: number;
    try {
      fd = openSync(file, 'r+');
    } catch {
      return undefined;
    }
    try {
      const problem = this.#problem(fd, identity);
      if (problem === undefined) {
        const mapped = mapFile(fd, stateFileSize(identity.regionCount));
        const wrong = new MappedState(mapped.memory, identity.regionCount).problem(identity.regionCount);
        if (wrong === undefined) return memoryOf(mapped, file, identity, true);
        mapped.unmap();
        this.#ignored(file, wrong);
      } else {
        this.#ignored(file, problem);
      }
    } catch (error) {
      this.#ignored(file, error instanceof Error ? error.message : String(error));
    } finally {
      closeSync(fd);
    }
    return undefined;
  }

  #problem(fd: number, wanted: StateIdentity): string | undefined {
    const found = readIdentity(fd);
    if (typeof found === 'string') return found;
    if (found.bootId !== wanted.bootId) return 'it is of another boot';
    if (found.uuid !== wanted.uuid || found.luid !== wanted.luid) return 'it is of another log';
    if (found.text !== wanted.text) return `it is of a log with the constructor text "${found.text}"`;
    const size = stateFileSize(wanted.regionCount);
    const stat = fstatSync(fd);
    if (stat.size !== size) return `damaged: ${stat.size} bytes instead of ${size}`;
    return undefined;
  }

  #requireOwn(): void {
    const { uid, mode } = statSync(this.#path);
    if (uid === process.geteuid?.() && (mode & 0o022) === 0) return;
    const problem = 'others may write to it; it must belong to the user of the daemon, with mode 0700';
    throw new StateDirectoryError('unusable', `state directory ${this.#path}: ${problem}`);
  }

  #lock(): void {
    const path = join(this.#path, LOCK);
    const fd = openSync(path, 'a+', 0o600);
    if (lockFile(fd)) {
      // As long as the descriptor is open, however the process ends.
      this.#lockFd = fd;
      ftruncateSync(fd);
      writeSync(fd, `${process.pid}\n`);
      return;
    }
    const owner = readFileSync(fd, 'latin1').trim();
    closeSync(fd);
    const problem = `process ${owner} serves the logs of this host already (it has ${path} locked)`;
    throw new StateDirectoryError('busy', `${problem}; two daemons would answer every request twice`);
  }

  #sweep(): void {
    let kept = 0;
    let removed = 0;
    for (const name of readdirSync(this.#path)) {
      const file = join(this.#path, name);
      if (name.endsWith(UNFINISHED)) {
        unlinkSync(file);
      } else if (name.endsWith(SUFFIX)) {
        const found = identityOf(file);
        if (typeof found === 'string') {
          this.#ignored(file, found);
        } else if (found.bootId === this.#bootId) {
          kept += 1;
        } else {
          unlinkSync(file);
          removed += 1;
        }
      } else if (name !== LOCK) {
        this.#ignored(file, 'not made by this daemon');
      }
    }
    const details = { directory: this.#path, kept, removed };
    this.#log({ level: 'info', event: 'state-directory', details });
    if (statfsSync(this.#path).type === TMPFS_MAGIC) return;
    const message = `${this.#path} is not on a tmpfs: keeping state there may wait for block devices`;
    this.#log({ level: 'warn', event: 'state-directory-on-disk', details: { message } });
  }

  #ignored(file: string, message: string): void {
    this.#log({ level: 'warn', event: 'state-ignored', details: { file, message } });
  }
}

/** Any uuid has a name of at most 192 bytes; two pairs never have the same. */
function fileName(uuid: string, luid: bigint): string {
  return `${Buffer.from(uuid, 'latin1').toString('base64url')}.${luid.toString(16)}${SUFFIX}`;
}

function readIdentity(fd: number): StateIdentity | string {
  const bytes = Buffer.alloc(4096);
  return decodeIdentity(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
}

function identityOf(file: string): StateIdentity | string {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    return readIdentity(fd);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function memoryOf(
  mapped: MappedFile,
  file: string,
  identity: StateIdentity,
  restored: boolean,
): InstanceMemory {
  const { regionCount } = identity;
  const mappedState = new MappedState(mapped.memory, regionCount);
  return new FileMemory(mappedState, mapped, file, regionCount, restored);
}

class FileMemory implements InstanceMemory {
  readonly clean: RegionBitmap;
  readonly sync: RegionBitmap;
  /** Undefined when it was released. */
  #mapped: MappedState | undefined;

  constructor(
    mapped: MappedState,
    private readonly file: MappedFile,
    private readonly path: string,
    regionCount: number,
    readonly restored: boolean,
  ) {
    this.#mapped = mapped;
    this.clean = new RegionBitmap(regionCount, mapped.cleanWords);
    this.sync = new RegionBitmap(regionCount, mapped.syncWords);
  }

  get state(): InstanceMemory['state'] {
    return this.#mapped?.state ?? 'pending';
  }

  set state(state) {
    if (this.#mapped !== undefined) this.#mapped.state = state;
  }

  get searchFrom(): number {
    return this.#mapped?.searchFrom ?? 0;
  }

  set searchFrom(region) {
    if (this.#mapped !== undefined) this.#mapped.searchFrom = region;
  }

  get recovering(): number | undefined {
    return this.#mapped?.recovering;
  }

  set recovering(region) {
    if (this.#mapped !== undefined) this.#mapped.recovering = region;
  }

  release(keep = false): void {
    if (this.#mapped === undefined) return;
    this.#mapped = undefined;
    this.clean.release();
    this.sync.release();
    this.file.unmap();
    if (!keep) removeIfThere(this.path);
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or on a file system that is; what matters is that it is no longer ours.
  }
}
