/** Traps: the daemon is killed or frozen at exactly the n-th request (docs/faults.md). */
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { type GuestSession, shellCommand } from '../guest/index.js';
import { type JsonValue, TRAP, type TrapValue } from '../history/index.js';
import { CONSULT_EVENT, MARKER_PATH } from '../recorder/index.js';
import { projectRoot } from '../setup/root.mjs';
import { requestName, RequestType, type RequestName } from '../ulog/index.js';
import { DeadlineError, InfraError, within } from '../vm/index.js';
import { TrafficMissing } from './history-file.js';
import { ProgramLines } from './program-lines.js';
import type { Recording } from './recording.js';
import type { TestSubject } from './test-subject.js';

/** What a trap does to the daemon. */
export type TrapDeed = TrapOptions['does'];

/** When a trap springs, and what it does then. */
export interface TrapOptions {
  /** The request that springs it; the first one that counts after the trap was set is 1. */
  readonly request: number;
  /** SIGKILL, or SIGSTOP. */
  readonly does: 'kill' | 'freeze';
  /** Only requests of these types count; default: all do. */
  readonly of?: RequestName | readonly RequestName[];
}

/** Where a trap is set. */
export interface TrapSite {
  /** Number of the trap, unique on its node. */
  readonly id: number;
  readonly guest: Pick<GuestSession, 'start' | 'succeed'>;
  readonly recording: Recording;
  readonly subject: TestSubject;
}

const SOURCE = join(projectRoot, 'harness/lab/guest/trap.pl');
const SIGNALS = { kill: constants.signals.SIGKILL, freeze: constants.signals.SIGSTOP } as const;
/** For what the node does at once. */
const PATIENCE_MS = 12_000;

/**
 * A trap that is set. What becomes of it is in the history without anybody asking: that it was set, and then that it
 * sprang, with the subject's `killed` or `frozen`, at the time of the request, or that it was removed.
 */
export class Trap {
  /** Whether it sprang; settles when that, and what it did, is in the history. */
  readonly #over: Promise<boolean>;
  /** The one that sprang it. */
  #call: number | undefined;

  private constructor(
    private readonly site: TrapSite,
    private readonly options: TrapOptions,
    /** Guest time from which requests count. */
    private readonly since: bigint,
    private readonly fifo: string,
    outcome: Promise<string>,
  ) {
    this.#over = outcome.then((line) => this.#note(line));
    this.#over.catch(() => undefined); // thrown by sprung() and remove()
  }

  /** Sets a trap around the daemon, which must run. Throws InfraError. */
  static async set(site: TrapSite, options: TrapOptions): Promise<Trap> {
    const { id, guest, recording, subject } = site;
    const { request, does } = options;
    if (!Number.isSafeInteger(request) || request < 1)
      throw new InfraError(`lab.trap: the first request is 1, and ${request} none`);
    const of = typesOf(options);
    const filter = of.map((name) => `type==${RequestType[name]}`).join('||');
    const [marker, fifo] = [`t:${id}`, `/run/ulogcheck-trap.${id}`];
    const words = [CONSULT_EVENT, subject.pid, SIGNALS[does], request, filter, MARKER_PATH, marker, fifo];
    const program = shellCommand(['perl', '-e', await readFile(SOURCE, 'utf8'), ...words.map(String)]);
    const run = await guest.start(`mkfifo ${fifo} && exec ${program}`);
    const lines = new ProgramLines(run, 'the program that keeps a trap');
    const said = await within(lines.next(), PATIENCE_MS, 'a trap to be set');
    if (said !== 'set') throw new InfraError(`a trap was not set, but "${said}"`);
    const since = await recording.timeOf(marker);
    observe(recording, { state: 'set', trap: id, request, of: [...of], does }, since);
    const trap = new Trap(site, options, since, fifo, lines.next());
    subject.watchFor(trap);
    return trap;
  }

  /**
   * Waits until the trap has sprung and the daemon is dead, or stands still. Throws TrafficMissing when the request does
   * not come within the deadline, InfraError when the trap was removed instead.
   */
  async sprung(deadlineMs = PATIENCE_MS): Promise<void> {
    const { request, does } = this.options;
    const awaited = `request ${request}${ofTypes(this.options)}, at which a trap ${does}s the daemon`;
    const over = within(this.#over, deadlineMs, awaited, () => this.#sight()).catch((error: unknown) => {
      throw error instanceof DeadlineError ? new TrafficMissing(error.message, { cause: error }) : error;
    });
    if (!(await over)) throw new InfraError(`the trap was removed before ${awaited}`);
  }

  /** Waits until the kernel has sent the request that sprang the trap a second time (spec 2.5). Throws TrafficMissing. */
  async sentAgain(deadlineMs: number): Promise<void> {
    await this.sprung(deadlineMs);
    const call = this.#call;
    await this.site.recording.until('the request that sprang the trap, sent again', deadlineMs, (events) => {
      const sent = events.filter((event) => event.kind === 'transmission' && event.call === call);
      return sent.length > 1;
    });
  }

  /** Takes the trap away unless it has sprung, and tells whether it had. Safe to call twice. */
  async remove(): Promise<boolean> {
    // Opened for reading too: nobody reads from the FIFO of a trap that is gone, and the write must not wait.
    await this.site.guest.succeed(`echo remove 1<> ${this.fifo}`);
    return await within(this.#over, PATIENCE_MS, 'a trap to be removed');
  }

  /** Takes down what the program in the node said at its end; true when the trap has sprung. */
  async #note(line: string): Promise<boolean> {
    const { id, recording, subject } = this.site;
    const [word, first = '', second = ''] = line.split(' ');
    if (word !== 'sprung') {
      observe(recording, { state: 'removed', trap: id, seen: Number(first) });
      return false;
    }
    const { request, does } = this.options;
    const { t, call, type } = await recording.requestOf(Number(first), BigInt(second));
    this.#call = call;
    observe(recording, { state: 'sprung', trap: id, call }, t);
    const name = requestName(type) ?? `type ${type}`;
    await subject.fell(does, `trap ${id}, request ${request}${ofTypes(this.options)}: ${name}`, t);
    return true;
  }

  #sight(): string {
    const names = this.site.recording
      .requestsSince(this.since)
      .map((type) => requestName(type) ?? String(type));
    return names.length === 0 ? 'no request since it was set' : `since it was set ${names.join(', ')}`;
  }
}

function typesOf({ of = [] }: TrapOptions): readonly RequestName[] {
  return typeof of === 'string' ? [of] : of;
}

function ofTypes(options: TrapOptions): string {
  const types = typesOf(options);
  return types.length === 0 ? '' : ` of ${types.join(' and ')}`;
}

function observe(recording: Recording, value: TrapValue, t?: bigint): void {
  recording.observe('log', TRAP, value satisfies JsonValue, t);
}
