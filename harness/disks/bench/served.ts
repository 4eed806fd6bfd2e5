import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { type OwnedChild, spawnOwned } from '../../setup/owned.mjs';
import { projectRoot } from '../../setup/root.mjs';
import { naaOfDrive } from '../drives.js';

/** As `ulogcheck disk serve` prints them (docs/disks.md). */
const URL_LINE = /^iscsi:\/\/127\.0\.0\.1:(\d+)\/([^/]+)\/(\d+)$/;
/** What the kernel counts processor time in (USER_HZ, the same on every x86-64). */
const TICKS_A_SECOND = 100;

/** A process of `ulogcheck disk serve`. */
export class ServedDisks implements AsyncDisposable {
  private constructor(
    private readonly child: OwnedChild,
    readonly port: number,
    /** Name of the target. */
    readonly name: string,
  ) {}

  /** Starts it with these options, `--luns` among them, and waits until it is ready. Throws an Error when it ends. */
  static async start(
    luns: number,
    options: readonly string[],
    node: readonly string[] = [],
  ): Promise<ServedDisks> {
    const main = join(projectRoot, 'dist/harness/cli/main.js');
    const argv = [process.execPath, ...node, main, 'disk', 'serve', '--luns', String(luns), ...options];
    const child = spawnOwned(argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    let ready = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [, port, name] = URL_LINE.exec(line) ?? [];
      if (port === undefined || name === undefined) break;
      if (++ready === luns) return new ServedDisks(child, Number(port), name);
    }
    await child[Symbol.asyncDispose]();
    throw new Error(`ulogcheck disk serve ended, or printed something else, before it was ready: ${said}`);
  }

  /** Its first disk, as a host finds it. */
  get first(): { readonly port: number; readonly name: string; readonly naa: string } {
    const { port, name } = this;
    return { port, name, naa: naaOfDrive(name, 0) };
  }

  /** Processor time so far, of user and system, in ms. */
  async cpuMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.child.pid}/stat`, 'utf8');
    // Behind the name in parentheses; utime and stime are fields 14 and 15 (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
  }

  /** Resident memory in bytes: now, and the most that there ever was. */
  async memory(): Promise<{ readonly now: number; readonly most: number }> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    const kib = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return { now: kib('VmRSS') * 1024, most: kib('VmHWM') * 1024 };
  }

  /** Ends it as a user would, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.child.exited;
  }
}
