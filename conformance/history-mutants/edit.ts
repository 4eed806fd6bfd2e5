/** Edits of recorded histories: what is left out, moved or added, with seqs and times as a kernel would have had them. */
import {
  KERNEL_LOG,
  type CommandEvent,
  type Exchange,
  type History,
  type HistoryEvent,
  type KernelLogLook,
  type TransmissionEvent,
} from '../../harness/history/index.js';
import { RequestType, type RequestName } from '../../harness/ulog/index.js';

/** Time between two signs of life of a guest, ns. */
const TICK = 100_000_000n;

/** The history without these requests and all that came of them. */
export function without(history: History, exchanges: readonly Exchange[]): History {
  const gone = new Set(exchanges.flatMap((exchange) => exchange.events()));
  return finished(
    history,
    history.events.filter((event) => !gone.has(event)),
  );
}

/**
 * The history in which `moved` was sent and answered before `anchor` began. Each event takes the time of the one
 * whose place it takes, so that nothing else changes.
 */
export function movedBefore(history: History, moved: Exchange, anchor: Exchange): History {
  const moving = new Set(moved.events());
  const rest = history.events.filter((event) => !moving.has(event));
  const at = rest.findIndex((event) => event === anchor.events()[0]);
  const order = [...rest.slice(0, at), ...moved.events(), ...rest.slice(at)];
  return finished(
    history,
    order.map((event, place) => ({ ...event, t: history.events[place]?.t ?? event.t })),
  );
}

/** The history with another event or several in the place of each event that `replace` returns something for. */
export function replaced(
  history: History,
  replace: (event: HistoryEvent) => readonly HistoryEvent[] | undefined,
): History {
  return finished(
    history,
    history.events.flatMap((event) => replace(event) ?? [event]),
  );
}

/** The events of `exchange` again, as another call, at the time when it ended. */
export function copyOf(history: History, exchange: Exchange): HistoryEvent[] {
  const call = Math.max(...history.events.map((event) => ('call' in event ? (event.call ?? 0) : 0))) + 1;
  const t = exchange.events().at(-1)?.t ?? 0n;
  return exchange
    .events()
    .map((event) => (event.kind === 'reply' || !('call' in event) ? { ...event, t } : { ...event, t, call }));
}

/** The history with these events right after the end of `exchange`. */
export function insertedAfter(history: History, exchange: Exchange, added: readonly HistoryEvent[]): History {
  const last = exchange.events().at(-1);
  return replaced(history, (event) => (event === last ? [event, ...added] : undefined));
}

/** The history in which everything after `event` happened later by `delay` ns; commands running then end later. */
export function delayedAfter(history: History, event: HistoryEvent, delay: bigint): History {
  const place = history.place(event);
  return finished(
    history,
    history.events.map((other, index) => {
      const late = index >= place ? { ...other, t: other.t + delay } : other;
      return late.kind === 'command' && late.end >= event.t ? { ...late, end: late.end + delay } : late;
    }),
  );
}

/** The history in which these events happened earlier by `lead` ns, among what others did meanwhile. */
export function earlier(history: History, events: readonly HistoryEvent[], lead: bigint): History {
  const moved = new Set(events);
  const shifted = history.events.map((event) => (moved.has(event) ? { ...event, t: event.t - lead } : event));
  return finished(
    history,
    shifted.toSorted((a, b) => (a.t < b.t ? -1 : a.t > b.t ? 1 : 0)),
  );
}

/** As {@link delayedAfter} for a delay of seconds, with signs that the guest ran meanwhile. */
export function lateBy(history: History, event: HistoryEvent, delay: bigint): History {
  const until = event.t + delay;
  const signs: CommandEvent[] = [];
  // A test that does not tick would see none in a slow kernel either, and never calls anything late.
  if (!history.commands().some(({ argv }) => argv.join() === 'true'))
    return delayedAfter(history, event, delay);
  for (let t = event.t; t + 2n * TICK < until; t += TICK) {
    const exited = { status: 0, stdout: '', stderr: '', outcome: 'exited' } as const;
    signs.push({ kind: 'command', n: 0, t, node: event.node, argv: ['true'], end: t + TICK, ...exited });
  }
  const delayed = delayedAfter(history, event, delay);
  const place = history.place(event);
  return finished(history, [...delayed.events.slice(0, place), ...signs, ...delayed.events.slice(place)]);
}

/** The history with other fields in one event; the edited event keeps its place. */
export function changed<E extends HistoryEvent>(history: History, event: E, change: Partial<E>): History {
  return replaced(history, (other) => (other === event ? [{ ...event, ...change }] : undefined));
}

/** The history in which the command ended so. */
export function commandEnded(
  history: History,
  command: CommandEvent | undefined,
  change: Partial<Pick<CommandEvent, 'status' | 'stdout' | 'stderr'>>,
): History | undefined {
  return command && changed(history, command, change);
}

