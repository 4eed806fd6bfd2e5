/**
 * The oracle's model of one log instance (spec 6.3 and 10): what a daemon must know of it after the requests so
 * far. Shares nothing with any daemon but the wire format.
 */
import type { Exchange } from '../history/index.js';
import { CORE, regionCount } from './constructor-text.js';
import type { Life } from './life.js';
import * as payloads from './payloads.js';
import { Register, type Write } from './register.js';
import { SyncBits, type Bit } from './sync-bits.js';

/** spec 6.3; 'suspended' is pending after POSTSUSPEND, 'gone' is after DTR, '?' is not known. */
export type State = 'absent' | 'pending' | 'active' | 'quiescing' | 'suspended' | 'gone' | '?';

/**
 * What the daemon can know of the instance: 'known' it was told; 'lost' it died since, or the instance is older
 * than it; 'gone' it was told that it is destroyed; 'assumed' the recording began later.
 */
export type Knowledge = 'known' | 'lost' | 'gone' | 'assumed';

/** Undo or completion of what a request changes. */
interface Change {
  /** The daemon answered with success at `place`. */
  done(place: number): void;
  /** It answered with an error at `place`: what it did is unknown. */
  refused(place: number): void;
  /** Nobody heard the request. */
  unheard(): void;
}

/** What the oracle knows of one log instance at the present place of its walk. */
export class LogModel {
  readonly state = new Register<State>('absent');
  /** Region under recovery; undefined: none. */
  readonly recovering = new Register<number | undefined | '?'>(undefined);
  knowledge: Knowledge;
  /** Undefined until the region size is known. */
  bits: SyncBits | undefined;
  /** Regions that SET_REGION_SYNC 0 took out of sync since the last RESUME, and ever. */
  readonly failed = new Set<number>();
  readonly everFailed = new Set<number>();
  /** Regions that GET_RESYNC_WORK handed out, and that SET_REGION_SYNC 1 finished, since the last RESUME. */
  readonly offered = new Set<number>();
  readonly recovered = new Set<number>();
  /** Regions with a MARK that was acknowledged and no CLEAR since; and those that may have one. */
  readonly marked = new Map<number, Exchange>();
  readonly maybeMarked = new Set<number>();
  /** Regions that were cleared while they were out of sync (FLUSH-19). */
  readonly clearedUnsynced = new Set<number>();
  /** Latest IN_SYNC answer per region since the region last changed. */
  readonly answers = new Map<number, { readonly value: number; readonly exchange: Exchange }>();
  /** All regions may have been in sync at some time since the last RESUME. */
  maybeWasFull = false;
  /** The last time that a live daemon was told CTR and RESUME, or RESUME, again: it must have kept everything. */
  kept: { readonly id: 'RECOV-02' | 'SUSP-13'; readonly place: number } | undefined;
  /** Place where the last change of each region was sent, and where it was answered (Infinity: not yet). */
  readonly changed = new Map<number, number>();
  readonly changeDone = new Map<number, number>();
  readonly #open = new Map<Exchange, { readonly from: number; readonly changes: readonly Change[] }>();
  readonly #stateWrites = new Map<Exchange, Write<State>>();
  /** What it begins with at a RESUME is no longer what the constructor says. */
  #rebuilt = false;
  #regionSize: number | undefined;

  constructor(
    readonly life: Life,
    knowledge: Knowledge,
    /** Several nodes share the log: bits change without this node's doing. */
    readonly shared: boolean,
  ) {
    this.knowledge = knowledge;
    this.#regionSize = life.parts?.regionSize;
    if (life.instance.birth === undefined) this.#doubt(-1);
  }

