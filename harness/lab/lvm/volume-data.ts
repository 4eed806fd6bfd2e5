import {
  type CommandResult,
  GuestCommandError,
  GuestCommandStalled,
  type GuestSession,
  shellQuote,
} from '../../guest/index.js';
import { LV_DATA } from '../../history/index.js';
import { InfraError } from '../../vm/index.js';
import type { Recording } from '../recording.js';
import { detached } from '../write-scripts.js';

/** The guest's program that writes and checks test data; its text tells what lies where. */
const WRITER = '/usr/lib/ulogcheck/writer';
/** Bytes of a block of test data. */
const BLOCK_BYTES = 4096;

const FILL_DEADLINE_MS = 60_000;
const VERIFY_DEADLINE_MS = 60_000;
/** For a write that waits for a daemon that was frozen or killed, until the kernel's next attempt (spec 2.5, 2.6). */
const WRITE_DEADLINE_MS = 60_000;

/** Between two looks whether writes can still end; longer than any takes while the daemon serves. */
const LOOK_S = 5;
/** Exit status of a look that saw nothing. */
const NOT_YET = 3;

/** Test data at the beginning of a volume, which does not move when the volume grows. */
export class VolumeData {
  /** Writes of the load that ended, all loads taken together. */
  #writes = 0;

  /** @param device its node in the guest; @param bytes how much of it is used */
  constructor(
    private readonly guest: GuestSession,
    private readonly recording: Recording,
    private device: string,
    private readonly lv: string,
    readonly bytes: number,
  ) {
    if (bytes % BLOCK_BYTES !== 0) throw new InfraError(`${bytes} bytes of test data are no whole blocks`);
  }

  get #blocks(): number {
    return this.bytes / BLOCK_BYTES;
  }

  /** The volume has another device node from now on. */
  renamed(device: string): void {
    this.device = device;
  }

  /** Writes every block once. Throws GuestCommandError. */
  async fill(): Promise<void> {
    await this.#succeed(`${WRITER} fill ${shellQuote(this.device)} ${this.#blocks}`, FILL_DEADLINE_MS);
  }

  /**
   * Begins to write, one synchronous write after the other, and returns when the first one has ended. Not two at a time:
   * both would write the same blocks. Where requests to the log are expected to fail for a while, that is no reason to
   * give a write up.
   */
  async startLoad({ requestsMayFail = false } = {}): Promise<VolumeLoad> {
    const state = `/run/${this.lv}.writer`;
    const run = `${WRITER} run ${shellQuote(this.device)} ${this.#blocks} ${state} ${this.#writes}`;
    await this.#succeed(`rm -f ${state} ${state}.*; ${detached(run)}`, WRITE_DEADLINE_MS);
    const load = new VolumeLoad(
      this.guest,
      this.recording,
      { state, requestsMayFail },
      this.#writes,
      (writes) => (this.#writes = writes),
    );
    await load.begun();
    return load;
  }

  /**
   * Reads everything back, past all caches, and records how it compares with what was written. `writes` is said where
   * another node wrote. The write after the last one that is known to have ended may have been under way. Throws
   * GuestCommandError, and InfraError when there are no sums to compare.
   */
  async verify(writes = this.#writes): Promise<boolean> {
    const words = `verify ${shellQuote(this.device)} ${this.#blocks} ${writes}`;
    const printed = await this.#succeed(`${WRITER} ${words}`, VERIFY_DEADLINE_MS);
    const [expected = '', seen = '', ...wrong] = printed.trim().split('\n');
    if (![expected, seen].every((sum) => /^[0-9a-f]{32}$/.test(sum)))
      throw new InfraError(`the data of ${this.lv} was not compared: "${printed.trim()}"`);
    const value = { lv: this.lv, writes, bytes: this.bytes, md5: { expected, seen }, wrong };
    this.recording.observe('image', LV_DATA, value);
    return expected === seen;
  }

  /**
   * As verify, for a copy of another volume's data that was made after `least` writes of its load had ended, and when no
   * more than `most` had: what it holds tells how many they were. Returns that number.
   */
  async verifyCopy(least: number, most: number): Promise<number> {
    const words = `newest ${shellQuote(this.device)} ${this.#blocks}`;
    const printed = await this.#succeed(`${WRITER} ${words}`, VERIFY_DEADLINE_MS);
    const writes = Math.min(Math.max(Number(printed), least), most);
    await this.verify(writes);
    return writes;
  }

  /** As verify, where another node wrote until its power was cut, and at least so many writes had ended by then. */
  async verifyAfterCut(least: number): Promise<void> {
    await this.verifyCopy(least, Infinity);
  }

  async #succeed(script: string, deadlineMs: number): Promise<string> {
    const result = await this.recording.run(script, { deadlineMs });
    if (result.status !== 0) throw new GuestCommandError(script, result);
    return result.stdout;
  }
}

