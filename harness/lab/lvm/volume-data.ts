import { GuestCommandError, type GuestSession, shellQuote } from '../../guest/index.js';
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
    private readonly bytes: number,
  ) {
    if (bytes % BLOCK_BYTES !== 0) throw new InfraError(`${bytes} bytes of test data are no whole blocks`);
  }

  get #blocks(): number {
    return this.bytes / BLOCK_BYTES;
  }

  /** How many writes had ended when they were last looked at; another node may be told. */
  get writes(): number {
    return this.#writes;
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
   * both would write the same blocks.
   */
  async startLoad(): Promise<VolumeLoad> {
    const state = `/run/${this.lv}.writer`;
    const run = `${WRITER} run ${shellQuote(this.device)} ${this.#blocks} ${state} ${this.#writes}`;
    await this.#succeed(`rm -f ${state} ${state}.*; ${detached(run)}`, WRITE_DEADLINE_MS);
    const load = new VolumeLoad(this.guest, this.recording, state, (writes) => (this.#writes = writes));
    await load.writes(1);
    return load;
  }

  /**
   * Reads everything back, past all caches, and records how it compares with what was written. `writes` is said where
   * another node wrote. The write after the last one that is known to have ended may have been under way.
   */
  async verify(writes = this.#writes): Promise<boolean> {
    const words = `verify ${shellQuote(this.device)} ${this.#blocks} ${writes}`;
    const printed = await this.#succeed(`${WRITER} ${words}`, VERIFY_DEADLINE_MS);
    const [expected = '', seen = '', ...wrong] = printed.trim().split('\n');
    const value = { lv: this.lv, writes, bytes: this.bytes, md5: { expected, seen }, wrong };
    this.recording.observe('image', LV_DATA, value);
    return expected === seen;
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
    private readonly state: string,
    private readonly report: (writes: number) => void,
  ) {}

  /** Waits until so many more writes have ended; throws GuestCommandError when one failed, GuestCommandStalled. */
  async writes(count: number): Promise<void> {
    const ended = `[ -e ${this.state}.ended ]`;
    const script = [
      `until [ -e ${this.state} ] || ${ended}; do sleep 0.02; done`,
      `n=$(cat ${this.state})`,
      `until [ "$(cat ${this.state})" -ge $((n + ${count})) ]`,
      `do if ${ended}; then cat ${this.state}.ended >&2; exit 1; fi; sleep 0.02; done`,
    ].join('; ');
    const result = await this.recording.run(script, { deadlineMs: WRITE_DEADLINE_MS });
    if (result.status !== 0) throw new GuestCommandError('writes of the load', result);
  }

  /** How many writes have ended by now. */
  async soFar(): Promise<number> {
    const writes = Number(await this.guest.succeed(`cat ${this.state}`));
    this.report(writes);
    return writes;
  }

  /** Ends it after the write that is under way. Throws GuestCommandError when a write failed, GuestCommandStalled. */
  async stop(): Promise<void> {
    const script = [
      `touch ${this.state}.stop`,
      `until [ -e ${this.state}.ended ]; do sleep 0.02; done`,
      `[ "$(cat ${this.state}.ended)" = ok ] || { cat ${this.state}.ended >&2; exit 1; }`,
    ].join('; ');
    const result = await this.recording.run(script, { deadlineMs: WRITE_DEADLINE_MS });
    await this.soFar();
    if (result.status !== 0) throw new GuestCommandError('writes of the load', result);
  }
}
