/**
 * Writes histories by hand, for unit tests: what a kernel and a daemon said to each other, one call per
 * exchange. Good answers are the default for requests without data; every other answer is given by the caller,
 * so that the builder has no model of a log of its own.
 */
import type { RequestName } from '../../ulog/index.js';
import type {
  CommandEvent,
  EndEvent,
  HistoryHeader,
  NewEvent,
  ObservationEvent,
  SubjectEvent,
} from '../events.js';
import { History } from '../history.js';
import { LogScript, WORKER } from './log-script.js';

/** Thread of ioctl callers outside of `command`. */
const CALLER = 200;
const NODE = 'node1';
const FIRST_LUID = 0xffff_8880_0000_1000n;

/** A history in the making. Each event is 0.1 ms after the one before it. */
export class Scenario {
  readonly #header: HistoryHeader;
  readonly #events: NewEvent[] = [];
  #now = 1_000_000_000n;
  #seq = 0;
  #calls = 0;
  #luid = FIRST_LUID;
  #caller = CALLER;

  constructor(header: Partial<HistoryHeader> = {}) {
    this.#header = {
      kind: 'header',
      schemaVersion: 1,
      test: 'hand-written history',
      ids: [],
      underTest: 'daemon',
      kernel: '6.12.57+deb13-cloud-amd64',
      daemon: 'reference',
      node: NODE,
      userland: 'trixie',
      seed: 1,
      started: '2026-01-01T00:00:00.000Z',
      clock: 'guest-monotonic',
      ...header,
    };
  }

  /** A log instance; nothing is sent yet. Luids are unique unless given. */
  log(uuid: string, text: string, luid?: bigint): LogScript {
    this.#luid += 0x400n;
    return new LogScript(this, uuid, text, luid ?? this.#luid);
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.#now += BigInt(Math.round(ms * 1e6));
  }

  /** The daemon was started and is ready. */
  daemonReady(): void {
    this.subject('started');
    this.subject('ready');
  }

  subject(action: SubjectEvent['action'], detail = ''): void {
    this.add({ kind: 'subject', ...this.base(), action, detail });
  }

  observe(
    name: string,
    value: ObservationEvent['value'],
    evidence: ObservationEvent['evidence'] = 'ioctl',
  ): void {
    this.add({ kind: 'observation', ...this.base(), evidence, name, value });
  }

  /** A command; what `body` sends from an ioctl comes from a thread of this command's own. */
  command(line: string, body: () => void, outcome: Partial<CommandEvent> = {}): void {
    const base = this.base();
    const outer = this.#caller;
    this.#caller = CALLER + 1 + this.#calls;
    body();
    this.#caller = outer;
    this.wait(0.1);
    const argv = line.split(' ');
    this.add({
      kind: 'command',
      ...base,
      argv,
      status: 0,
      stdout: '',
      stderr: '',
      end: this.#now,
      outcome: 'exited',
      ...outcome,
    });
  }

  /** Adds an event that no method makes. */
  add(event: NewEvent): void {
    this.#events.push(event);
  }

  /** Everything so far, in the order of adding. */
  events(): readonly NewEvent[] {
    return this.#events;
  }

  /** Time and node of the next event. */
  base(): { readonly t: bigint; readonly node: string } {
    this.wait(0.1);
    return { t: this.#now, node: NODE };
  }

  nextSeq(): number {
    const seq = this.#seq;
    this.#seq = (seq + 1) >>> 0;
    return seq;
  }

  /** Sets the seq of the next transmission. */
  setSeq(seq: number): void {
    this.#seq = seq >>> 0;
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  /** The usual thread of a request: life cycle and status come from ioctls, the rest from kmirrord (spec 4). */
  threadOf(name: RequestName): number {
    switch (name) {
      case 'CTR':
      case 'DTR':
      case 'PRESUSPEND':
      case 'POSTSUSPEND':
      case 'RESUME':
      case 'GET_REGION_SIZE':
      case 'GET_SYNC_COUNT':
      case 'STATUS_INFO':
      case 'STATUS_TABLE':
        return this.#caller;
      default:
        return WORKER;
    }
  }

  /** What was recorded so far. */
  history(end: Partial<EndEvent> | 'truncated' = {}): History {
    const trailer: EndEvent = {
      kind: 'end',
      overruns: 0,
      missed: 0,
      truncated: false,
      reason: 'test ended',
      ...(end === 'truncated' ? {} : end),
    };
    const events = this.#events.map((event, n) => ({ ...event, n }));
    return new History(this.#header, events, end === 'truncated' ? undefined : trailer);
  }
}