/** The history in which no line of the kernel's log that matches was printed; undefined when none was. */
export function withoutLogLines(history: History, pattern: RegExp): History | undefined {
  const look = history
    .observations(KERNEL_LOG)
    .find(({ value }) => ((value as Partial<KernelLogLook>).lines ?? []).some((line) => pattern.test(line)));
  if (look === undefined) return undefined;
  const { lines = [], pattern: asked = '' } = look.value as Partial<KernelLogLook>;
  return changed(history, look, {
    value: { pattern: asked, lines: lines.filter((line) => !pattern.test(line)) },
  });
}

/** The history in which the kernel's caller got another result, whatever was answered. */
export function returned(
  history: History,
  exchange: Exchange | undefined,
  result: number,
): History | undefined {
  const end = exchange?.return;
  return end && end.result !== result ? changed(history, end, { result }) : undefined;
}

/** The event of a request with another type and payload, data_size and cn.len with it. */
export function rewritten(event: HistoryEvent, type: number, payload: Uint8Array): HistoryEvent {
  switch (event.kind) {
    case 'request':
      return { ...event, type, dataSize: payload.length };
    case 'transmission': {
      const len = event.connector.len - event.payload.length + payload.length;
      return { ...event, type, dataSize: payload.length, payload, connector: { ...event.connector, len } };
    }
    case 'reply':
      return event.type === undefined ? event : { ...event, type };
    default:
      return event;
  }
}

/** What a request is that no kernel of ours sent. */
export interface Foreign {
  readonly name: RequestName;
  readonly payload?: Uint8Array;
  /** Whose log, and whose thread, it is about: those of `like` without it. */
  readonly as?: Pick<Exchange, 'luid' | 'uuid' | 'tid'>;
  /** ns after the end of the exchange that it is placed behind. */
  readonly delay?: bigint;
}

/** Events of another request, answered without error and without data, at the end of `like`. */
export function foreignRequest(history: History, like: Exchange, foreign: Foreign): HistoryEvent[] {
  const { name, payload = new Uint8Array(0), as = like, delay = 0n } = foreign;
  const { luid, uuid, tid } = as;
  const used: HistoryEvent['kind'][] = [];
  return copyOf(history, like)
    .filter(({ kind }) => !used.includes(kind) && used.push(kind) > 0)
    .map((event): HistoryEvent => {
      const typed = rewritten({ ...event, t: event.t + delay }, RequestType[name], payload);
      switch (typed.kind) {
        case 'request':
        case 'transmission':
          return { ...typed, luid, uuid, tid };
        case 'reply': {
          const len = typed.form === 'ack' ? 0 : typed.connector.len - typed.payload.length;
          const connector = { ...typed.connector, len };
          const log = typed.luid === undefined ? {} : { luid, uuid };
          return { ...typed, ...log, connector, error: 0, ack: 0, dataSize: 0, payload: new Uint8Array(0) };
        }
        case 'return':
          return { ...typed, tid, result: 0 };
        default:
          return typed;
      }
    });
}

/** The history with events at their own times, in order of time among the others. */
export function insertedByTime(history: History, added: readonly HistoryEvent[]): History {
  const [first] = added;
  if (first === undefined) return history;
  const at = history.events.findIndex(({ t }) => t > first.t);
  const place = at < 0 ? history.events.length : at;
  return finished(history, [...history.events.slice(0, place), ...added, ...history.events.slice(place)]);
}

/** The command that was running when the request began, if it is the only one. */
export function commandAround(history: History, exchange: Exchange): CommandEvent | undefined {
  const at = exchange.events()[0]?.t ?? -1n;
  const running = history.commands().filter(({ t, end }) => t <= at && at <= end);
  return running.length === 1 ? running[0] : undefined;
}

/** Numbers events and transmissions anew: seq rises by one with each transmission of a node (spec 2.5). */
function finished(history: History, events: readonly HistoryEvent[]): History {
  const next = new Map<string, number>();
  const renamed = new Map<string, number>();
  const numbered = events.map((event): HistoryEvent => {
    if (event.kind === 'transmission') {
      const seq = next.get(event.node) ?? event.seq;
      next.set(event.node, (seq + 1) >>> 0);
      renamed.set(`${event.node}/${event.seq}`, seq);
      return withSeq(event, seq);
    }
    if (event.kind !== 'reply') return event;
    const seq = renamed.get(`${event.node}/${event.seq}`) ?? event.seq;
    const connectorSeq = event.connector.seq === event.seq ? seq : event.connector.seq;
    return { ...event, seq, connector: { ...event.connector, seq: connectorSeq } };
  });
  return history.withEvents(numbered);
}

function withSeq(event: TransmissionEvent, seq: number): TransmissionEvent {
  const connectorSeq = event.connector.seq === event.seq ? seq : event.connector.seq;
  return { ...event, seq, connector: { ...event.connector, seq: connectorSeq } };
}
