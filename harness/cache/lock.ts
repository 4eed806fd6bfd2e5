import { OwnedSpawnError, spawnOwned, type OwnedChild } from '../setup/owned.mjs';

/** A lock could not be taken, or was lost while held. That another process holds it is no error. */
export class LockError extends Error {
  override name = 'LockError';
}

/** An exclusive lock on a file; it goes away with `await using`, and with this process in any case. */
export interface Lock extends AsyncDisposable {
  readonly file: string;
  /** Runs `use`; throws {@link LockError} instead of its result if the lock was lost meanwhile (its child killed). */
  hold<T>(use: () => Promise<T>): Promise<T>;
}

/** What `flock` says, through its exit status, when somebody else holds the lock. */
const CONFLICT = 75;

/**
 * The lock is a flock(2) held by a child, `flock FILE cat`: the kernel drops it when the child ends, and the
 * child ends as soon as this process is gone, since its standard input then reaches its end. So a lock can be
 * neither stale nor in need of a time-out, also across PID namespaces that share one cache directory.
 */
class ChildLock implements Lock {
  constructor(
    readonly file: string,
    private readonly child: OwnedChild,
  ) {}

  async hold<T>(use: () => Promise<T>): Promise<T> {
    const result = await use();
    if (!this.child.running) throw new LockError(`the lock ${this.file} was lost: its process was killed`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.stdin.end();
    await this.child.exited;
  }
}

async function flock(file: string, wait: boolean): Promise<Lock | undefined> {
  const mode = wait ? [] : ['--nonblock', '--conflict-exit-code', String(CONFLICT)];
  const argv = ['flock', '--exclusive', ...mode, file, 'sh', '-c', 'echo held; exec cat >&2'];
  let child: OwnedChild;
  try {
    child = spawnOwned(argv);
  } catch (error) {
    if (!(error instanceof OwnedSpawnError)) throw error;
    throw new LockError(`cannot lock ${file}: ${error.message} (Debian package util-linux)`, {
      cause: error,
    });
  }
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  // A broken pipe only means that the child is gone already; its exit tells the rest.
  child.stdin.on('error', () => undefined);
  const held = new Promise<'held'>((resolve) => child.stdout.once('data', () => resolve('held')));
  const outcome = await Promise.race([held, child.exited]);
  if (outcome === 'held') return new ChildLock(file, child);
  if (outcome.status === CONFLICT && !wait) return undefined;
  throw new LockError(
    `cannot lock ${file}: flock ended with status ${outcome.status ?? outcome.signal ?? '?'}: ${said.trim()}`,
  );
}

/** Takes the lock if nobody holds it, else gives `undefined` at once. Throws {@link LockError}. */
export async function tryLock(file: string): Promise<Lock | undefined> {
  return flock(file, false);
}

/**
 * Takes the lock, waiting for its holder as long as that one lives; `onWait` is called once if there is
 * somebody to wait for, and what it returns is called when the wait is over. Throws {@link LockError}.
 */
export async function takeLock(file: string, onWait: () => () => void): Promise<Lock> {
  const free = await flock(file, false);
  if (free !== undefined) return free;
  const over = onWait();
  const lock = await flock(file, true);
  over();
  // flock without --nonblock ends only with the lock held, or in an error.
  if (lock === undefined) throw new LockError(`cannot lock ${file}: flock gave up without being asked to`);
  return lock;
}
