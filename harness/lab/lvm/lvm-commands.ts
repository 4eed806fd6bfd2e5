import { TABLE_REWRITER_PATH } from '../../../vm-images/index.js';
import { type CommandResult, GuestCommandError, type GuestSession, shellCommand } from '../../guest/index.js';
import { parseRewrites, TABLE_REWRITES } from '../../history/index.js';
import type { Lvm } from '../../plan/lvm.js';
import { InfraError } from '../../vm/index.js';
import { lookAtKernelLog } from '../looks.js';
import type { Recording } from '../recording.js';

/** In which form marks reach the log: as MARK_REGION, or as payload of FLUSH (spec 8). */
export type FlushMode = 'legacy' | 'integrated';

/** An LVM command gets this long: it may wait for a resend of the kernel's (15 s, spec 2.5). */
const DEADLINE_MS = 60_000;

/** Each command logs into a file of its own, so that those that run side by side are told apart. */
let nextLog = 1;

/** Lines of the kernel's log that tell why LVM could not do something. */
const ABOUT_DEVICE_MAPPER = /device-mapper|dm-log|log server|I\/O error/i;
/** Of each side, in an error. */
const SHOWN_LINES = 5;

/** By which the rebuilt LVM asks for clustered logs. */
const ASKS_ITSELF = { LVM_CLUSTERED_MIRROR: '1' };

/** Where LVM commands run. */
export interface LvmSite {
  readonly guest: GuestSession;
  readonly recording: Recording;
  readonly lvm: Lvm;
  /** What the daemon printed last. */
  daemonSaid(): readonly string[];
}

/** Runs LVM commands in a node, with the table rewriter in between, and records what it did. */
export class LvmCommands {
  constructor(
    private readonly site: LvmSite,
    readonly flush: FlushMode,
  ) {}

  /** Runs a command; how it ended is the caller's to judge. Throws GuestCommandStalled, and InfraError when the rewriter's log is unreadable. */
  async attempt(argv: readonly string[]): Promise<CommandResult> {
    const log = `/run/ulogcheck-tables.${nextLog++}`;
    const env = {
      DM_DISABLE_UDEV: '1',
      ...(this.site.lvm === 'clustered' ? ASKS_ITSELF : this.#rewriting(log)),
    };
    try {
      return await this.site.recording.run(argv, { env, deadlineMs: DEADLINE_MS });
    } finally {
      await this.#recordRewrites(log);
    }
  }

  /**
   * Runs a command that must succeed. Throws GuestCommandError with what LVM, the kernel's device-mapper and the daemon
   * said, and what `attempt` does.
   */
  async succeed(argv: readonly string[]): Promise<string> {
    const result = await this.attempt(argv);
    if (result.status !== 0)
      throw new GuestCommandError(shellCommand(argv), result, await this.#whatOthersSaid());
    return result.stdout.trim();
  }

  /** LVM knows only that an ioctl failed; why, the kernel and the daemon tell. */
  async #whatOthersSaid(): Promise<string[]> {
    const { guest, recording } = this.site;
    const kernel = await lookAtKernelLog(guest, recording, ABOUT_DEVICE_MAPPER);
    const daemon = this.site.daemonSaid();
    return [
      ...(kernel.length === 0 ? [] : ['the kernel said last:', ...kernel.slice(-SHOWN_LINES)]),
      ...(daemon.length === 0 ? [] : ['the daemon said last:', ...daemon.slice(-SHOWN_LINES)]),
    ];
  }

  #rewriting(log: string): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: TABLE_REWRITER_PATH,
      ULOGCHECK_REWRITER_FLUSH: this.flush,
      ULOGCHECK_REWRITER_LOG: log,
    };
  }

  async #recordRewrites(log: string): Promise<void> {
    const text = await this.site.guest.succeed(`if [ -e ${log} ]; then cat ${log}; rm ${log}; fi`);
    let rewrites;
    try {
      rewrites = parseRewrites(text);
    } catch (error) {
      throw new InfraError(`the table rewriter's log is unreadable: ${(error as Error).message}\n${text}`);
    }
    if (rewrites.length > 0) {
      this.site.recording.observe('ioctl', TABLE_REWRITES, rewrites);
    }
  }
}