  /** Number of regions; undefined when the size is not known. */
  get regionCount(): number | undefined {
    return this.life.parts === undefined ? undefined : regionCount(this.life.parts.length, this.#regionSize);
  }

  /** True when the constructor says that all regions begin in sync. */
  get nosync(): boolean {
    return this.life.parts?.option === 'nosync';
  }

  /** The bit that a log begins with at its first RESUME; a disk log's come from its image (spec 12). */
  get initialBit(): Bit {
    const { parts } = this.life;
    if (parts?.type !== CORE || this.shared || this.#rebuilt) return '?';
    return this.nosync ? 1 : 0;
  }

  /** Every state that the daemon may have been in before the effect of a request sent at `from`, answered at `to`. */
  statesBefore(exchange: Exchange, from: number, to: number): ReadonlySet<State> {
    return this.state.possible(from, to, this.#stateWrites.get(exchange));
  }

  /** The bit that the daemon would tell of a region now, had it mistaken another instance for this one. */
  bitTold(region: number): Bit {
    const count = this.regionCount;
    if (count === undefined || region >= count) return '?';
    if (this.bits === undefined) return this.nosync ? 1 : 0;
    const { zero, one } = this.bits.possible(region, Infinity, Infinity);
    return zero && one ? '?' : one ? 1 : 0;
  }

  /** The sync count that it would tell now, if that is certain. */
  get countTold(): number | undefined {
    if (this.bits === undefined) return this.nosync ? this.regionCount : 0;
    const { least, most } = this.bits.range(Infinity, Infinity);
    return least === most ? least : undefined;
  }

  /** The request was sent at `place`. */
  begin(exchange: Exchange, place: number): void {
    const horizon = Math.min(place, ...[...this.#open.values()].map(({ from }) => from));
    this.bits?.settle(horizon);
    this.state.settle(horizon);
    this.recovering.settle(horizon);
    this.#open.set(exchange, { from: place, changes: this.#changes(exchange, place) });
  }

  /** The request was answered, or returned without an answer. */
  finish(exchange: Exchange, outcome: 'done' | 'refused' | 'unheard', place: number): void {
    const open = this.#open.get(exchange);
    this.#open.delete(exchange);
    for (const change of open?.changes ?? []) {
      if (outcome === 'unheard') change.unheard();
      else change[outcome](place);
    }
  }

  /** The daemon died or was stopped: whether the next one knows the log is its own affair (spec 13). */
  forget(place: number): void {
    this.#doubt(place);
    this.#rebuilt = true;
    if (this.knowledge === 'known' || this.knowledge === 'assumed') this.knowledge = 'lost';
  }

  /** A wrong refusal was judged; what the daemon holds from now on is not worth a second deviation. */
  distrust(place: number): void {
    this.#doubt(place);
    this.#rebuilt = true;
  }

  /** An answer told a bit that was not known. */
  learn(region: number, bit: 0 | 1, from: number, to: number): void {
    if (!this.shared) this.bits?.write(region, bit, from, to);
  }

  #doubt(place: number): void {
    this.state.write('?', place, place);
    this.recovering.write('?', place, place);
    this.bits?.fill(() => '?');
    this.answers.clear();
    this.marked.clear();
    this.kept = undefined;
  }

  #changes(exchange: Exchange, place: number): readonly Change[] {
    const { payload } = exchange;
    switch (exchange.name) {
      case 'CTR':
        return this.#construct(exchange, place);
      case 'RESUME':
        return this.#resume(exchange, place);
      case 'PRESUSPEND':
        return [this.#writeState('quiescing', exchange, place)];
      case 'POSTSUSPEND':
        return [this.#writeState('suspended', exchange, place)];
      case 'DTR':
        return [this.#writeState('gone', exchange, place), whenDone(() => (this.knowledge = 'gone'))];
      case 'GET_REGION_SIZE':
        return [whenDone(() => this.#takeRegionSize(exchange))];
      case 'SET_REGION_SYNC':
        return this.#setSync(payload, place);
      case 'MARK_REGION':
      case 'FLUSH':
        return this.#mark(exchange);
      case 'CLEAR_REGION':
        return this.#clear(payload, place);
      case 'GET_RESYNC_WORK':
        return [this.#takeWork(exchange, place)];
      case 'IS_CLEAN':
      case 'IN_SYNC':
      case 'GET_SYNC_COUNT':
      case 'STATUS_INFO':
      case 'STATUS_TABLE':
      case 'IS_REMOTE_RECOVERING':
      case undefined:
        return [];
    }
  }

  #writeState(state: State, exchange: Exchange, place: number): Change {
    const write = this.state.write(state, place);
    this.#stateWrites.set(exchange, write);
    return changeOf(this.state, write);
  }

  #construct(exchange: Exchange, place: number): readonly Change[] {
    if (exchange === this.life.instance.birth || this.knowledge !== 'known') {
      return [this.#writeState('pending', exchange, place), whenDone(() => (this.knowledge = 'known'))];
    }
    // The daemon has it: a resend or a reconnect, which must change nothing (spec 2.6, RECOV-02).
    return [whenDone((answered) => (this.kept = { id: 'RECOV-02', place: answered }))];
  }

  #resume(exchange: Exchange, place: number): readonly Change[] {
    const before = this.state.possible(place, place);
    const running = before.has('active') || before.has('quiescing');
    if (!running) this.#load(before, place);
    else if (this.kept === undefined) this.kept = { id: 'SUSP-13', place };
    // After an interrupted suspend it is not said whether RESUME ends the quiet (spec 9.6).
    return [this.#writeState(before.has('quiescing') ? '?' : 'active', exchange, place)];
  }

  /** The sync bits at a RESUME of an instance that was not active. */
  #load(states: ReadonlySet<State>, place: number): void {
    const again = states.has('suspended');
    // It may have been active all the time, and then RESUME changes nothing.
    const initialBit = states.has('?') ? '?' : this.initialBit;
    const count = this.regionCount;
    if (count !== undefined && this.bits?.regionCount !== count) this.bits = new SyncBits(count);
    this.bits?.fill((region, before) => {
      if (!again) return initialBit;
      // A disk log is read again; somebody may have written to it meanwhile.
      if (this.life.parts?.type !== CORE) return '?';
      // sync := clean, or a start from the options (spec 12, clustered-core): both keep these.
      if (before === 0) return 0;
      return before === 1 && initialBit === 1 && !this.maybeMarked.has(region) ? 1 : '?';
    });
    this.recovering.write(states.has('?') ? '?' : undefined, place, place);
    this.maybeWasFull = initialBit !== 0;
    this.kept = undefined;
    for (const memory of [this.failed, this.offered, this.recovered, this.answers, this.changed])
      memory.clear();
  }

  /** When the kernel was told another size than the constructor's, it works with that (CTR-03 says so). */
  #takeRegionSize({ answer }: Exchange): void {
    const size = answer === undefined ? undefined : payloads.u64(answer.payload);
    if (size === undefined || size === this.#regionSize) return;
    this.#regionSize = size;
    const count = this.regionCount;
    this.bits = count === undefined ? undefined : new SyncBits(count);
  }

  #setSync(payload: Uint8Array, place: number): readonly Change[] {
    const change = payloads.regionSync(payload);
    if (change === undefined || !this.#has(change.region)) return [];
    const { region, inSync } = change;
    const { bits } = this;
    this.answers.delete(region);
    this.changed.set(region, place);
    this.changeDone.set(region, Infinity);
    if (bits === undefined) return [];
    this.maybeWasFull ||= bits.range(place, place).most === bits.regionCount;
    if (!inSync) {
      this.failed.add(region);
      this.everFailed.add(region);
    }
    const write = bits.write(region, inSync ? 1 : 0, place);
    return [
      {
        done: (answered) => {
          write.to = answered;
          this.changeDone.set(region, answered);
          if (inSync) this.recovered.add(region);
        },
        refused: (answered) => {
          write.value = '?';
          write.to = answered;
        },
        unheard: () => bits.remove(region, write),
      },
      this.#endRecovery(region, place),
    ];
  }

  /** Whether the failure of another region ends the recovery too is not said in one voice (spec 10, item 4). */
  #endRecovery(region: number, place: number): Change {
    const current = [...this.recovering.possible(place, place)];
    const ends = current.every((value) => value === region || value === undefined);
    return changeOf(this.recovering, this.recovering.write(ends ? undefined : '?', place));
  }

  #mark(exchange: Exchange): readonly Change[] {
    const marked = this.#regions(exchange.payload);
    for (const region of marked) this.maybeMarked.add(region);
    return [
      whenDone(() => {
        for (const region of marked) this.marked.set(region, exchange);
      }),
    ];
  }

  #clear(payload: Uint8Array, place: number): readonly Change[] {
    const cleared = this.#regions(payload);
    for (const region of cleared) {
      this.marked.delete(region);
      if (this.bits?.possible(region, place, place).one === false) this.clearedUnsynced.add(region);
    }
    return [
      whenDone(() => {
        for (const region of cleared) this.maybeMarked.delete(region);
      }),
    ];
  }

  #takeWork(exchange: Exchange, place: number): Change {
    return whenDone((answered) => {
      const work = exchange.answer === undefined ? undefined : payloads.resyncWork(exchange.answer.payload);
      if (work === undefined || work === 'none' || !this.#has(work)) return;
      this.offered.add(work);
      this.recovering.write(work, place, answered);
    });
  }

  #regions(payload: Uint8Array): readonly number[] {
    return (payloads.regions(payload) ?? []).filter((region) => this.#has(region));
  }

  #has(region: number): boolean {
    return this.regionCount === undefined || region < this.regionCount;
  }
}

function whenDone(done: (place: number) => void): Change {
  return { done, refused: () => undefined, unheard: () => undefined };
}

/** A write whose value is doubtful when the request was refused. */
function changeOf<T>(register: Register<T | '?'>, write: Write<T | '?'>): Change {
  return {
    done: (place) => {
      write.to = place;
    },
    refused: (place) => {
      write.value = '?';
      write.to = place;
    },
    unheard: () => register.remove(write),
  };
}
