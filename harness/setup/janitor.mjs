import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './root.mjs';

/**
 * The janitor: one small process per owner (a Node process that owns children and paths). It waits until the
 * owner is gone, for whatever reason (SIGKILL included), and then ends and removes what the owner left.
 *
 * How it knows when: its stdin is a pipe whose other end only the owner holds (Node opens it close-on-exec), so
 * the kernel closes it when the owner dies. How it knows what: the ledger, a temporary file without a name that
 * both hold open. The owner writes one line per thing before the thing exists, and strikes a line out by
 * overwriting its first byte; both are single synchronous writes, so there is no moment at which a thing exists
 * and the ledger, as the janitor will read it, does not say so.
 *
 * The janitor is janitor.sh and not Node because every owner starts one, and each test worker is an owner: 2 ms
 * and 1 MB instead of 40 ms and 40 MB. `killall -9 node` does not hit it either.
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
    if (this.#starts++ >= MAX_STARTS) throw new Error(`the janitor was ended ${MAX_STARTS} times; giving up`);
    // Our own owner's mark must not be on it: it has to outlive us when that owner's janitor is at work.
    const env = { ...process.env, [MARK]: undefined };
    const child = spawn('/bin/sh', [script, this.mark], {
      cwd: '/',
      env,
      detached: true, // a session of its own: what kills our group, or our terminal, does not reach it
      stdio: ['pipe', 'ignore', 'ignore', this.#ledger],
    });
    const pipe = /** @type {import('node:net').Socket} */ (child.stdin);
    child.on('error', (error) => {
      throw new Error(`cannot start the janitor (/bin/sh): ${error.message}`, { cause: error });
    });
    // It ends before us only if somebody killed it; the ledger is still here, so another can take over.
    child.on('exit', () => {
      this.#start();
    });
    pipe.on('error', () => undefined);
    // Neither the process nor our end of the pipe may keep us alive.
    child.unref();
    pipe.unref();
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
