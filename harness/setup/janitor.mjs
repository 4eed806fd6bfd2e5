import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './root.mjs';

/**
 * The janitor: two small processes per owner (a Node process that owns children and paths). They wait until the
 * owner is gone, for whatever reason (SIGKILL included), and then one ends and removes what the owner left. The other
 * one is there for the case that somebody kills the first; janitor.sh tells more.
 *
 * How it knows when: a pipe whose other end only the owner holds (Node opens it close-on-exec), so
 * the kernel closes it when the owner dies. How it knows what: the ledger, a temporary file without a name that
 * both hold open. The owner writes one line per thing before the thing exists, and strikes a line out by
 * overwriting its first byte; both are single synchronous writes, so there is no moment at which a thing exists
 * and the ledger, as the janitor will read it, does not say so.
 *
 * The janitor is janitor.sh and not Node because every owner starts one, and each test worker is an owner: 2 ms
 * and 2 MB instead of 40 ms and 40 MB. `killall -9 node` does not hit it either.
 */

const script = join(projectRoot, 'harness/setup/janitor.sh');

/** Environment variable that marks the processes of one owner, for those that leave their session. */
export const MARK = 'ULOGCHECK_OWNER';

/** Opens an empty file that has no name, so that nobody has to remove it. */
function openNameless() {
  const O_TMPFILE = 0o20200000; // Linux on x86; Node has no constant for it
  try {
    return openSync(tmpdir(), O_TMPFILE | constants.O_RDWR, 0o600);
  } catch {
    // This file system cannot do it: make a name and take it away.
    const path = join(tmpdir(), `ulogcheck-ledger-${randomUUID()}`);
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  }
}

/** A line of the ledger. */
export class Entry {
  /** @type {number} */ #fd;
  /** @type {number} */ #position;

  /**
   * @param {number} fd the ledger
   * @param {number} position byte offset of the line
   */
  constructor(fd, position) {
    this.#fd = fd;
    this.#position = position;
  }

  /** The thing is gone, or somebody else's now: the janitor must leave it alone. */
  strike() {
    writeSync(this.#fd, '-', this.#position);
  }
}

/** How often a janitor that was killed is replaced before we say that something is wrong. */
const MAX_STARTS = 20;
/** How long we wait before we try again when no process can be made: the machine may have too many for a moment. */
const RETRY_MS = 100;

/** The owner's side of the janitor. */
export class Janitor {
  /** The value of ULOGCHECK_OWNER that every child of ours must carry. */
  mark = randomUUID();
  #ledger = openNameless();
  #end = 0;
  #starts = 0;

  constructor() {
    this.#start();
  }

  #start() {
    this.#starts++;
    // Our own owner's mark must not be on it: it has to outlive us when that owner's janitor is at work.
    const env = { ...process.env, [MARK]: undefined };
    const child = spawn('/bin/sh', [script, this.mark], {
      cwd: '/',
      env,
      detached: true, // a session of its own: what kills our group, or our terminal, does not reach it
      // The pipe is not its stdin: that end of ours Node would close when the child ends, and the other one of the
      // pair would take us for dead.
      stdio: ['ignore', 'ignore', 'ignore', this.#ledger, 'pipe'],
    });
    child.on('error', (error) => {
      this.#startAgain(error);
    });
    // It ends before us only if somebody killed it; the ledger is still here, so another can take over.
    child.on('exit', () => {
      this.#startAgain();
    });
    // Neither the process nor our end of the pipe may keep us alive.
    child.unref();
    // Where there were no file descriptors left for it, there are no streams either, but an error to come.
    const streams = /** @type {readonly unknown[] | undefined} */ (child.stdio);
    const pipe = /** @type {import('node:net').Socket | undefined} */ (streams?.[4]);
    pipe?.on('error', () => undefined);
    pipe?.unref();
  }

  /** @param {unknown} [failure] why no process could be made; undefined: it was ended */
  #startAgain(failure) {
    if (this.#starts >= MAX_STARTS) {
      const what = failure === undefined ? 'was ended' : 'could not be started (/bin/sh), or was ended,';
      throw new Error(`the janitor ${what} ${MAX_STARTS} times; giving up`, { cause: failure });
    }
    if (failure !== undefined) {
      setTimeout(() => {
        this.#tryStart();
      }, RETRY_MS);
      return;
    }
    this.#tryStart();
  }

  #tryStart() {
    try {
      this.#start();
    } catch (error) {
      this.#startAgain(error);
    }
  }

  /** @param {string} line */
  #write(line) {
    const position = this.#end;
    this.#end += writeSync(this.#ledger, line, position);
    return new Entry(this.#ledger, position);
  }

  /**
   * Registers the leader of a session.
   * @param {number} pid
   * @param {string} startTime field 22 of /proc/PID/stat, clock ticks since boot
   */
  addSession(pid, startTime) {
    if (pid <= 1 || !/^\d+$/.test(startTime)) {
      throw new Error(`not a process that can be owned: pid ${pid}, start time '${startTime}'`);
    }
    return this.#write(`+s ${pid} ${startTime}\n`);
  }

  /**
   * Registers a path to remove.
   * @param {string} path absolute, without newlines
   */
  addPath(path) {
    return this.#write(`+p ${path}\n`);
  }
}

/** @type {Janitor | undefined} */
let janitor;

/** The janitor of this process (of this thread, in a worker thread); started by the first call. */
export function ourJanitor() {
  janitor ??= new Janitor();
  return janitor;
}