/** Writes that go on in the background. */
export class VolumeLoad {
  constructor(
    private readonly guest: GuestSession,
    private readonly recording: Recording,
    private readonly run: { readonly state: string; readonly requestsMayFail: boolean },
    /** Writes that had ended before it began. */
    private readonly before: number,
    private readonly report: (writes: number) => void,
  ) {}

  private get state(): string {
    return this.run.state;
  }

  /** Waits until its first write has ended. Throws as {@link writes} does. */
  async begun(): Promise<void> {
    await this.#until(`[ -e ${this.state} ] && [ "$(cat ${this.state})" -gt ${this.before} ]`);
    await this.soFar();
  }

  /**
   * Waits until so many more writes have ended. Throws GuestCommandError when one failed, or when none ends after requests
   * to the log failed: the kernel holds them then; GuestCommandStalled when none ends for another reason.
   */
  async writes(count: number): Promise<void> {
    const wanted = (await this.soFar()) + count;
    await this.#until(`[ "$(cat ${this.state})" -ge ${wanted} ]`);
  }

  /** How many writes have ended by now. */
  async soFar(): Promise<number> {
    const writes = Number(await this.guest.succeed(`cat ${this.state}`));
    this.report(writes);
    return writes;
  }

  /** Ends it after the write that is under way. Throws as {@link writes} does. */
  async stop(): Promise<void> {
    await this.guest.succeed(`touch ${this.state}.stop`);
    await this.#until(`[ -e ${this.state}.ended ]`);
    await this.soFar();
    const how = await this.guest.succeed(`cat ${this.state}.ended`);
    if (how !== 'ok') throw new GuestCommandError('writes of the load', failure(how));
  }

  /** Waits for a condition, and looks now and then whether it can still come true. */
  async #until(condition: string): Promise<void> {
    const over = `[ -e ${this.state}.ended ]`;
    const look = (seconds: number): string =>
      `end=$(( $(date +%s) + ${seconds} )); until ${condition}; do ` +
      `if ${over}; then ${condition} && exit; cat ${this.state}.ended >&2; exit 1; fi; ` +
      `[ $(date +%s) -lt $end ] || exit ${NOT_YET}; sleep 0.02; done`;
    for (let waited = 0; waited < WRITE_DEADLINE_MS; waited += LOOK_S * 1000) {
      const result = await this.recording.run(look(LOOK_S), { deadlineMs: WRITE_DEADLINE_MS });
      if (result.status === 0) return;
      if (result.status !== NOT_YET) throw new GuestCommandError('writes of the load', result);
      const failed = this.recording.failedRequests();
      if (failed > 0 && !this.run.requestsMayFail) {
        const problem = `no write has ended for ${LOOK_S} s, and ${failed} requests to the log failed`;
        throw new GuestCommandError('writes of the load', failure(problem));
      }
    }
    throw new GuestCommandStalled('writes of the load', WRITE_DEADLINE_MS, '', `awaited: ${condition}`);
  }
}

function failure(stderr: string): CommandResult {
  return { status: 1, signal: null, stdout: '', stderr, durationMs: 0 };
}
