/** A recorded test in memory: events in time order, joined into exchanges and lives of instances. */
import type { RequestName } from '../ulog/index.js';
import type {
  CommandEvent,
  DiskEvent,
  DiskProfileEvent,
  EndEvent,
  FindingEvent,
  HistoryEvent,
  HistoryHeader,
  ObservationEvent,
  ReplyEvent,
  SubjectEvent,
} from './events.js';
import { joinExchanges, type Exchange, type Joined } from './exchange.js';
import { splitInstances, type Instance } from './instance.js';

/** Immutable; joins are made at the first question and kept. */
export class History {
  readonly header: HistoryHeader;
  /** In order of time; events of the same time in order of their number. */
  readonly events: readonly HistoryEvent[];
  /** The last line; undefined when the file ends before it. */
  readonly end: EndEvent | undefined;
  #joined: Joined | undefined;
  #instances: readonly Instance[] | undefined;
  #places: ReadonlyMap<number, number> | undefined;
  #threads: ReadonlyMap<string, readonly Exchange[]> | undefined;
  #owners: ReadonlyMap<number, Exchange> | undefined;

  /**
   * Sorts by time, since a command is written when it ends but stands where it started, and events of
   * different CPUs may arrive out of order. `n` is left as it is.
   */
  constructor(header: HistoryHeader, events: readonly HistoryEvent[], end?: EndEvent) {
    this.header = header;
    this.events = events.toSorted((a, b) => (a.t === b.t ? a.n - b.n : a.t < b.t ? -1 : 1));
    this.end = end;
  }

  /** True when the recording is known to stop before the test did; such a history cannot give a pass. */
  get truncated(): boolean {
    return this.end === undefined || this.end.truncated;
  }

  /** Events that the recorder knows to have lost; must be 0 for a verdict. */
  get losses(): number {
    return this.end === undefined ? 0 : this.end.overruns + this.end.missed;
  }

  /** Calls to the daemon in the order in which they began; with names: only those types. */
  exchanges(...names: readonly RequestName[]): Exchange[] {
    this.#joined ??= joinExchanges(this.events);
    const { exchanges } = this.#joined;
    if (names.length === 0) return [...exchanges];
    return exchanges.filter(({ name }) => name !== undefined && names.includes(name));
  }

  /** Replies whose seq was never seen in a transmission. */
  get strayReplies(): readonly ReplyEvent[] {
    this.#joined ??= joinExchanges(this.events);
    return this.#joined.strayReplies;
  }

  /** Lives of (uuid, luid) pairs, in the order of their first request. */
  instances(): readonly Instance[] {
    this.#instances ??= splitInstances(this.exchanges());
    return this.#instances;
  }

  /** Calls of one thread in order: what the kernel did in one sequence. */
  thread(node: string, tid: number): readonly Exchange[] {
    this.#threads ??= groupBy(this.exchanges(), (exchange) => `${exchange.node}/${exchange.tid}`);
    return this.#threads.get(`${node}/${tid}`) ?? [];
  }

  /** The exchange that an event belongs to, if any. */
  exchangeOf(event: HistoryEvent): Exchange | undefined {
    this.#owners ??= new Map(
      this.exchanges().flatMap((exchange) => exchange.events().map(({ n }) => [n, exchange] as const)),
    );
    return this.#owners.get(event.n);
  }

  /** Index of an event in `events`: what happened before what, when times are equal too. */
  place(event: HistoryEvent): number {
    const place = this.#placeOf(event.n);
    if (place === undefined) throw new Error(`event ${event.n} is not part of this history`);
    return place;
  }

  /** The event with that number. */
  event(n: number): HistoryEvent | undefined {
    const place = this.#placeOf(n);
    return place === undefined ? undefined : this.events[place];
  }

  #placeOf(n: number): number | undefined {
    this.#places ??= new Map(this.events.map((event, index) => [event.n, index]));
    return this.#places.get(n);
  }

  commands(): readonly CommandEvent[] {
    return this.events.filter((event): event is CommandEvent => event.kind === 'command');
  }

  observations(name: string): readonly ObservationEvent[] {
    return this.events.filter(
      (event): event is ObservationEvent => event.kind === 'observation' && event.name === name,
    );
  }

  /** What emulated disks tell. */
  diskEvents(): readonly DiskEvent[] {
    return this.events.filter(
      (event): event is DiskEvent =>
        event.kind === 'disk-command' ||
        event.kind === 'disk-nexus' ||
        event.kind === 'disk-reset' ||
        event.kind === 'disk-power-cut',
    );
  }

  /** What emulated drives are said to do with mutexes. */
  diskProfiles(): readonly DiskProfileEvent[] {
    return this.events.filter((event): event is DiskProfileEvent => event.kind === 'disk-profile');
  }

  subjectEvents(): readonly SubjectEvent[] {
    return this.events.filter((event): event is SubjectEvent => event.kind === 'subject');
  }

  findings(): readonly FindingEvent[] {
    return this.events.filter((event): event is FindingEvent => event.kind === 'finding');
  }

  /**
   * A history with these events in this order, numbered anew from 0 and joined again. Where an event stands
   * before an earlier time it is given the time of its predecessor, so that the order survives a file.
   */
  withEvents(events: readonly HistoryEvent[]): History {
    let latest = 0n;
    const renumbered = events.map((event, n) => {
      if (event.t > latest) latest = event.t;
      return { ...event, n, t: latest };
    });
    return new History(this.header, renumbered, this.end);
  }
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
